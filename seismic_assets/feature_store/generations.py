"""Generations of what is known of files: a new one beside the old, so that the past can be asked for.

A generation is written first and noted in `feature_generations` after it: what is not noted does not count, and is
removed before the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import xxhash

from seismic_assets.feature_store.keys import file_number, trace_ids
from seismic_assets.frames.groups import groups_of
from seismic_assets.lake import FEATURE_GENERATIONS, Lake, PartTask, Segment, Table
from seismic_assets.lake.history_tables import CREATED, EVENT, GENERATION, TRACE_ID, WINDOW
from seismic_assets.lake.pools import Workers

_READ_ROWS = 1 << 16
_BYTES_OF_A_ROW = 200
_KEYS = [TRACE_ID, WINDOW]


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file beside its windows.

    Attributes:
        file_id: of it.
        acquired_at: when it came as it is, aware.
        digest: of the SEG-Y file.
        num_samples: of a trace.
        sample_interval_us: microseconds.
    """

    file_id: str
    acquired_at: datetime
    digest: str
    num_samples: int
    sample_interval_us: int


@dataclass(frozen=True)
class Making:
    """How values came to be.

    Attributes:
        at: when, aware.
        making: digest of what they were made with, as of `making_of`.
        code: Git commit of the code, or the version of the package.
    """

    at: datetime
    making: str
    code: str


@dataclass(frozen=True)
class Kept:
    """What became of a file.

    Attributes:
        rows: windows of its latest generation.
        generation: its number; 0 where nothing was ever known.
        new: whether it was added now.
    """

    rows: int
    generation: int
    new: bool


