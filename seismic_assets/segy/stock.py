"""Stock of a landing folder: which files are there, what they hold, which are admitted and which are not, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xxhash

from seismic_assets.segy.discovery import LandedPath, digest_file, list_segy_files, stamp_of
from seismic_assets.segy.errors import SegyError
from seismic_assets.segy.headers import STANDARD_MAP, HeaderMap
from seismic_assets.segy.inspect import scan_headers
from seismic_assets.segy.reader import SegyReader, open_segy
from seismic_assets.segy.resampling import can_resample, resampled_length


@dataclass(frozen=True)
class StockEntry:
    """A file in the landing folder.

    Attributes:
        file_id: its stable name.
        relative: path relative to the landing folder.
        stamp: size, modification and status-change time when it was inspected.
        digest: of its bytes, empty when they cannot be read.
        admitted: whether it goes on to bronze.
        reason: why not; empty when admitted.
        judged_at: when it was admitted or quarantined for that reason, ISO 8601 in UTC.
        notes: what is unusual about an admitted file, in sentences.
        header_bytes: where positions were read: bytes of inline, crossline, x and y.
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
    judged_at: str = ""
    notes: str = ""
    header_bytes: str = ""
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
    most_bytes: int | None = None,
    settled_before_ns: int | None = None,
    equal_lengths: bool = False,
    mapping: HeaderMap = STANDARD_MAP,
    resample: bool = False,
) -> Stock:
    """Take stock of a folder; only files whose stamp changed since `previous` are opened.

    The survey's sample interval is the one given, else that of the files admitted before that are still there (the
    commonest), else the commonest among the files found, ties going to the shorter; files of another interval are
    quarantined, unless they are to be resampled.

    Args:
        folder: the landing folder.
        previous: entries of the last stock-taking.
        survey_interval_us: microseconds, when it is to be fixed.
        exclude: resolved paths that are not traces.
        most_new: open at most this many new or changed files; the rest is counted as pending.
        most_bytes: open no further file once this many bytes were read; every byte of a new file is.
        settled_before_ns: leave files modified after this time pending: they may still be being written.
        equal_lengths: quarantine files whose traces have another length than the commonest, as windows of a whole
            trace demand.
        mapping: where trace headers keep positions; files that were read by another one are opened again.
        resample: admit files of another interval, as they will be resampled.

    Raises:
        LandingFolderError: the folder does not exist or is not a folder.
    """
    known = {entry.file_id: entry for entry in previous}
    entries: list[StockEntry] = []
    opened = pending = bytes_read = 0
    for landed in list_segy_files(folder, exclude):
        before = known.get(landed.file_id)
        if before is not None and before.stamp == landed.stamp and before.header_bytes == _named(mapping):
            entries.append(before)
            continue
        unsettled = settled_before_ns is not None and landed.stamp[1] > settled_before_ns
        enough = (most_new is not None and opened >= most_new) or (most_bytes is not None and bytes_read >= most_bytes)
        if unsettled or enough:
            pending += 1
            if before is not None:
                entries.append(before)
            continue
        opened, bytes_read = opened + 1, bytes_read + landed.stamp[0]
        entry = _examine(landed, mapping)
        # Changed while it was read: the next stock-taking must open it again.
        entries.append(entry if stamp_of(landed.path) == landed.stamp else replace(entry, stamp=(-1, 0, 0)))
    admitted_before = (entry for entry in entries if entry.file_id in known and known[entry.file_id].admitted)
    interval = survey_interval_us or _common_interval(admitted_before) or _common_interval(entries)
    judged = [_judge_interval(entry, interval, resample) for entry in entries]
    if equal_lengths:
        judged = _judge_lengths(judged, interval)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Stock(tuple(_dated(entry, known.get(entry.file_id), now) for entry in judged), interval, pending)


def _examine(landed: LandedPath, mapping: HeaderMap) -> StockEntry:
    """Headers and digest of a file, in one pass over its bytes."""
    entry = StockEntry(landed.file_id, landed.relative, landed.stamp, header_bytes=_named(mapping))
    try:
        with open_segy(landed.path, mapping) as reader:
            return _described(entry, reader)
    except SegyError as error:
        return replace(entry, reason=error.reason, digest=_digest_if_readable(landed.path))


def _described(entry: StockEntry, reader: SegyReader) -> StockEntry:
    digest = xxhash.xxh3_128()
    facts = scan_headers(reader, digest.update)
    geometry = facts.geometry
    return replace(
        entry,
        digest=digest.hexdigest(),
        admitted=True,
        notes="; ".join((*facts.contradictions, *facts.oddities)),
        traces=reader.num_traces,
        samples=reader.num_samples,
        sample_interval_us=reader.sample_interval_us,
        start_ms=reader.start_ms,
        format=reader.layout.sample_format.name,
        endian=reader.layout.endian,
        inline_min=geometry.inline[0],
        inline_max=geometry.inline[1],
        crossline_min=geometry.crossline[0],
        crossline_max=geometry.crossline[1],
    )


def _digest_if_readable(path: Path) -> str:
    try:
        return digest_file(path)
    except OSError:
        return ""  # the entry's reason says that and why


def _named(mapping: HeaderMap) -> str:
    return f"{mapping.inline},{mapping.crossline},{mapping.cdp_x},{mapping.cdp_y}"


def _dated(entry: StockEntry, before: StockEntry | None, now: str) -> StockEntry:
    """With the time of the verdict, which stays while file and verdict do."""
    same = before is not None and (before.stamp, before.admitted, before.reason) == (
        entry.stamp,
        entry.admitted,
        entry.reason,
    )
    return replace(entry, judged_at=before.judged_at if before is not None and same else now)


def _common_interval(entries: Iterable[StockEntry]) -> int:
    """Commonest interval of the readable ones, admitted or not; 0 without any."""
    intervals = Counter(entry.sample_interval_us for entry in entries if entry.sample_interval_us > 0)
    return min(intervals, key=lambda interval: (-intervals[interval], interval), default=0)


def _judge_interval(entry: StockEntry, survey_interval_us: int, resample: bool) -> StockEntry:
    """Admit or quarantine a readable file by its interval, anew each time: the setting may have changed."""
    if entry.sample_interval_us == 0:
        return entry
    ours, its = survey_interval_us, entry.sample_interval_us
    if its == ours or (resample and can_resample(its, ours)):
        return replace(entry, admitted=True, reason="")
    if resample:
        reason = f"has a sample interval of {its} us, and its ratio to the survey's {ours} us is too odd to resample"
        return replace(entry, admitted=False, reason=f"{reason}; resample it elsewhere")
    reason = (
        f"has a sample interval of {its} us where the survey has {ours} us; "
        "set SEISMIC_RESAMPLE=true to have it resampled, or SEISMIC_SAMPLE_INTERVAL_US to the interval to keep"
    )
    return replace(entry, admitted=False, reason=reason)


def _judge_lengths(entries: list[StockEntry], interval_us: int) -> list[StockEntry]:
    def length_of(entry: StockEntry) -> int:
        return resampled_length(entry.samples, entry.sample_interval_us, interval_us)

    lengths = Counter(length_of(entry) for entry in entries if entry.admitted)
    length = min(lengths, key=lambda samples: (-lengths[samples], samples), default=0)
    return [
        entry
        if not entry.admitted or length_of(entry) == length
        else replace(
            entry,
            admitted=False,
            reason=f"has {length_of(entry)} samples a trace where the others have {length}, and windows are whole "
            "traces; cut it, or set SEISMIC_WINDOW_SAMPLES to a number of samples",
        )
        for entry in entries
    ]
