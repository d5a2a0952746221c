"""The gate's judgement: whether a challenger may take the champion's place, with a reason in figures.

It judges figures that others computed; nothing here reads a model or a table.
"""

from __future__ import annotations

import math

from seismic_assets.evaluation.gate_figures import (
    Comparison,
    Contender,
    Figures,
    Finding,
    GateLimits,
    NoComparison,
    Serving,
    Verdict,
)

FINDINGS = (
    "bundle_loads",
    "above_baselines",
    "not_worse_than_champion",
    "classes_above_floor",
    "calibration_not_worse",
    "onnx_equals_sklearn",
    "latency_within_budget",
)
_TOLD = ("above_baselines", "not_worse_than_champion")


def judge(
    challenger: Contender, against: Comparison | NoComparison, serving: Serving, limits: GateLimits | None = None
) -> Verdict:
    """Put every question of the gate; the challenger is promoted if all are answered well.

    Against the champion two things refuse it. It is *credibly worse*: the whole interval of the difference lies below
    zero. Or it is *too much worse*: the difference itself is below `min_difference`, even where few blocks leave the
    interval so wide that it proves nothing; else the fewer the test blocks, the worse a model could pass. So an equal
    model that was fitted on more data passes, and so does a better one whose interval holds zero: to demand proof of
    an improvement would keep a champion for as long as the test blocks are few. What is lost by chance at one promotion
    is bounded by `min_difference`; it could add up over many, which the history of promotions shows.

    Args:
        challenger: its scores on the test windows.
        against: the comparison with the champion, or why there is none.
        serving: how its bundle behaves.
        limits: what it must keep to; the defaults of `GateLimits` if None.
    """
    limits = limits or GateLimits()
    findings = (
        Finding("bundle_loads", True, f"the bundle of version {challenger.version} loads", {}),
        _above_baselines(challenger),
        _not_worse(against, limits),
        _classes_above_floor(challenger, limits),
        _calibration_not_worse(challenger, against, limits),
        _onnx_equals_sklearn(serving, limits),
        _latency_within_budget(serving, limits),
    )
    promote = all(finding.passed for finding in findings)
    told = [each.sentence for each in findings if (each.name in _TOLD if promote else not each.passed)]
    return Verdict(challenger.version, promote, "; ".join(told), findings)


def unloadable(version: str, error: str) -> Verdict:
    """The verdict on a version whose bundle does not load, so that no other question can be put.

    Args:
        version: the challenger.
        error: what loading it said.
    """
    sentence = f"the bundle of version {version} does not load: {error}"
    unasked = "not judged, since the bundle does not load"
    findings = [Finding(name, False, unasked, {}) for name in FINDINGS[1:]]
    return Verdict(version, False, sentence, (Finding("bundle_loads", False, sentence, {}), *findings))


def _finding(name: str, passed: bool, sentence: str, figures: Figures) -> Finding:
    """A finding whose figures are fit for JSON: what is not finite becomes a word."""
    fit = {
        key: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in figures.items()
    }
    return Finding(name, passed, sentence, fit)


def _above_baselines(challenger: Contender) -> Finding:
    name, floor = max(challenger.baselines.items(), key=lambda item: item[1], default=("none", 0.0))
    value = challenger.scores.f1_macro
    passed = value > floor
    verb = "exceeds" if passed else "does not exceed"
    sentence = f"macro-F1 {value:.3f} {verb} the {floor:.3f} of the best baseline ({name})"
    figures: Figures = {"f1_macro": value, **{f"f1_macro_{each}": f1 for each, f1 in challenger.baselines.items()}}
    return _finding("above_baselines", passed, sentence, figures)


