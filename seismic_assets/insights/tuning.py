"""What a search over models taught: how it converged, what mattered, what it gained, whether to go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import stdev

from seismic_assets.evaluation.document import Block, Bullets, Paragraph, Section, Table
from seismic_assets.insights.gathering import Gathering, fact_name
from seismic_assets.insights.insight import Insight, Verdict
from seismic_assets.insights.tuning_findings import (
    Against,
    Convergence,
    FamilyResult,
    TouchedBound,
    against,
    convergence,
    family_results,
    touched_bounds,
)
from seismic_assets.insights.wording import counted, figure, shown_parameters
from seismic_assets.training import TrialReport
from seismic_assets.training.search import DEFAULT_FAMILY

__all__ = ["tuning_insight"]

NAME, TITLE = "tuning_insight", "What the search for a model taught"
_MOST_FAMILIES, _MOST_PARAMETERS = 7, 5
_STOPPED = {
    "trials": "It ended because the trials that were asked for were done.",
    "time": "It ended because its time was up.",
    "plateau": "It ended because nothing better had been found for long.",
}


def tuning_insight(
    trials: Sequence[TrialReport],
    importance: Mapping[str, float] | None = None,
    stopped_because: str = "",
    default_family: str = DEFAULT_FAMILY,
) -> Insight:
    """Insight from the trials of a study.

    Args:
        trials: in order; none where no search was made.
        importance: share of each parameter in what tells good trials from the rest, as `TuningResult` has it.
        stopped_because: `trials`, `time` or `plateau`, where known.
        default_family: whose default parameters are taken without a search, and beside which the best is put.
    """
    gathered, families = Gathering(), family_results(trials)
    best = families[0].best if families else None
    if best is None:
        return _without_result(gathered, trials, default_family)
    default = next(
        (each for each in trials if each.is_default and each.family == default_family and each.score is not None), None
    )
    gain = against(best, default) if default is not None and default.number != best.number else None
    converged, bounds = convergence(trials), touched_bounds(best)
    summary = _summary(gathered, trials, best, default, gain, converged)
    _facts(gathered, trials, families, best, converged, bounds, importance or {})
    sections = (
        Section("Convergence", _convergence_blocks(converged, stopped_because)),
        Section("The best beside the default", _default_blocks(best, default, gain, default_family)),
        Section("Families", (_family_table(families),)),
        Section("What mattered", _importance_blocks(importance or {})),
        Section("Bounds", _bound_blocks(best, bounds)),
        Section("Trials that were given up or failed", _unfinished_blocks(trials)),
    )
    return Insight(NAME, TITLE, summary, _verdict(trials, converged, bounds), gathered.facts, sections)


def _without_result(gathered: Gathering, trials: Sequence[TrialReport], default_family: str) -> Insight:
    number = gathered.count("trials", "trials of the search", len(trials), "trial" if len(trials) == 1 else "trials")
    family = gathered.name("default_family", "family that is fitted without a search", default_family)
    if not trials:
        summary = f"No search was made: the model is of the family {family} with its default parameters."
        told = "Set SEISMIC_TUNING_TRIALS above 0 for a search over families and parameters."
        return Insight(NAME, TITLE, summary, "", gathered.facts, (Section("Search", (Paragraph(told),)),))
    gathered.count("failed", "trials that failed", sum(each.state == "failed" for each in trials))
    gathered.count("pruned", "trials given up early", sum(each.state == "pruned" for each in trials))
    summary = f"None of {number} came to an end, so that nothing was chosen."
    sections = (Section("Trials that were given up or failed", _unfinished_blocks(trials)),)
    return Insight(NAME, TITLE, summary, "FAIL", gathered.facts, sections)


def _verdict(trials: Sequence[TrialReport], converged: Convergence, bounds: Sequence[TouchedBound]) -> Verdict:
    many_failed = sum(each.state == "failed" for each in trials) > len(trials) / 4
    return "WARN" if converged.more != "no" or bounds or many_failed else "PASS"


def _summary(
    gathered: Gathering,
    trials: Sequence[TrialReport],
    best: TrialReport,
    default: TrialReport | None,
    gain: Against | None,
    converged: Convergence,
) -> str:
    number = gathered.count("trials", "trials of the search", len(trials), "trial" if len(trials) == 1 else "trials")
    family = gathered.name("best_family", "family of the best trial", best.family)
    score = gathered.measure("best", "best mean macro-F1 over the folds", best.score)
    if default is None:
        beside = "the default was not tried"
    elif gain is None:
        beside = "with its default parameters"
    else:
        more = gathered.measure("gain", "gain of the best on the default", gain.gain)
        beside = f"{more} more than the default"
    gathered.verdict("more_trials", "whether more trials are worth it", converged.more)
    end = {
        "yes": "it was still rising at its end: more trials are worth it",
        "no": "it had come to rest: more trials are not worth it",
        "too few to tell": "the trials are too few to tell whether more are worth it",
    }[converged.more]
    return f"The best of {number} is {family} with macro-F1 {score}, {beside}; {end}."


def _facts(
    gathered: Gathering,
    trials: Sequence[TrialReport],
    families: Sequence[FamilyResult],
    best: TrialReport,
    converged: Convergence,
    bounds: Sequence[TouchedBound],
    importance: Mapping[str, float],
) -> None:
    gathered.count("complete", "trials that were completed", len(converged.best))
    gathered.count("pruned", "trials given up early", sum(each.state == "pruned" for each in trials))
    gathered.count("failed", "trials that failed", sum(each.state == "failed" for each in trials))
    gathered.measure("first", "macro-F1 of the first complete trial", converged.best[0])
    gathered.measure("late_gain", "gain of the last third of the trials", converged.late_gain)
    gathered.trend("best_over_time", "best score over the last third", converged.late_gain)
    gathered.count("without_gain", "trials at the end without a gain", converged.without_gain)
    if len(best.fold_scores) > 1:
        gathered.count("folds", "folds of the best trial", len(best.fold_scores))
        gathered.measure("fold_spread", "standard deviation of the best over the folds", stdev(best.fold_scores))
    gathered.measure("seconds", "time of all trials", sum(each.seconds for each in trials), "s")
    for each in families[:_MOST_FAMILIES]:
        if each.best is not None:
            gathered.measure(fact_name("best", each.family), f"best macro-F1 of {each.family}", each.best.score)
    for name, share in _leading(importance):
        gathered.share(fact_name("importance", name), f"share of {name} in what mattered", share)
    gathered.count("bounds", "parameters of the best at an end of their range", len(bounds))
    for touched in bounds[:_MOST_PARAMETERS]:
        gathered.measure(
            fact_name("bound", touched.parameter),
            f"{touched.parameter} of the best, at its {touched.end} end",
            touched.value,
        )


def _leading(importance: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(importance.items(), key=lambda item: -item[1])[:_MOST_PARAMETERS]


def _convergence_blocks(converged: Convergence, stopped_because: str) -> tuple[Block, ...]:
    best = converged.best
    places = sorted({0, len(best) // 3, 2 * len(best) // 3, len(best) - 1})
    rows = tuple((f"{place + 1:,}", figure(best[place])) for place in places)
    text = (
        f"The last third of {counted(len(best), 'complete trial')} added {converged.late_gain:.3g} to the best score; "
        f"the last {counted(converged.without_gain, 'trial')} brought no gain. {_STOPPED.get(stopped_because, '')}"
    )
    advice = {
        "yes": "More trials are worth it: raise SEISMIC_TUNING_TRIALS, and the same study goes on.",
        "no": "More trials would hardly change the choice; labels or features would.",
        "too few to tell": "With so few trials it cannot be told whether more would help; some 50 are usual.",
    }[converged.more]
    table = Table(("after complete trials", "best macro-F1"), rows, words=0)
    return Paragraph(text.strip()), table, Paragraph(advice)


def _default_blocks(
    best: TrialReport, default: TrialReport | None, gain: Against | None, default_family: str
) -> tuple[Block, ...]:
    shown = Paragraph(f"Trial {best.number}, {best.family}: {shown_parameters(best.parameters)}.")
    folds = _fold_table(best, default if gain is not None else None)
    if default is None:
        return shown, Paragraph(f"The defaults of {default_family} were not tried."), folds
    if gain is None:
        text = f"These are the defaults of {default_family}: no other trial was better on the folds."
        return shown, Paragraph(text), folds
    certain = "more than chance between folds explains" if gain.is_certain else "within what folds differ by chance"
    spread = "" if gain.spread is None else f" (standard deviation of the difference {gain.spread:.3f})"
    text = (
        f"It is better than the defaults of {default_family} in {gain.better} of {counted(gain.folds, 'fold')}, by "
        f"{gain.gain:.3f} on average{spread}: {certain}."
    )
    return shown, Paragraph(text), folds


def _fold_table(best: TrialReport, default: TrialReport | None) -> Table:
    header = ("trial", *(f"fold {number}" for number in range(1, len(best.fold_scores) + 1)))
    rows = [("best", *map(figure, best.fold_scores))]
    if default is not None and len(default.fold_scores) == len(best.fold_scores):
        rows.append(("default", *map(figure, default.fold_scores)))
    return Table(header, tuple(rows))


def _family_table(families: Sequence[FamilyResult]) -> Table:
    rows = tuple(
        (
            each.family,
            *(f"{number:,}" for number in (each.trials, each.complete, each.pruned, each.failed)),
            figure(each.best.score) if each.best else "-",
            figure(stdev(each.best.fold_scores)) if each.best and len(each.best.fold_scores) > 1 else "-",
            figure(each.seconds, 1),
        )
        for each in families
    )
    return Table(("family", "trials", "complete", "pruned", "failed", "best", "sd over folds", "s a trial"), rows)


def _importance_blocks(importance: Mapping[str, float]) -> tuple[Block, ...]:
    if not importance:
        return (Paragraph("Too few trials were completed to tell which parameters mattered."),)
    rows = tuple((name, f"{100 * share:.1f} %") for name, share in _leading(importance))
    text = "Share in what tells good trials from the rest; rough where there are fewer than some 50 trials."
    return Paragraph(text), Table(("parameter", "share"), rows)


def _bound_blocks(best: TrialReport, bounds: Sequence[TouchedBound]) -> tuple[Block, ...]:
    if not bounds:
        return (Paragraph("No parameter of the best trial lies at an end of its range."),)
    told = tuple(
        f"{each.parameter} is {each.value:g}, at the {each.end} end of its range: a better value may lie beyond."
        for each in bounds
    )
    return Paragraph(f"Of the best trial, {best.family}:"), Bullets(told)


def _unfinished_blocks(trials: Sequence[TrialReport]) -> tuple[Block, ...]:
    reasons = Counter((each.state, each.reason) for each in trials if each.state != "complete")
    if not reasons:
        return (Paragraph("Every trial was completed."),)
    told = tuple(
        f"{counted(number, 'trial')} {state}{f': {reason}'.rstrip('.') if reason else ''}."
        for (state, reason), number in reasons.most_common(5)
    )
    return (Bullets(told),)
