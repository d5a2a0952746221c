"""Is a new file like those that came before it: in traces, amplitudes, classes and sample interval.

Files differ. A difference counts only where it is beyond its limit and beyond what the earlier files differ by among
themselves, so that a survey of files of all sizes raises no alarm with each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from seismic_assets.monitoring.errors import MonitoringError
from seismic_assets.monitoring.in_line import in_line, margin_of_shares

PARTS_ALONG = 4  # parts of a file along inlines and along crosslines
_MOST_EARLIER = 50
_HIGH = 3.0  # times the limit
_SAME_ARRIVAL = timedelta(days=1)


class Severity(StrEnum):
    """How bad a finding is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def verdict(self) -> str:
        """`PASS`, `WARN` or `FAIL`."""
        return {"low": "PASS", "medium": "WARN", "high": "FAIL"}[self.value]


@dataclass(frozen=True)
class DoorLimits:
    """From when on a difference counts; three times a limit is a high one.

    Attributes:
        volume_change: of the number of traces, as a share of the median of the earlier files.
        amplitude_ratio: of the amplitude scale to the median of the earlier files, or the inverse.
        class_share_change: of the share of a class in the labelled windows.
        interval_us: usual range of sample intervals in microseconds.
        least_files: earlier files without which there is no verdict.
        least_labelled_traces: labelled traces of a file without which there is no verdict on its classes.
        least_parts: parts of a file that labels must lie in, of 16.
        chance: of a file from the same population as the earlier ones to be out of line with them.

    Raises:
        MonitoringError: fewer than two files or parts, a ratio of 1 or less, a chance outside 0 to 1.
    """

    volume_change: float = 0.2
    amplitude_ratio: float = 1.5
    class_share_change: float = 0.1
    interval_us: tuple[int, int] = (500, 4000)
    least_files: int = 3
    least_labelled_traces: int = 100
    least_parts: int = 6
    chance: float = 0.02

    def __post_init__(self) -> None:
        if self.least_files < 2 or self.least_parts < 2 or self.amplitude_ratio <= 1 or not 0 < self.chance < 1:
            raise MonitoringError(
                f"the limits of the door make no verdict possible ({self}); give at least 2 files and 2 parts, a ratio "
                "above 1 and a chance between 0 and 1"
            )


@dataclass(frozen=True)
class Finding:
    """What was found about a file.

    Attributes:
        file_id: the file.
        what: `volume`, `amplitude`, `classes` or `interval`.
        severity: low where it does not count, or where there is no verdict.
        sentence: what, with figures.
        value: the figure of the file: traces, amplitude scale, share of the class, microseconds.
        before: the median of the earlier files; None where there is none to compare with.
    """

    file_id: str
    what: str
    severity: Severity
    sentence: str
    value: float
    before: float | None = None


@dataclass(frozen=True)
class Arrival:
    """A file that came.

    Attributes:
        file_id: the file.
        judged_at: when it was admitted, aware.
    """

    file_id: str
    judged_at: datetime


_File = TypeVar("_File", bound=Arrival)


@dataclass(frozen=True)
class FileFigures(Arrival):
    """Figures of a file that was read.

    Attributes:
        traces: how many.
        amplitude_scale: robust scale of its amplitudes; 0 without any.
        interval_us: sample interval in microseconds, as the file has it.
    """

    traces: int
    amplitude_scale: float
    interval_us: int


