"""The figures that the gate judges, from the lake and the registry."""

import time
from collections import Counter
from dataclasses import replace

import numpy as np
import polars as pl

from seismic_assets.defs.evaluation.scoring import MODEL, rows_of, scored_by, scores_of, with_baselines
from seismic_assets.defs.model.publishing import CONTENT_TAG
from seismic_assets.defs.model.verdict import NOT_ROLLED_BACK
from seismic_assets.evaluation import (
    Comparison,
    Contender,
    Finding,
    GateLimits,
    NoComparison,
    Scores,
    Serving,
    Verdict,
    f1_difference,
    judge,
    measure_calibration,
    unloadable,
)
from seismic_assets.frames import ScoredWindows, one_trace, unseen_by
from seismic_assets.inference import Predictor
from seismic_assets.lake import DATASET_SPLIT, Lake
from seismic_assets.registry import PRODUCTION, Bundle, BundleError, ModelRegistry, RegistryError
from seismic_assets.settings import Settings

_REQUESTS = 60
_LATENCY_PERCENTILE = 95


def limits_of(settings: Settings) -> GateLimits:
    """What the settings demand of a challenger."""
    return GateLimits(
        min_difference=settings.min_score_difference,
        class_floor=settings.class_floor,
        class_windows=settings.min_class_windows,
        calibration_margin=settings.calibration_margin,
        latency_ms=settings.latency_budget_ms,
    )


def judge_version(lake: Lake, registry: ModelRegistry, settings: Settings, version: str) -> Verdict:
    """Whether a version may take the place of the one in production, on the test windows of the present split.

    Raises:
        RegistryError: there is no such version, or the registry does not answer.
    """
    registry.version_info(version)
    try:
        bundle = registry.bundle(version)
    except (BundleError, RegistryError) as error:
        refused = unloadable(version, str(error))
        return replace(refused, findings=(*refused.findings, Finding(NOT_ROLLED_BACK, False, "not judged", {})))
    split = lake.read(DATASET_SPLIT)
    rows = rows_of(split, "test")
    if rows.height == 0:
        raise RegistryError(
            f"version {version} cannot be judged: {lake.root} has no test windows; run `seismic run` on labelled files"
        )
    contender = _contender(version, bundle, split, *with_baselines(lake, bundle, split))
    against = _against(lake, registry, (version, bundle), rows)
    serving = serving_figures(bundle, _milliseconds(lake, bundle, rows))
    verdict = _unless_rolled_back(judge(contender, against, serving, limits_of(settings)), registry, bundle)
    return _unless_the_same(verdict, registry, bundle)


def _unless_the_same(verdict: Verdict, registry: ModelRegistry, bundle: Bundle) -> Verdict:
    """The verdict, but for a model that is in production already under another number: nothing would change."""
    present = registry.version_of(PRODUCTION)
    if present in (None, verdict.version) or not verdict.promote:
        return verdict
    if registry.version_info(present).tags.get(CONTENT_TAG) != bundle.content_digest():
        return verdict
    return replace(verdict, promote=False, reason=f"it is the same model as version {present}, which is in production")


def _unless_rolled_back(verdict: Verdict, registry: ModelRegistry, bundle: Bundle) -> Verdict:
    """The verdict with one more finding: a model that was rolled back does not come back under another number."""
    digest = bundle.content_digest()
    same = [
        each.version
        for each in registry.versions()
        if each.rolled_back_because is not None and each.tags.get(CONTENT_TAG) == digest
    ]
    others = [version for version in same if version != verdict.version]
    sentence = (
        f"it is the same model as version {', '.join(others)}, which production was rolled back from"
        if others
        else f"production was rolled back from version {verdict.version}"
    )
    finding = Finding(NOT_ROLLED_BACK, not same, sentence if same else "no version like it was rolled back", {})
    reason = sentence if same and verdict.promote else verdict.reason
    return replace(verdict, promote=verdict.promote and not same, reason=reason, findings=(*verdict.findings, finding))


