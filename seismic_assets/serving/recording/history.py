"""What was recorded, looked up: the latest calls, and one call by its id."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from seismic_assets.serving.recording.errors import RecordingError, cause_of
from seismic_assets.serving.recording.rows import INFERENCE_LOG

_BULKY = ("inputs", "features", "trace_classes", "date")
_SEARCHED = ("request_id", "endpoint", "method_form", "key_id", "model_version", "classes", "error")
# A search for something that is not there must end.
_MOST_ROWS_SEARCHED = 2_000_000
_MOST_ROWS_AT_ONCE = 100_000
_LATEST = 200_000_000_000_000  # the year 8307, in milliseconds: no calculation with it leaves the calendar
# Between the moment that an id was made and the one that was noted as the request's.
_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True)
class _File:
    path: Path
    rows: int
    first: datetime
    last: datetime


def recent_calls(
    folder: Path, limit: int = 100, search: str | None = None, since: datetime | None = None
) -> list[dict[str, Any]]:
    """The latest calls, the latest first, without their inputs and features.

    Files are read from the latest on until there are enough; a search ends after two million rows.

    Args:
        folder: of the service.
        limit: calls at most.
        search: what the id, endpoint, form, key id, version, status, classes or error must contain, in any case.
        since: only calls that came at this moment or later; aware.

    Returns:
        A dict a call, with the fields of `RecordedCall`; `received_at` is aware, `classes` a dict.

    Raises:
        RecordingError: the table cannot be read.
    """
    if search is not None and _made_at(search) is not None:
        call = find_call(folder, search)
        return [] if call is None else [{name: call[name] for name in call if name not in _BULKY}]
    files = [file for file in _files(folder) if since is None or file.last >= since]
    columns = [name for name in INFERENCE_LOG.schema.names if name not in _BULKY]
    wanted = _wanted(search, since)
    found = pl.DataFrame(schema=_polars_schema(columns))
    for group in _groups(files, limit, search is not None):
        # The files that are left hold nothing later than what the group's latest one does.
        if found.height == limit and found["received_at"][-1] >= group[0].last:
            break
        frame = _read(group, columns, wanted)
        found = pl.concat([found, frame]).sort("received_at", descending=True).head(limit)
    return [_call(row) for row in found.iter_rows(named=True)]


def find_call(folder: Path, request_id: str) -> dict[str, Any] | None:
    """The call of an id, with its inputs and features; None for one that is not there or no UUIDv7.

    The id says when it was made, and so in which files its call can be.

    Args:
        folder: of the service.
        request_id: in any case.

    Raises:
        RecordingError: the table cannot be read.
    """
    made_at = _made_at(request_id)
    if made_at is None:
        return None
    files = [
        file for file in _files(folder) if file.first <= made_at + _TOLERANCE and file.last >= made_at - _TOLERANCE
    ]
    columns = [name for name in INFERENCE_LOG.schema.names if name != "date"]
    for group in _groups(files, 1, searching=True):
        frame = _read(group, columns, pl.col("request_id") == str(uuid.UUID(request_id)))
        if frame.height:
            return _call(frame.row(0, named=True))
    return None


def _made_at(request_id: str) -> datetime | None:
    """When a UUIDv7 was made; None for anything else."""
    try:
        number = uuid.UUID(request_id)
    except ValueError:
        return None
    milliseconds = number.int >> 80
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if number.version == 7 and milliseconds < _LATEST else None


def _files(folder: Path) -> list[_File]:
    """Files of the table as it is now, those with the latest rows first."""
    path = folder / INFERENCE_LOG.name
    try:
        actions = pa.table(DeltaTable(path).get_add_actions(flatten=True)).to_pylist()
    except TableNotFoundError:
        return []
    except (OSError, DeltaError) as error:
        raise _unreadable(path, error) from error
    files = [
        _File(
            path / each["path"],
            each["num_records"],
            each["min.received_at"],
            # Statistics are of whole milliseconds, rounded down.
            each["max.received_at"] + timedelta(milliseconds=1),
        )
        for each in actions
    ]
    return sorted(files, key=lambda file: file.last, reverse=True)


def _groups(files: Iterable[_File], rows: int, searching: bool) -> Iterator[list[_File]]:
    """Files to be read at a time: enough for so many rows, and more with each group where the rows are searched."""
    group: list[_File] = []
    held = passed = 0
    for file in files:
        group.append(file)
        held += file.rows
        if held >= rows:
            yield group
            passed += held
            rows, group, held = (min(rows * 4, _MOST_ROWS_AT_ONCE) if searching else rows), [], 0
            if passed >= _MOST_ROWS_SEARCHED:
                return
    if group:
        yield group


def _read(files: list[_File], columns: list[str], wanted: pl.Expr) -> pl.DataFrame:
    try:
        return pl.scan_parquet([file.path for file in files]).filter(wanted).select(columns).collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _unreadable(files[0].path, error) from error


def _wanted(search: str | None, since: datetime | None) -> pl.Expr:
    wanted = pl.lit(True)
    if since is not None:
        wanted &= pl.col("received_at") >= since
    if search:
        text = pl.concat_str(
            [*map(pl.col, _SEARCHED), pl.col("status").cast(pl.String)], separator="\n", ignore_nulls=True
        )
        wanted &= text.str.to_lowercase().str.contains(search.lower(), literal=True)
    return wanted


def _polars_schema(columns: list[str]) -> pl.Schema:
    empty = INFERENCE_LOG.schema.empty_table().select(columns)
    return pl.DataFrame(pl.from_arrow(empty)).schema


def _call(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"classes": json.loads(row["classes"])}


def _unreadable(path: Path, error: Exception) -> RecordingError:
    return RecordingError(f"{path} cannot be read ({cause_of(error)}); fix the folder and its rights")