@dataclass(frozen=True)
class ClassFigures(Arrival):
    """The classes of a file that has labels.

    Attributes:
        traces: how many have a labelled window.
        windows: (parts, classes) labelled windows by part of the file and class; parts without any are left out.
    """

    traces: int
    windows: NDArray[np.int64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """(classes,) share of each class in the labelled windows."""
        return self.windows.sum(axis=0) / self.windows.sum()


def newcomers(files: Iterable[_File]) -> list[tuple[_File, list[_File]]]:
    """The files that came last, each with at most 50 that came before it.

    Files that were judged in the same look at the landing folder are not before each other. Those of the last day,
    counted from the latest, have come last: a run may be late with some of them.
    """
    ordered = sorted(files, key=lambda file: (file.judged_at, file.file_id))
    if not ordered:
        return []
    last = [file for file in ordered if file.judged_at >= ordered[-1].judged_at - _SAME_ARRIVAL]
    return [(file, [each for each in ordered if each.judged_at < file.judged_at][-_MOST_EARLIER:]) for file in last]


def volume_finding(file: FileFigures, earlier: Sequence[FileFigures], limits: DoorLimits) -> Finding | None:
    """Whether a file has far more or far fewer traces than those before it; None where it has not."""
    known = [each.traces for each in earlier if each.traces > 0]
    if len(known) < limits.least_files:
        return _no_verdict(file.file_id, "volume", "its traces", file.traces, len(known), limits)
    median = float(np.median(known))
    change = file.traces / median - 1
    # On the scale of logarithms half as many are as far off as twice as many.
    usual = file.traces > 0 and in_line(np.log(file.traces), np.log(known), limits.chance)
    if abs(change) <= limits.volume_change or usual:
        return None
    sentence = (
        f"{file.file_id} has {file.traces:,} traces, {abs(change):.0%} {'more' if change > 0 else 'less'} than the "
        f"median of the {len(known)} files before it ({median:,.0f}); see whether it is whole, and one file"
    )
    severity = _graded(abs(change), limits.volume_change)
    return Finding(file.file_id, "volume", severity, sentence, file.traces, median)


def amplitude_finding(
    file: FileFigures, earlier: Sequence[FileFigures], limits: DoorLimits, *, normalised: bool = False
) -> Finding | None:
    """Whether the amplitudes of a file are scaled unlike those before it; None where they are not.

    Args:
        file: that came last; without amplitudes there is nothing to say.
        earlier: those before it; without amplitudes they are left out.
        limits: in force.
        normalised: whether amplitudes are divided by their scale before anything is made of them: a shift does not
            count then.
    """
    if file.amplitude_scale <= 0:
        return None
    known = [each.amplitude_scale for each in earlier if each.amplitude_scale > 0]
    if len(known) < limits.least_files:
        return _no_verdict(file.file_id, "amplitude", "its amplitudes", file.amplitude_scale, len(known), limits)
    median = float(np.median(known))
    shift = abs(np.log(file.amplitude_scale / median))
    limit = float(np.log(limits.amplitude_ratio))
    if shift <= limit or in_line(np.log(file.amplitude_scale), np.log(known), limits.chance):
        return None
    said = (
        f"{file.file_id}: its amplitudes are {file.amplitude_scale / median:.3g} times the median of the "
        f"{len(known)} files before it (robust scale {file.amplitude_scale:.4g} against {median:.4g})"
    )
    if normalised:
        severity, advice = Severity.LOW, ", which does not count: each file is divided by its scale"
    else:
        severity = _graded(shift, limit)
        advice = "; see whether it was scaled otherwise, or set SEISMIC_NORMALISE=robust"
    return Finding(file.file_id, "amplitude", severity, said + advice, file.amplitude_scale, median)


def class_finding(
    file: ClassFigures, earlier: Sequence[ClassFigures], classes: Sequence[str], limits: DoorLimits
) -> Finding | None:
    """Whether a class has another share of a file's labels than of those before it; None where none has.

    Neighbouring labels say the same twice. So a share is as sure as its parts of the file agree on it, and labels in
    one corner, or of a few traces, give no verdict.

    Args:
        file: that came last.
        earlier: those before it; such as would get no verdict themselves are left out.
        classes: names, in the order of the columns of `windows`.
        limits: in force.
    """
    if not _enough_labels(file, limits):
        sentence = (
            f"{file.file_id}: no verdict on its classes: {file.traces:,} of its traces have labels, in "
            f"{len(file.windows)} of {PARTS_ALONG**2} parts of it; it takes {limits.least_labelled_traces} in "
            f"{limits.least_parts}"
        )
        return Finding(file.file_id, "classes", Severity.LOW, sentence, file.traces)
    before = [each.shares for each in earlier if _enough_labels(each, limits)]
    if len(before) < limits.least_files:
        return _no_verdict(file.file_id, "classes", "its classes", file.traces, len(before), limits, "labelled files")
    shares, medians, unsure = file.shares, np.median(before, axis=0), margin_of_shares(file.windows, limits.chance)
    changes = np.abs(shares - medians)
    limit = limits.class_share_change
    counts = [
        changes[each] > limit
        and not in_line(shares[each], np.array(before)[:, each], limits.chance, float(unsure[each]))
        for each in range(len(classes))
    ]
    if not any(counts):
        return None
    most = int(np.argmax(np.where(counts, changes, 0)))
    sentence = (
        f"{file.file_id}: {shares[most]:.1%} of its labelled windows are {classes[most]}, against "
        f"{medians[most]:.1%} in the median of the {len(before)} labelled files before it; see whether it was "
        "interpreted alike"
    )
    severity = _graded(float(changes[most]), limit)
    return Finding(file.file_id, "classes", severity, sentence, float(shares[most]), float(medians[most]))


def interval_finding(file: FileFigures, limits: DoorLimits) -> Finding | None:
    """Whether the sample interval is outside the usual range; None where it is not."""
    low, high = limits.interval_us
    if low <= file.interval_us <= high:
        return None
    sentence = (
        f"{file.file_id} has a sample interval of {file.interval_us / 1000:g} ms, outside the usual {low / 1000:g} to "
        f"{high / 1000:g} ms; see whether its headers are right"
    )
    return Finding(file.file_id, "interval", Severity.MEDIUM, sentence, file.interval_us)


def _enough_labels(file: ClassFigures, limits: DoorLimits) -> bool:
    return file.traces >= limits.least_labelled_traces and len(file.windows) >= limits.least_parts


def _no_verdict(
    file_id: str, what: str, on: str, value: float, known: int, limits: DoorLimits, kind: str = "files"
) -> Finding:
    sentence = f"{file_id}: no verdict on {on}: {known} {kind} came before it, and it takes {limits.least_files}"
    return Finding(file_id, what, Severity.LOW, sentence, value)


def _graded(size: float, limit: float) -> Severity:
    return Severity.HIGH if size > _HIGH * limit else Severity.MEDIUM
