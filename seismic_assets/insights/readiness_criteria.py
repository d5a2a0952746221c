"""What a model must hold to before it goes to production, one criterion at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from seismic_assets.evaluation import Calibration, Interval, Scores, SliceScore, Verdict
from seismic_assets.insights.wording import counted, listed, sentence

MODEL = "model"
"""Key of the model among the scores."""
TRIVIAL = ("majority", "shuffled")
"""Baselines that know nothing of the data."""
SIMPLE = "logistic"
_FEW_OF_A_CLASS = 10
_MOST_TOLD = 3

Level = Literal["must", "should"]


class Evaluated(Protocol):
    """What is asked of the record of an evaluation."""

    @property
    def version(self) -> str:
        """Of the registry."""

    @property
    def scores(self) -> Mapping[str, Scores]:
        """Of the model and of what it is compared with."""

    @property
    def f1(self) -> Interval:
        """Macro-F1."""

    @property
    def class_f1(self) -> Mapping[str, Interval]:
        """F1 by class name."""

    @property
    def calibration(self) -> Calibration:
        """Of the model."""

    @property
    def slices(self) -> Sequence[SliceScore]:
        """Scores of parts of the test windows."""

    @property
    def risks(self) -> Sequence[str]:
        """Sentences on important features that have moved since the version before."""


@dataclass(frozen=True)
class ReadinessLimits:
    """What is asked of a model for production.

    Attributes:
        f1: that the lower end of the macro-F1's interval should reach.
        class_floor: F1 that every class must reach.
        class_f1: F1 that every class should reach.
        calibration_error: expected calibration error that should not be exceeded.
        blocks: test blocks that there should be, so that an interval says something.
        class_windows: test windows of every class that there should be.
        part_fall: macro-F1 of a part of the data should not credibly be farther below the whole than this.
    """

    f1: float = 0.7
    class_floor: float = 0.2
    class_f1: float = 0.5
    calibration_error: float = 0.05
    blocks: int = 5
    class_windows: int = 30
    part_fall: float = 0.1


@dataclass(frozen=True)
class Criterion:
    """One criterion and what came of it.

    Attributes:
        name: in a few words, which no other has.
        level: `must`: without it a model is not ready; `should`: without it there is a limit to know.
        value, needed: as they are shown.
        met: whether; None where it cannot be told yet.
        change: what would have to change where it is not met, a sentence.
    """

    name: str
    level: Level
    value: str
    needed: str
    met: bool | None
    change: str


def criteria(record: Evaluated, verdict: Verdict | None, limits: ReadinessLimits) -> list[Criterion]:
    """All criteria, those that must be met first."""
    return [
        _gate(verdict),
        _classes(record),
        _above_trivial(record),
        _weakest("floor for the weakest class", record, limits.class_floor, "must"),
        _weakest("F1 of the weakest class", record, limits.class_f1, "should"),
        _certainly_good(record, limits),
        _better_than_simple(record),
        _calibrated(record, limits),
        _blocks(record, limits),
        _rarest(record, limits),
        _parts(record, limits),
        _moved(record),
    ]


def tested(record: Evaluated) -> dict[str, Mapping[str, float]]:
    """Precision, recall, F1 and support of the classes that occur in the test windows."""
    return {name: values for name, values in record.scores[MODEL].per_class.items() if values["support"] > 0}


def weakest_class(record: Evaluated) -> tuple[str, float] | None:
    """Name and F1 of the weakest class that occurs in the test windows."""
    found = {name: values["f1"] for name, values in tested(record).items()}
    return min(found.items(), key=lambda item: item[1]) if found else None


def best_trivial(record: Evaluated) -> tuple[str, float] | None:
    """Name and macro-F1 of the better baseline that knows nothing."""
    found = {name: record.scores[name].f1_macro for name in TRIVIAL if name in record.scores}
    return max(found.items(), key=lambda item: item[1]) if found else None


def weak_parts(record: Evaluated, limits: ReadinessLimits) -> list[SliceScore]:
    """Parts whose whole interval lies more than `part_fall` below the macro-F1 of all, the weakest first.

    Parts with fewer than ten windows of a class that occurs in them are not judged.
    """
    floor = record.f1.value - limits.part_fall
    low = [
        each
        for each in record.slices
        if (each.rarest is None or each.rarest >= _FEW_OF_A_CLASS) and each.f1.high is not None and each.f1.high < floor
    ]
    return sorted(low, key=lambda each: each.f1.value)


def part_name(part: SliceScore) -> str:
    """`depth is under 512 ms`."""
    return f"{part.slicing} is {part.part}"


def _gate(verdict: Verdict | None) -> Criterion:
    if verdict is None:
        return Criterion(
            "gate", "must", "not put to it yet", "passed", None, "Put the version to the gate: `seismic run`."
        )
    failed = [each.sentence for each in verdict.findings if not each.passed]
    shown = (
        "passed"
        if verdict.promote
        else f"refused: {listed([name_of(each.name) for each in verdict.findings if not each.passed], 2)}"
    )
    return Criterion("gate", "must", shown, "passed", verdict.promote, sentence("; ".join(failed) or verdict.reason))


def name_of(finding: str) -> str:
    """The question of the gate in words."""
    return finding.replace("_", " ")


def _classes(record: Evaluated) -> Criterion:
    number = len(tested(record))
    change = "Label a second class in blocks that go to the test: of one class nothing can be told apart."
    return Criterion("classes in the test", "must", str(number), "2 or more", number >= 2, change)


def _above_trivial(record: Evaluated) -> Criterion:
    best, value = best_trivial(record), record.f1.value
    if best is None:
        return Criterion("better than guessing", "must", f"{value:.3f}", "-", None, "Evaluate it with baselines.")
    change = (
        f"The model is no better than {best[0]}: the features do not tell the classes apart, or the labels are not of "
        "these traces. Look at both before another search."
    )
    return Criterion(
        "better than guessing", "must", f"{value:.3f}", f"above {best[1]:.3f} ({best[0]})", value > best[1], change
    )


def _weakest(name: str, record: Evaluated, floor: float, level: Level) -> Criterion:
    weakest = weakest_class(record)
    needed = f"at least {floor:.3f}"
    if weakest is None:
        return Criterion(name, level, "-", needed, None, "There are no test windows.")
    change = f"Label more {weakest[0]}, in other blocks than those there are: its F1 is {weakest[1]:.3f}."
    return Criterion(name, level, f"{weakest[1]:.3f} ({weakest[0]})", needed, weakest[1] >= floor, change)


def _certainly_good(record: Evaluated, limits: ReadinessLimits) -> Criterion:
    low, name, needed = record.f1.low, "lower end of the macro-F1", f"at least {limits.f1:.3f}"
    if low is None:
        change = "Label further blocks: of one test block there is no interval, and the figure may be chance."
        return Criterion(name, "should", "no interval", needed, None, change)
    change = f"The macro-F1 is only certain to be above {low:.3f}: label further blocks, or find better features."
    return Criterion(name, "should", f"{low:.3f}", needed, low >= limits.f1, change)


def _better_than_simple(record: Evaluated) -> Criterion:
    name, value = "better than a linear model", record.f1.value
    if SIMPLE not in record.scores:
        return Criterion(name, "should", f"{value:.3f}", "-", None, "Evaluate it beside a logistic regression.")
    simple = record.scores[SIMPLE].f1_macro
    change = "A logistic regression does as well or better: take it, since it is easier to explain, or search longer."
    return Criterion(name, "should", f"{value:.3f}", f"above {simple:.3f}", value > simple, change)


def _calibrated(record: Evaluated, limits: ReadinessLimits) -> Criterion:
    error = record.calibration.expected_error
    change = "Do not take the confidence at its word: calibrate it on validation blocks, or use the class only."
    return Criterion(
        "expected calibration error",
        "should",
        f"{error:.3f}",
        f"at most {limits.calibration_error:.3f}",
        error <= limits.calibration_error,
        change,
    )


def _blocks(record: Evaluated, limits: ReadinessLimits) -> Criterion:
    blocks = record.f1.blocks
    change = f"The scores rest on {counted(blocks, 'spatial block')}: label more of the survey, or a further one."
    return Criterion(
        "test blocks", "should", f"{blocks:,}", f"{limits.blocks:,} or more", blocks >= limits.blocks, change
    )


def _rarest(record: Evaluated, limits: ReadinessLimits) -> Criterion:
    support = {name: int(values["support"]) for name, values in record.scores[MODEL].per_class.items()}
    name, number = min(support.items(), key=lambda item: item[1], default=("-", 0))
    change = f"{name} has {counted(number, 'test window')}: label more of it, or its F1 is chance."
    needed = f"{limits.class_windows:,} or more"
    met = number >= limits.class_windows
    return Criterion("test windows of the rarest class", "should", f"{number:,} ({name})", needed, met, change)


def _parts(record: Evaluated, limits: ReadinessLimits) -> Criterion:
    weak = weak_parts(record, limits)
    if not record.slices:
        return Criterion("weak parts of the data", "should", "not looked at", "none", None, "Score it by parts.")
    shown = f"{len(weak):,}" if weak else "none"
    where = "; where ".join(part_name(each) for each in weak[:_MOST_TOLD])
    change = f"Look at the section yourself where {where}. Windows that are labelled there help most."
    return Criterion("weak parts of the data", "should", shown, "none", not weak, change)


def _moved(record: Evaluated) -> Criterion:
    risks = list(record.risks)
    change = f"{' '.join(risks)} See whether the amplitudes of the new files are scaled like those before."
    return Criterion(
        "important features that moved", "should", f"{len(risks):,}" if risks else "none", "none", not risks, change
    )
