"""What judges said of a sample: figures, the worst examples, and the checks that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seismic_assets.evaluation.document import Block, Bullets, Paragraph, Section, Table
from seismic_assets.insights import Insight
from seismic_assets.insights.gathering import Gathering
from seismic_assets.insights.wording import figure
from seismic_assets.judges.agreement import Agreement
from seismic_assets.judges.model_judging import ModelJudge
from seismic_assets.judges.scoring import Score, Scorer, Scores
from seismic_assets.llm.facts import Fact

WORST = 10


@dataclass(frozen=True)
class Check:
    """One threshold.

    Attributes:
        name: of the check.
        passed: whether it holds; also where there is nothing to measure.
        sentence: what was measured, and the threshold.
    """

    name: str
    passed: bool
    sentence: str


@dataclass(frozen=True)
class Threshold:
    """What a metric must be.

    Attributes:
        metric: its name.
        limit: of it, a share.
        at_most: whether it must not be above the limit, or not below it.
    """

    metric: str
    limit: float
    at_most: bool = False


@dataclass(frozen=True)
class Asked:
    """What became of the language model's part.

    Attributes:
        model, prompt: that were used; empty without a model.
        judged: samples that it gave a verdict on.
        unusable: answers that were none.
        refused: reasons that are not shown, as they say what is not among the facts.
        sentence: all of this in words; says why where there is nothing.
    """

    model: str
    prompt: str
    judged: int
    unusable: int
    refused: int
    sentence: str


@dataclass(frozen=True)
class Judgement:
    """The result of judging.

    Attributes:
        insight: as a page, complete without a language model.
        scores: what every scorer said of every sample.
        metrics: by name; those of scorers are means for the population that the sample stands for.
        worst: ids of the samples with the least of all scores, the worst first.
        agreement: of rules and model; None without verdicts of a model.
        asked: what became of the model's part.
        checks: thresholds, for asset checks.
    """

    insight: Insight
    scores: Scores
    metrics: Mapping[str, float]
    worst: tuple[str, ...]
    agreement: Agreement | None
    asked: Asked
    checks: tuple[Check, ...]


def asked_of(judge: ModelJudge[Any] | None, samples: int) -> Asked:
    """What became of the model's part.

    Args:
        judge: that was used; None without a model.
        samples: that it was to judge.
    """
    if judge is None:
        return Asked("", "", 0, 0, 0, "No language model judged: the rules judge alone.")
    refused = sum(bool(each.refused) for each in judge.opinions.values())
    parts = [f"{judge.model} judged {len(judge.opinions)} of {samples} samples (prompt {judge.prompt or 'not read'})"]
    if judge.unusable:
        parts.append(f"{len(judge.unusable)} of its answers could not be used")
    if refused:
        parts.append(f"{refused} of its reasons are not shown, as they say what is not among the facts")
    if judge.reason:
        parts.append(f"it was not asked any more: {judge.reason.rstrip('.')}")
    if not judge.opinions:
        parts.append("the rules judge alone")
    return Asked(judge.model, judge.prompt, len(judge.opinions), len(judge.unusable), refused, f"{'; '.join(parts)}.")


def checked(
    metrics: Mapping[str, float], thresholds: Sequence[Threshold], words: Mapping[str, str]
) -> tuple[Check, ...]:
    """Every threshold against its metric; one that was not measured passes and says so."""
    return tuple(_check(metrics.get(each.metric), each, words.get(each.metric, each.metric)) for each in thresholds)


def _check(value: float | None, threshold: Threshold, words: str) -> Check:
    if value is None:
        return Check(threshold.metric, True, f"Not measured: {words}; there was nothing to measure it on.")
    passed = value <= threshold.limit if threshold.at_most else value >= threshold.limit
    bound = "at most" if threshold.at_most else "at least"
    return Check(threshold.metric, passed, f"{words}: {_shown(value)}, to be {bound} {_shown(threshold.limit)}.")


def _shown(share: float) -> str:
    return Fact("", "", share, "share").shown()


def worst_samples(scores: Scores, scorers: Sequence[str], most: int = WORST) -> tuple[str, ...]:
    """The samples with the least mean of some scores, without those that all scorers find perfect."""
    given: dict[str, list[float]] = {}
    for name in scorers:
        for sample, value in scores.values(name).items():
            given.setdefault(sample, []).append(value)
    means = {sample: sum(values) / len(values) for sample, values in given.items()}
    ranked = sorted((value, sample) for sample, value in means.items() if value < 1)
    return tuple(sample for _, sample in ranked[:most])


def mean_metrics(scores: Scores, scorers: Sequence[Scorer[Any]]) -> dict[str, float]:
    """The mean of every scorer that said something."""
    means = {scorer.name: scores.mean(scorer.name) for scorer in scorers}
    return {name: value for name, value in means.items() if value is not None}


def metric_section(
    gathering: Gathering, metrics: Mapping[str, float], scores: Scores, words: Mapping[str, str]
) -> Section:
    """A table of the metrics; each becomes a fact."""
    rows = [
        (words.get(name, name), gathering.share(name, words.get(name, name), value), _judged(scores, name))
        for name, value in metrics.items()
    ]
    return Section("Metrics", (Table(("Metric", "Value", "Samples"), tuple(rows)),))


def _judged(scores: Scores, name: str) -> str:
    return figure(len(scores.values(name))) if any(row.scorer == name for row in scores.rows) else "-"


def check_section(checks: Sequence[Check]) -> Section:
    """The thresholds."""
    return Section(
        "Checks", (Bullets(tuple(f"{'Met' if each.passed else 'Not met'}: {each.sentence}" for each in checks)),)
    )


def worst_section(
    scores: Scores,
    worst: Sequence[str],
    scorers: Sequence[str],
    shown: Mapping[str, Sequence[str]],
    header: Sequence[str],
) -> Section:
    """The worst samples with what is wrong with each.

    Args:
        scores: of all.
        worst: the samples to show.
        scorers: whose faults are told.
        shown: cells by sample, under `header`.
        header: names of the cells.
    """
    if not worst:
        return Section("Worst examples", (Paragraph("No scorer found a fault with any sample."),))
    rows = tuple((sample, *shown[sample], _faults(scores.of_sample(sample), scorers)) for sample in worst)
    return Section("Worst examples", (Table(("Sample", *header, "What is wrong"), rows, words=2 + len(header)),))


def _faults(rows: Sequence[Score], scorers: Sequence[str]) -> str:
    """The reasons of the two that give the least."""
    told = [
        (row.value, row.reason) for row in rows if row.scorer in scorers and row.value is not None and row.value < 1
    ]
    return " ".join(reason for _, reason in sorted(told)[:2])


def agreement_section(found: Agreement | None, asked: Asked, gathering: Gathering) -> Section:
    """What the model said beside the rules."""
    blocks: list[Block] = [Paragraph(asked.sentence)]
    gathering.count("judged_by_model", "samples judged by the language model", asked.judged, "samples")
    if found is not None:
        share = gathering.share("agreement", "samples on which rules and language model agree", found.share)
        kappa = "" if found.kappa is None else f" (Cohen's kappa {found.kappa:.2f})"
        blocks.append(Paragraph(f"Rules and language model agree on {share} of {found.samples} samples{kappa}."))
        rows = tuple((ours, theirs, figure(count)) for (ours, theirs), count in sorted(found.counts.items()))
        blocks.append(Table(("Rules", "Language model", "Samples"), rows, words=2))
    return Section("Rules and language model", tuple(blocks))
