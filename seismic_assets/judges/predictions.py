"""Rules that judge a window's prediction by what lies around it, by its probabilities and by its truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from seismic_assets.judges.scoring import Scored, Scorer

Verdict = Literal["consistent", "doubtful", "wrong"]
VERDICTS: tuple[Verdict, ...] = ("consistent", "doubtful", "wrong")
LOW_CONFIDENCE = 0.5
MANY_FLIPS = 0.6  # of the steps along a trace: of layers thinner than a window, nearly every step is one
OUTLIER = 20.0  # times, or one part of, the robust scale of the file
FEW = 10
_ROUNDING = 2e-3


@dataclass(frozen=True)
class PredictionSample:
    """A window's prediction and what lies around it.

    Attributes:
        file_id, trace_index, window_index: of the window.
        weight: how many windows of the predictions it stands for.
        inline, crossline: of the trace.
        start_ms, end_ms: of the window.
        class_name, confidence: that were predicted; None where nothing was.
        probabilities: by class; empty where there are none.
        neighbours: class of the same window of the traces beside, by where they lie.
        above, below: class of the windows before and after in the trace; None at its ends.
        windows, flips: of the trace: with a class, and how often it changes from one to the next.
        dead: whether the trace is dead or broken.
        amplitude_ratio: RMS amplitude over the robust scale of the file; None where it is not known.
        truth: class by the labels; None where there is none.
        fold: that the window was in; None for none.
        model_version: that predicted.
    """

    file_id: str
    trace_index: int
    window_index: int
    weight: float
    inline: int | None
    crossline: int | None
    start_ms: float | None
    end_ms: float | None
    class_name: str | None
    confidence: float | None
    probabilities: dict[str, float]
    neighbours: dict[str, str]
    above: str | None
    below: str | None
    windows: int
    flips: int
    dead: bool
    amplitude_ratio: float | None
    truth: str | None
    fold: str | None
    model_version: str | None

    @property
    def id(self) -> str:
        """File, trace and window."""
        return f"{self.file_id}/{self.trace_index}/{self.window_index}"

    @property
    def alike(self) -> int:
        """How many of the neighbours have the same class."""
        return sum(each == self.class_name for each in self.neighbours.values())

    @property
    def right(self) -> bool | None:
        """Whether the class is the true one; None where that is not known."""
        return None if self.class_name is None or self.truth is None else self.class_name == self.truth


def prediction_samples(frame: pl.DataFrame) -> list[PredictionSample]:
    """The rows of `sample_predictions`, one by one."""
    return [_sample(row) for row in frame.iter_rows(named=True)]


def _sample(row: dict[str, object]) -> PredictionSample:
    probabilities = _by(row.pop("classes"), row.pop("probabilities"))
    neighbours = _by(row.pop("places"), row.pop("neighbours"))
    counts = {name: row.pop(name) or 0 for name in ("windows", "flips")}
    known = {name: value for name, value in probabilities.items() if value is not None}
    return PredictionSample(probabilities=known, neighbours=neighbours, **counts, **row)  # type: ignore[arg-type]


def _by(names: object, values: object) -> dict[str, object]:
    return dict(zip(names or (), values or (), strict=True))  # type: ignore[call-overload]


def lateral_agreement(sample: PredictionSample) -> Scored:
    """The share of the traces beside that have the same class at this depth."""
    if sample.class_name is None or not sample.neighbours:
        return Scored(None, "No class to compare.")
    others = sorted({each for each in sample.neighbours.values() if each != sample.class_name})
    reason = f"{sample.alike} of {len(sample.neighbours)} traces beside are {sample.class_name} too"
    unlike = f"; others: {', '.join(others)}" if others else ""
    return Scored(sample.alike / len(sample.neighbours), f"{reason}{unlike}.")


def least_class_agreement(samples: Sequence[PredictionSample]) -> float | None:
    """The mean lateral agreement of the class that has the least of it: a frequent class hides the rare ones.

    Returns:
        None where no class has 10 samples with neighbours.
    """
    by_class: dict[str, list[tuple[float, float]]] = {}
    for sample in samples:
        share = lateral_agreement(sample).value
        if share is not None and sample.class_name is not None:
            by_class.setdefault(sample.class_name, []).append((share, sample.weight))
    means = [
        sum(share * weight for share, weight in found) / sum(weight for _, weight in found)
        for found in by_class.values()
        if len(found) >= FEW
    ]
    return min(means, default=None)


def soundness(sample: PredictionSample) -> Scored:
    """1 where class, confidence and probabilities fit together."""
    if sample.class_name is None:
        return Scored(None, "No class was predicted.")
    faults = list(_unsound(sample))
    return Scored(0.0 if faults else 1.0, f"{'; '.join(faults) or 'Class, confidence and probabilities fit'}.")


def _unsound(sample: PredictionSample) -> Iterator[str]:
    given = sample.probabilities
    if not given or sample.confidence is None:
        yield "There is a class without a probability"
        return
    largest = max(given.values())
    if not all(-_ROUNDING <= each <= 1 + _ROUNDING for each in given.values()):
        yield "A probability is not between 0 and 1"
    if abs(sum(given.values()) - 1) > _ROUNDING * len(given):
        yield f"The probabilities add up to {sum(given.values()):.3f}"
    if given.get(str(sample.class_name), -1.0) < largest - _ROUNDING:
        yield f"{sample.class_name} is not the most probable class"
    if abs(sample.confidence - largest) > _ROUNDING:
        yield f"The confidence is {sample.confidence:.3f}, the largest probability {largest:.3f}"


def margin(sample: PredictionSample) -> Scored:
    """By how much the most probable class leads."""
    if len(sample.probabilities) < 2:
        return Scored(None, "No probabilities to compare.")
    first, second = sorted(sample.probabilities.items(), key=lambda item: -item[1])[:2]
    lead = min(max(first[1] - second[1], 0.0), 1.0)
    return Scored(lead, f"{first[0]} leads {second[0]} by {lead:.3f}.")


def truth_probability(sample: PredictionSample) -> Scored:
    """The probability that the true class was given."""
    if sample.truth is None or sample.truth not in sample.probabilities:
        return Scored(None, "No label.")
    given = sample.probabilities[sample.truth]
    return Scored(min(max(given, 0.0), 1.0), f"The label says {sample.truth}, which was given {given:.3f}.")


def accuracy(sample: PredictionSample) -> Scored:
    """1 where the class is that of the label."""
    if sample.right is None:
        return Scored(None, "No label.")
    return Scored(float(sample.right), f"Predicted {sample.class_name}, labelled {sample.truth}.")


def no_edge_case(sample: PredictionSample) -> Scored:
    """1 where nothing about the window is out of the ordinary."""
    cases = edge_cases(sample)
    return Scored(0.0 if cases else 1.0, f"{'; '.join(cases).capitalize() or 'Nothing out of the ordinary'}.")


EDGE_CASES = (
    "dead trace with a class",
    "live trace without a class",
    "low confidence",
    "class changes at most steps of the trace",
    "alone between equal windows and unlike all traces beside",
    "amplitude outlier",
)


def edge_cases(sample: PredictionSample) -> tuple[str, ...]:
    """Which of `EDGE_CASES` the window is."""
    ratio, steps = sample.amplitude_ratio, sample.windows - 1
    island = sample.above is not None and sample.above == sample.below != sample.class_name
    is_case = (
        sample.dead and sample.class_name is not None,
        not sample.dead and sample.class_name is None,
        sample.confidence is not None and sample.confidence < LOW_CONFIDENCE,
        steps >= 3 and sample.flips / steps > MANY_FLIPS,
        sample.class_name is not None and island and bool(sample.neighbours) and sample.alike == 0,
        ratio is not None and not 1 / OUTLIER <= ratio <= OUTLIER,
    )
    return tuple(name for name, holds in zip(EDGE_CASES, is_case, strict=True) if holds)


def rule_verdict(sample: PredictionSample) -> Verdict | None:
    """What the rules say of a class, without its label; None where there is no class."""
    if sample.class_name is None:
        return None
    share = lateral_agreement(sample).value
    broken = soundness(sample).value == 0 or sample.dead
    if broken or (share is not None and share == 0 and len(sample.neighbours) > 1):
        return "wrong"
    return "doubtful" if edge_cases(sample) or (share is not None and share <= 0.5) else "consistent"


PREDICTION_SCORERS: tuple[Scorer[PredictionSample], ...] = (
    Scorer("lateral_agreement", "traces beside with the same class", lateral_agreement),
    Scorer("soundness", "windows whose class and probabilities fit together", soundness),
    Scorer("margin", "lead of the most probable class", margin),
    Scorer("truth_probability", "probability of the true class", truth_probability),
    Scorer("accuracy", "labelled windows with the true class", accuracy),
    Scorer("no_edge_case", "windows that are no edge case", no_edge_case),
)
