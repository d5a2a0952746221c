"""Tables kept small and fast: small parts merged, logs cut short, disk freed; rows and their order stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError

from seismic_assets.lake.errors import LakeError
from seismic_assets.lake.parts import PartTask, Segment, write_parts
from seismic_assets.lake.store import Lake
from seismic_assets.lake.tables import Table
from seismic_assets.objects import Place
from seismic_assets.objects.delta import LOG
from seismic_assets.objects.files import listed, remove_files, sizes_of

MERGED = "seismic_upkeep"
"""Key in a commit's own metadata that says that it changed no row."""
_MANY = 8
# Of one file together: what is larger is read in parallel by its parts, and is not worth writing again.
_MERGED_BYTES = 64 << 20
_ROWS = 1 << 14
# Versions that a reader must go through one by one.
_MANY_VERSIONS = 10
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint.*\.parquet")


@dataclass(frozen=True)
class TableUpkeep:
    """What was done with a table.

    Attributes:
        table: its name.
        parts_before, parts_after: Parquet parts of its version.
        bytes_before, bytes_after: of all its files, those of replaced versions too.
        removed: parts that were out of use.
        shortened: whether its log was.
        skipped: why something was left for the next time; empty where nothing was.
    """

    table: str
    parts_before: int
    parts_after: int
    bytes_before: int
    bytes_after: int
    removed: int
    shortened: bool
    skipped: str = ""

    @property
    def freed(self) -> int:
        """Bytes of disk that are free now."""
        return max(0, self.bytes_before - self.bytes_after)


def keep_up(lake: Lake, hours: float) -> list[TableUpkeep]:
    """Do for every table what pays; nobody need stop reading or writing.

    Args:
        lake: the tables.
        hours: how long parts that were replaced stay for those who read them.

    Raises:
        LakeError: a table cannot be opened or written to.
    """
    return [_keep_up(lake, name, folder, hours) for name, folder in lake.tables().items()]


def damaged_tables(lake: Lake) -> list[str]:
    """A sentence for each table that cannot be opened, or that names parts which are not there."""
    return [sentence for name, folder in lake.tables().items() if (sentence := _damage(name, folder))]


def _damage(name: str, folder: Place) -> str:
    try:
        segments = _segments(DeltaTable(str(folder)), folder)
    except (DeltaError, OSError) as error:
        return f"{name} cannot be opened ({_line(error)})"
    found = sizes_of(segment.path for segment in segments)
    wrong = [segment for segment, size in zip(segments, found, strict=True) if size != segment.size]
    return f"{name} names {len(wrong)} parts that are gone or cut short, {wrong[0].path} among them" if wrong else ""


def _keep_up(lake: Lake, name: str, folder: Place, hours: float) -> TableUpkeep:
    try:
        before, size = len(_segments(DeltaTable(str(folder)), folder)), lake.size_of(name)
        skipped = _merge(name, folder)
        shortened = _shorten(folder)
        removed = lake.free(name, hours)
        after = len(_segments(DeltaTable(str(folder)), folder))
        return TableUpkeep(name, before, after, size, lake.size_of(name), removed, shortened, skipped)
    except (DeltaError, OSError) as error:
        raise LakeError(f"table {name} cannot be kept up ({_line(error)}); free space or fix the rights") from error


def _merge(name: str, folder: Place) -> str:
    """Merge the parts of each file that has many small ones; gives why some were not."""
    delta = DeltaTable(str(folder))
    per_file = delta.metadata().partition_columns == ["file_id"]
    if delta.metadata().partition_columns and not per_file:
        return ""
    segments = _segments(delta, folder)
    for file_id, group in groupby(segments, key=lambda segment: segment.file_id):
        parts = list(group)
        if len(parts) < _MANY or sum(part.size for part in parts) > _MERGED_BYTES:
            continue
        try:
            _merge_file(delta, name, folder, parts, file_id if per_file else None)
        except CommitFailedError:
            return "somebody wrote to it meanwhile"
        delta = DeltaTable(str(folder))
    return ""


def _merge_file(delta: DeltaTable, name: str, folder: Place, parts: list[Segment], file_id: str | None) -> None:
    """One part with the rows of several, in their order; refused by the commit where one of them was replaced since.

    Delta's own `optimize` puts files together by size and would lose the order.
    """
    schema = pa.schema(delta.schema().to_arrow())
    table = Table(name, schema, key=("file_id",), per_file=file_id is not None)
    made = write_parts(folder, table, [PartTask(file_id, lambda: _rows(parts))], 1)
    # As old as what it is made of: ages tell when rows were written.
    latest = max(info["modification_time"] for info in _actions(delta) if _is_of(info, file_id))
    made = [replace(each, modification_time=latest, data_change=False) for each in made]
    try:
        delta.create_write_transaction(
            list(made),
            "overwrite",
            schema,
            partition_by=["file_id"] if file_id is not None else None,
            partition_filters=[("file_id", "=", file_id)] if file_id is not None else None,
            commit_properties=CommitProperties(custom_metadata={MERGED: "merged"}, max_commit_retries=0),
        )
    except (DeltaError, OSError):
        remove_files(folder / each.path for each in made)
        raise


def _rows(parts: list[Segment]) -> Iterator[pa.RecordBatch]:
    for part in parts:
        yield from part.batches(rows=_ROWS)


def _shorten(folder: Place) -> bool:
    """Make a checkpoint where a reader would go through many versions, and let go of log that is past its time."""
    delta = DeltaTable(str(folder))
    checkpoints = [int(found[1]) for info in listed(folder / LOG) if (found := _CHECKPOINT.fullmatch(info.base_name))]
    if delta.version() - max(checkpoints, default=-1) <= _MANY_VERSIONS:
        return False
    delta.create_checkpoint()
    delta.cleanup_metadata()
    return True


def _segments(delta: DeltaTable, folder: Place) -> list[Segment]:
    """Parts of a version: those of a file follow each other, in the order of their names, which is that of its rows."""
    found = [
        Segment(_file_id(each) or "", folder / each["path"], each["num_records"] or 0, each["size_bytes"])
        for each in _actions(delta)
    ]
    return sorted(found, key=lambda segment: (segment.file_id, segment.path))


def _actions(delta: DeltaTable) -> list[dict[str, Any]]:
    return pa.table(delta.get_add_actions(flatten=True)).to_pylist()


def _file_id(action: dict[str, Any]) -> str | None:
    return action.get("partition.file_id")


def _is_of(action: dict[str, Any], file_id: str | None) -> bool:
    return file_id is None or _file_id(action) == file_id


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