def _contender(
    version: str, bundle: Bundle, split: pl.DataFrame, scored: ScoredWindows, scores: dict[str, Scores]
) -> Contender:
    classes = bundle.manifest.classes
    train = Counter(rows_of(split, "train")["class"].to_list())
    return Contender(
        version=version,
        scores=scores[MODEL],
        calibration=measure_calibration(scored.truth, scored.probabilities[MODEL]),
        trained={name: train[index] for index, name in enumerate(classes)},
        baselines={name: scores[name].f1_macro for name in ("majority", "shuffled") if name in scores},
    )


def _against(
    lake: Lake, registry: ModelRegistry, challenger: tuple[str, Bundle], rows: pl.DataFrame
) -> Comparison | NoComparison:
    """The champion on the same windows, of those that it was not fitted on."""
    version, new = challenger
    present = registry.version_of(PRODUCTION)
    if present is None:
        return NoComparison("it is the first version")
    if present == version:
        return NoComparison("it is in production already")
    try:
        old = registry.bundle(present)
    except (BundleError, RegistryError) as error:
        return NoComparison(f"version {present} in production cannot be loaded ({error})")
    if _task(new) != _task(old):
        return NoComparison(f"version {present} answers another question: other classes, windows or sample interval")
    common = unseen_by(rows, old.trained_on)
    if common.height == 0:
        return NoComparison(f"version {present} was fitted on every window that could compare them")
    return _comparison(present, new, scored_by(lake, new, common), scored_by(lake, old, common))


def _comparison(champion: str, bundle: Bundle, new: ScoredWindows, old: ScoredWindows) -> Comparison:
    ours, theirs = new.probabilities[MODEL], old.probabilities[MODEL]
    return Comparison(
        champion=champion,
        windows=len(new.truth),
        new_f1=scores_of(new, bundle)[MODEL].f1_macro,
        old_f1=scores_of(old, bundle)[MODEL].f1_macro,
        difference=f1_difference(
            new.truth, ours.argmax(axis=1), theirs.argmax(axis=1), new.blocks, len(bundle.manifest.classes)
        ),
        new_calibration=measure_calibration(new.truth, ours),
        old_calibration=measure_calibration(old.truth, theirs),
    )


def _task(bundle: Bundle) -> tuple[object, ...]:
    manifest = bundle.manifest
    return manifest.classes, manifest.window_samples, manifest.window_step, manifest.sample_interval_us


def serving_figures(bundle: Bundle, milliseconds: float) -> Serving:
    """How far the graph's answers are from the estimator's own, which travel in the bundle.

    Args:
        bundle: the model version.
        milliseconds: what a trace takes.
    """
    if bundle.answers is None:
        return Serving(0, 0, float("nan"), milliseconds)
    found = Predictor(bundle).trained_probabilities(bundle.answers.inputs)
    expected = bundle.answers.probabilities
    differ = int((found.argmax(axis=1) != expected.argmax(axis=1)).sum())
    return Serving(len(expected), differ, float(np.abs(found - expected).max()), milliseconds)


def _milliseconds(lake: Lake, bundle: Bundle, rows: pl.DataFrame) -> float:
    """Milliseconds that one trace takes from samples to probabilities, the 95th percentile of some tries."""
    traces, scale = one_trace(lake, str(rows["file_id"][0]), bundle.manifest.features, bundle.manifest.normalise)
    predictor = Predictor(bundle)
    taken = []
    for _ in range(_REQUESTS):
        started = time.perf_counter()
        predictor.predict(
            traces.samples,
            traces.sample_interval_us,
            scale,
            start_ms=traces.start_ms,
            neighbours=traces.neighbours,
        )
        taken.append(1000 * (time.perf_counter() - started))
    return float(np.percentile(taken, _LATENCY_PERCENTILE))
