"""Stock of a landing folder: which files are there, what they hold, which are admitted and which are not, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from seismic_assets.segy.discovery import LandedPath, digest_file, list_segy_files, stamp_of
from seismic_assets.segy.inspect import inspect_file


@dataclass(frozen=True)
class StockEntry:
    """A file in the landing folder.

    Attributes:
        file_id: its stable name.
        relative: path relative to the landing folder.
        stamp: size, modification and status-change time when it was inspected.
        digest: BLAKE2b of its bytes, empty when they cannot be read.
        admitted: whether it goes on to bronze.
        reason: why not; empty when admitted.
        traces, samples, sample_interval_us: from the headers; 0 when unknown.
        start_ms: time of the first sample.
        format, endian: how samples are coded.
        inline_min, inline_max, crossline_min, crossline_max: ranges of the trace headers.
    """

    file_id: str
    relative: str
    stamp: tuple[int, int, int]
    digest: str = ""
    admitted: bool = False
    reason: str = ""
    traces: int = 0
    samples: int = 0
    sample_interval_us: int = 0
    start_ms: float = 0.0
    format: str = ""
    endian: str = ""
    inline_min: int = 0
    inline_max: int = 0
    crossline_min: int = 0
    crossline_max: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> StockEntry:
        """The inverse of `as_dict`."""
        return cls(**{**values, "stamp": tuple(values["stamp"])})


@dataclass(frozen=True)
class Stock:
    """All files of a landing folder, sorted by file id.

    Attributes:
        entries: admitted and quarantined files.
        survey_interval_us: the sample interval that admitted files share; 0 without any.
        pending: number of files that were left for the next stock-taking.
    """

    entries: tuple[StockEntry, ...]
    survey_interval_us: int
    pending: int = 0

    @property
    def admitted(self) -> tuple[StockEntry, ...]:
        """Files that go on to bronze."""
        return tuple(entry for entry in self.entries if entry.admitted)

    @property
    def quarantined(self) -> tuple[StockEntry, ...]:
        """Files that do not, with their reason."""
        return tuple(entry for entry in self.entries if not entry.admitted)


def take_stock(
    folder: Path,
    *,
    previous: Iterable[StockEntry] = (),
    survey_interval_us: int | None = None,
    exclude: Collection[Path] = (),
    most_new: int | None = None,
    settled_before_ns: int | None = None,
    equal_lengths: bool = False,
) -> Stock:
    """Take stock of a folder; only files whose stamp changed since `previous` are opened.

    The survey's sample interval is the one given, else that of the files admitted before that are still there (the
    commonest), else the commonest among the files found, ties going to the shorter; files of another interval are
    quarantined.

    Args:
        folder: the landing folder.
        previous: entries of the last stock-taking.
        survey_interval_us: microseconds, when it is to be fixed.
        exclude: resolved paths that are not traces.
        most_new: open at most this many new or changed files; the rest is counted as pending.
        settled_before_ns: leave files modified after this time pending: they may still be being written.
        equal_lengths: quarantine files whose traces have another length than the commonest, as windows of a whole
            trace demand.

    Raises:
        LandingFolderError: the folder does not exist or is not a folder.
    """
    known = {entry.file_id: entry for entry in previous}
    entries: list[StockEntry] = []
    opened = pending = 0
    for landed in list_segy_files(folder, exclude):
        before = known.get(landed.file_id)
        if before is not None and before.stamp == landed.stamp:
            entries.append(before)
            continue
        unsettled = settled_before_ns is not None and landed.stamp[1] > settled_before_ns
        if unsettled or (most_new is not None and opened >= most_new):
            pending += 1
            if before is not None:
                entries.append(before)
            continue
        opened += 1
        entry = _inspect(landed)
        # Changed while it was read: the next stock-taking must open it again.
        entries.append(entry if stamp_of(landed.path) == landed.stamp else replace(entry, stamp=(-1, 0, 0)))
    admitted_before = (entry for entry in entries if entry.file_id in known and known[entry.file_id].admitted)
    interval = survey_interval_us or _common_interval(admitted_before) or _common_interval(entries)
    judged = [_judge_interval(entry, interval) for entry in entries]
    return Stock(tuple(_judge_lengths(judged) if equal_lengths else judged), interval, pending)


def _inspect(landed: LandedPath) -> StockEntry:
    entry = StockEntry(landed.file_id, landed.relative, landed.stamp)
    report = inspect_file(landed.path)
    try:
        entry = replace(entry, digest=digest_file(landed.path))
    except OSError as error:
        reason = report.problems[0] if report.problems else f"cannot be read ({error.strerror}); check disk and rights"
        return replace(entry, reason=reason)
    if report.geometry is None:
        return replace(entry, reason=report.problems[0])
    return replace(
        entry,
        admitted=True,
        traces=report.traces,
        samples=report.samples,
        sample_interval_us=report.sample_interval_us,
        start_ms=report.start_ms,
        format=report.format,
        endian=report.endian,
        inline_min=report.geometry.inline[0],
        inline_max=report.geometry.inline[1],
        crossline_min=report.geometry.crossline[0],
        crossline_max=report.geometry.crossline[1],
    )


def _common_interval(entries: Iterable[StockEntry]) -> int:
    """Commonest interval of the readable ones, admitted or not; 0 without any."""
    intervals = Counter(entry.sample_interval_us for entry in entries if entry.sample_interval_us > 0)
    return min(intervals, key=lambda interval: (-intervals[interval], interval), default=0)


def _judge_interval(entry: StockEntry, survey_interval_us: int) -> StockEntry:
    """Admit or quarantine a readable file by its interval, anew each time: the setting may have changed."""
    if entry.sample_interval_us == 0:
        return entry
    if entry.sample_interval_us == survey_interval_us:
        return replace(entry, admitted=True, reason="")
    reason = (
        f"has a sample interval of {entry.sample_interval_us} us where the survey has {survey_interval_us} us; "
        "resample it, or set SEISMIC_SAMPLE_INTERVAL_US to the interval to keep"
    )
    return replace(entry, admitted=False, reason=reason)


def _judge_lengths(entries: list[StockEntry]) -> list[StockEntry]:
    lengths = Counter(entry.samples for entry in entries if entry.admitted)
    length = min(lengths, key=lambda samples: (-lengths[samples], samples), default=0)
    return [
        entry
        if not entry.admitted or entry.samples == length
        else replace(
            entry,
            admitted=False,
            reason=f"has {entry.samples} samples a trace where the others have {length}, and windows are whole traces; "
            "cut it, or set SEISMIC_WINDOW_SAMPLES to a number of samples",
        )
        for entry in entries
    ]