def _not_worse(against: Comparison | NoComparison, limits: GateLimits) -> Finding:
    if isinstance(against, NoComparison):
        return _finding("not_worse_than_champion", True, f"no champion to compare with: {against.reason}", {})
    difference = against.difference
    credible = difference.high is not None and difference.high < 0
    passed = difference.value >= limits.min_difference and not credible
    sentence = (
        f"macro-F1 {against.new_f1:.3f} against {against.old_f1:.3f} of version {against.champion} on "
        f"{against.windows:,} test windows that neither was fitted on: difference {difference.text(signed=True)}"
    )
    if difference.value < limits.min_difference:
        sentence += f", below the {limits.min_difference:+.3f} allowed"
    elif credible:
        sentence += ", credibly worse"
    figures: Figures = {
        "f1_macro": against.new_f1,
        "f1_macro_champion": against.old_f1,
        "difference": difference.value,
        "min_difference": limits.min_difference,
        "windows": against.windows,
        "blocks": difference.blocks,
        "champion": against.champion,
    }
    if difference.low is not None and difference.high is not None:
        figures |= {"difference_low": difference.low, "difference_high": difference.high}
    return _finding("not_worse_than_champion", passed, sentence, figures)


def _classes_above_floor(challenger: Contender, limits: GateLimits) -> Finding:
    by_class = challenger.scores.per_class
    held = [name for name, trained in challenger.trained.items() if trained > 0 and name in by_class]
    judged = {name: by_class[name]["f1"] for name in held if by_class[name]["support"] >= max(limits.class_windows, 1)}
    floors = {name: limits.class_floors.get(name, limits.class_floor) for name in judged}
    low = [name for name, f1 in judged.items() if not f1 >= floors[name]]
    figures: Figures = {f"f1_{name}": f1 for name, f1 in judged.items()}
    sentence = "no class has enough training and test windows to be judged"
    if low:
        sentence = "below its floor: " + ", ".join(
            f"{name} at F1 {judged[name]:.3f} of {floors[name]:.3f}" for name in low
        )
    elif judged:
        lowest = min(judged, key=lambda name: judged[name])
        sentence = f"the lowest class is {lowest} at F1 {judged[lowest]:.3f}, its floor {floors[lowest]:.3f}"
    left_out = [name for name in by_class if name not in judged]
    if left_out and judged:
        sentence += f" (not judged for want of windows: {', '.join(left_out)})"
    return _finding("classes_above_floor", not low, sentence, figures)


def _calibration_not_worse(challenger: Contender, against: Comparison | NoComparison, limits: GateLimits) -> Finding:
    name = "calibration_not_worse"
    if isinstance(against, NoComparison):
        error = challenger.calibration.expected_error
        sentence = f"expected calibration error {error:.3f}; no champion to compare with: {against.reason}"
        return _finding(name, True, sentence, {"expected_calibration_error": error})
    new, old = against.new_calibration.expected_error, against.old_calibration.expected_error
    passed = new <= old + limits.calibration_margin
    sentence = (
        f"expected calibration error {new:.3f} against {old:.3f} of version {against.champion}, "
        f"{'within' if passed else 'beyond'} the margin of {limits.calibration_margin:.3f}"
    )
    return _finding(
        name,
        passed,
        sentence,
        {
            "expected_calibration_error": new,
            "expected_calibration_error_champion": old,
            "margin": limits.calibration_margin,
        },
    )


def _onnx_equals_sklearn(serving: Serving, limits: GateLimits) -> Finding:
    close = serving.largest_difference <= limits.probability_difference  # so that NaN does not pass
    passed = serving.windows > 0 and serving.labels_differ == 0 and close
    differ = f"another class for {serving.labels_differ:,}" if serving.labels_differ else "the same class for all"
    sentence = (
        f"ONNX and scikit-learn give {differ} of {serving.windows:,} windows, probabilities differ by at most "
        f"{serving.largest_difference:.1e} of {limits.probability_difference:.1e} allowed"
    )
    figures: Figures = {
        "windows": serving.windows,
        "labels_differ": serving.labels_differ,
        "largest_difference": serving.largest_difference,
    }
    return _finding("onnx_equals_sklearn", passed, sentence, figures)


def _latency_within_budget(serving: Serving, limits: GateLimits) -> Finding:
    passed = serving.latency_ms <= limits.latency_ms
    verb = "within" if passed else "beyond"
    sentence = (
        f"a request of one trace takes {serving.latency_ms:.2f} ms, {verb} the budget of {limits.latency_ms:g} ms"
    )
    figures: Figures = {"latency_ms": serving.latency_ms, "budget_ms": limits.latency_ms}
    return _finding("latency_within_budget", passed, sentence, figures)