@dataclass(frozen=True)
class _History:
    """A table that keeps generations, and the table that they are copied from."""

    lake: Lake
    table: Table
    source: Table
    columns: tuple[str, ...]

    def content(self, file_id: str) -> tuple[int, str]:
        """Rows of the source, and a digest of their keys and values, whatever the parts that they lie in."""
        hashes = {name: xxhash.xxh3_128() for name in ("trace_index", WINDOW, *self.columns)}
        rows = 0
        for block in self.lake.stream(self.source, file_id, list(hashes), _READ_ROWS):
            rows += block.height
            for name, digest in hashes.items():
                digest.update(_bytes_of(block[name]))
        return rows, xxhash.xxh3_128(b"".join(each.digest() for each in hashes.values())).hexdigest()

    def vanished(self, file_id: str, generation: int) -> pl.DataFrame:
        """Keys of a generation that the source has no longer."""
        if generation == 0:
            return pl.DataFrame(schema=dict.fromkeys(_KEYS, pl.Int64))
        before = self.lake.read(self.table, [file_id], [*_KEYS, GENERATION, self.columns[0]])
        before = before.filter((pl.col(GENERATION) == generation) & pl.col(self.columns[0]).is_not_null())
        now = self.lake.read(self.source, [file_id], ["trace_index", WINDOW])
        return before.select(_KEYS).join(keyed(file_id, now).select(_KEYS), on=_KEYS, how="anti")

    def rows(self, facts: FileFacts, made: Making, generation: int, vanished: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Rows of a generation, block by block."""
        stamp = [
            _moment(facts.acquired_at).alias(EVENT),
            _moment(made.at).alias(CREATED),
            pl.lit(generation, pl.Int64).alias(GENERATION),
        ]
        for block in self.lake.stream(self.source, facts.file_id, ["trace_index", WINDOW, *self.columns], _READ_ROWS):
            yield keyed(facts.file_id, block).with_columns(stamp)
        if vanished.height:
            yield vanished.with_columns(*stamp, *(pl.lit(None).alias(name) for name in self.columns))


def keep_generations(
    lake: Lake,
    table: Table,
    source: Table,
    files: Sequence[FileFacts],
    made: Making,
    keep: int,
    workers: Workers = 1,
) -> Iterator[tuple[str, Kept]]:
    """Add what is known of files now to what was known before, where it is not the same; yields what was committed.

    Args:
        lake: of the deployment.
        table: `window_features_table(names)` or `WINDOW_LABELS`.
        source: what is known now: a table with `trace_index`, `window_index` and the values.
        files: the files.
        made: how the values came to be.
        keep: generations to keep, the latest.
        workers: who writes.

    Raises:
        LakeError: a table is damaged, or cannot be written.
    """
    columns = tuple(name for name in table.schema.names if name not in ("file_id", *_KEYS, EVENT, CREATED, GENERATION))
    history = _History(lake, table, source, columns)
    by_id, rows = {each.file_id: each for each in files}, lake.row_counts(source)
    for group in groups_of({file_id: rows.get(file_id, 0) * _BYTES_OF_A_ROW for file_id in by_id}):
        yield from _keep_group(history, [by_id[file_id] for file_id in group], made, keep, workers)


def latest_generations(lake: Lake, table: Table) -> pl.DataFrame:
    """The latest generation of each file in a table: rows of `feature_generations`."""
    noted = lake.read(FEATURE_GENERATIONS).filter(pl.col("table") == table.name)
    return noted.filter(pl.col(GENERATION) == pl.col(GENERATION).max().over("file_id"))


def repeated_windows(lake: Lake, table: Table) -> list[tuple[str, int]]:
    """(file id, generation) that have a window twice, or one of another file; read file by file.

    Raises:
        LakeError: the table is damaged.
    """
    parts: dict[str, list[Segment]] = {}
    for segment in lake.segments(table, lake.file_ids(table)):
        parts.setdefault(segment.file_id, []).append(segment)
    return [(file_id, generation) for file_id in sorted(parts) for generation in _repeated(file_id, parts[file_id])]


def _repeated(file_id: str, parts: Sequence[Segment]) -> list[int]:
    batches = [batch for part in parts for batch in part.batches([GENERATION, TRACE_ID, WINDOW], _READ_ROWS)]
    keys = pl.DataFrame(pl.from_arrow(batches))
    own = (pl.col(TRACE_ID) // 2**32 == file_number(file_id)).all()
    once = pl.struct(TRACE_ID, WINDOW).n_unique() == pl.len()
    found = keys.group_by(GENERATION).agg((own & once).alias("right"))
    return sorted(found.filter(~pl.col("right"))[GENERATION].to_list())


def _keep_group(
    history: _History, files: Sequence[FileFacts], made: Making, keep: int, workers: Workers
) -> Iterator[tuple[str, Kept]]:
    lake, table = history.lake, history.table
    ids = [each.file_id for each in files]
    noted = _sound(lake, table, ids, lake.read(FEATURE_GENERATIONS, ids))
    own = noted.filter(pl.col("table") == table.name)
    results: dict[str, Kept] = {}
    tasks, notes = [], []
    for file in files:
        before = own.filter(pl.col("file_id") == file.file_id).sort(GENERATION).tail(1)
        facts = replace(file, acquired_at=_event(before, file, made))
        rows, content = history.content(facts.file_id)
        last = 0 if before.is_empty() else int(before[GENERATION][0])
        same = last > 0 and (before["content"][0], before["segy_digest"][0]) == (content, facts.digest)
        if same or (rows == 0 and last == 0):
            results[facts.file_id] = Kept(rows, last, new=False)
            continue
        vanished = history.vanished(facts.file_id, last)
        tasks.append(_task(history, facts, made, last + 1, vanished))
        notes.append(_note(history, facts, made, last + 1, rows, vanished.height, content))
        results[facts.file_id] = Kept(rows, last + 1, new=True)
    if tasks:
        lake.append_files(table, tasks, workers)
        _write_notes(lake, table, noted, pl.DataFrame(notes, schema=noted.schema), keep)
    yield from results.items()


def _event(before: pl.DataFrame, facts: FileFacts, made: Making) -> datetime:
    """When the file came as it is; never before its earlier contents, whatever its time stamp says.

    Of the same file processed again it is a microsecond later: of several rows of one time Feast's join is to take the
    one that was made last, and takes any (0.67, its sort of dask frames is not stable).
    """
    acquired = min(facts.acquired_at, made.at)
    if before.is_empty():
        return acquired
    last: datetime = before[EVENT][0]
    if before["segy_digest"][0] == facts.digest:
        return last + timedelta(microseconds=1)
    return acquired if acquired > last else made.at


def _task(history: _History, facts: FileFacts, made: Making, generation: int, vanished: pl.DataFrame) -> PartTask:
    return PartTask(facts.file_id, lambda: history.rows(facts, made, generation, vanished))


def _note(
    history: _History, facts: FileFacts, made: Making, generation: int, rows: int, gone: int, content: str
) -> dict[str, object]:
    return {
        "file_id": facts.file_id,
        "table": history.table.name,
        GENERATION: generation,
        EVENT: facts.acquired_at,
        CREATED: made.at,
        "rows": rows,
        "gone": gone,
        "content": content,
        "making": made.making,
        "num_samples": facts.num_samples,
        "sample_interval_us": facts.sample_interval_us,
        "segy_digest": facts.digest,
        "source_version": history.lake.version(history.source),
        "code": made.code,
    }


def _write_notes(lake: Lake, table: Table, noted: pl.DataFrame, new: pl.DataFrame, keep: int) -> None:
    """Note new generations, then drop those that are too old: a reader never misses one that is noted."""
    every = pl.concat([noted, new])
    first = pl.col(GENERATION).max().over("file_id", "table") - keep
    late = every.filter((pl.col(GENERATION) > first) | (pl.col("table") != table.name))
    ids = new["file_id"].unique().to_list()
    parts = [(file_id, late.filter(pl.col("file_id") == file_id)) for file_id in sorted(ids)]
    lake.replace_files(
        FEATURE_GENERATIONS,
        ids,
        [PartTask(file_id, lambda rows=rows: [rows]) for file_id, rows in parts],  # type: ignore[misc]
    )
    old = every.filter((pl.col(GENERATION) <= first) & (pl.col("table") == table.name))
    _drop(lake, table, {file_id: f"<= {last}" for file_id, last in _last_of(old)})


def _sound(lake: Lake, table: Table, ids: Sequence[str], noted: pl.DataFrame) -> pl.DataFrame:
    """The notes, without those of files whose rows are not what the notes say: these begin anew.

    Rows of a generation that is not noted, as a killed writer leaves them, are removed first.
    """
    own = noted.filter(pl.col("table") == table.name)
    expected = dict(own.group_by("file_id").agg(pl.col("rows").sum() + pl.col("gone").sum()).iter_rows())
    there = lake.row_counts(table)
    odd = [file_id for file_id, rows in expected.items() if there.get(file_id, 0) != rows]
    if odd:
        last = dict(_last_of(own.filter(pl.col("file_id").is_in(odd))))
        _drop(lake, table, {file_id: f"> {last[file_id]}" for file_id in odd if file_id in there})
        there = lake.row_counts(table)
    lost = [file_id for file_id in odd if there.get(file_id, 0) != expected[file_id]]
    never_noted = [file_id for file_id in ids if file_id in there and file_id not in expected]
    lake.delete_files(table, [*lost, *never_noted])
    return noted.filter(~(pl.col("file_id").is_in(lost) & (pl.col("table") == table.name)))


def _last_of(notes: pl.DataFrame) -> Iterator[tuple[str, int]]:
    yield from notes.group_by("file_id").agg(pl.col(GENERATION).max()).iter_rows()


def _drop(lake: Lake, table: Table, generations: dict[str, str]) -> None:
    if generations:
        each = (f"(file_id = '{file_id}' AND {GENERATION} {which})" for file_id, which in generations.items())
        lake.delete_rows(table, " OR ".join(each))


def keyed(file_id: str, block: pl.DataFrame) -> pl.DataFrame:
    """Rows with the keys of the feature store instead of the place in the file."""
    return block.drop("trace_index").with_columns(
        pl.Series(TRACE_ID, trace_ids(file_id, block["trace_index"].to_numpy())), pl.col(WINDOW).cast(pl.Int64)
    )


def _bytes_of(values: pl.Series) -> bytes:
    if values.dtype == pl.String:
        return "\n".join(values.to_list()).encode() + b"\n"
    return np.ascontiguousarray(values.to_numpy()).tobytes()


def _moment(at: datetime) -> pl.Expr:
    return pl.lit(at).cast(pl.Datetime("us", "UTC"))
