"""Label tables: CSV or Parquet with a class for a trace, or for a time interval of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.labels.errors import LabelError
from seismic_assets.labels.geometry import LINE_LIMIT, FileGeometry, trace_keys
from seismic_assets.labels.segments import Segments
from seismic_assets.segy import file_id_of

_FILE_COLUMNS = ("file_id", "file")
_HAIR = 1e-6  # a millisecond count such as 0.1 * 3 must not lose its sample to rounding


def read_label_table(path: Path, class_names: Sequence[str], file: str | None = None) -> pl.DataFrame:
    """Read a label table.

    Its columns: `file_id` (or `file`; may be absent where `file` is given), `trace_index` or `inline` and
    `crossline` (with all three, trace_index finds the trace and the other two must agree), `class` (a name or an
    index) and, if wanted, `start_ms` and `end_ms`, the end not included; a row without them is about the whole
    trace. Other columns are passed over.

    Args:
        path: a `.csv` or `.parquet` file.
        class_names: position is class index.
        file: the SEG-Y file of rows that name none, from labels.yaml.

    Returns:
        `line` (Int64; the line of a CSV, the row from 1 of a Parquet file), `file` (String), the columns that find
        the trace (Int64), `start_ms`, `end_ms` (Float64, infinite where open), `class_index` (Int16).

    Raises:
        LabelError: with file and line, for a missing column, an unknown class or a value that is no number.
    """
    raw = _read(path)
    where = _trace_columns(path, raw)
    frame = raw.select(
        "line",
        _file_column(path, raw, file),
        *(_number(path, raw, name, whole=True) for name in where),
        _bound(path, raw, "start_ms", -np.inf),
        _bound(path, raw, "end_ms", np.inf),
        _class_column(path, raw, class_names),
    )
    empty = frame.filter(pl.col("start_ms") >= pl.col("end_ms"))
    if not empty.is_empty():
        raise LabelError(f"{path}, line {empty['line'][0]}: start_ms is not before end_ms; correct the row.")
    return frame


class LabelTable:
    """A label table before it is matched to traces.

    Raises:
        LabelError: see `read_label_table`.
    """

    def __init__(self, path: Path, class_names: Sequence[str], file: str | None = None) -> None:
        self._path = path
        self._frame = read_label_table(path, class_names, file)

    def segments(self, geometry: FileGeometry) -> tuple[Segments, int]:
        """The rows about this file's traces as runs of samples.

        Returns:
            The segments, and how many rows name this file but reach none of its samples.

        Raises:
            LabelError: if trace_index disagrees with inline and crossline.
        """
        names = {geometry.name, geometry.name.rsplit("/", 1)[-1], file_id_of(geometry.name)}
        mine = self._frame.filter(pl.col("file").is_in(names))
        row, entry = self._rows(mine, geometry)
        line, class_index = mine["line"].to_numpy()[entry], mine["class_index"].to_numpy()[entry]
        first = _first_sample(mine["start_ms"], geometry)[entry]
        stop = _first_sample(mine["end_ms"], geometry)[entry]
        inside = first < stop
        segments = Segments(row[inside], first[inside], stop[inside], class_index[inside], line[inside])
        return segments, len(mine) - len(np.unique(segments.line))

    def _rows(self, mine: pl.DataFrame, geometry: FileGeometry) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        by_line = "inline" in mine.columns
        keys = trace_keys(mine["inline"].to_numpy(), mine["crossline"].to_numpy()) if by_line else None
        if "trace_index" not in mine.columns:
            assert keys is not None
            return geometry.rows_at(keys)
        index = mine["trace_index"].to_numpy()
        entry = np.flatnonzero((index >= 0) & (index < geometry.num_traces))
        row = index[entry]
        if keys is not None and (moved := np.flatnonzero(geometry.keys[row] != keys[entry])).size:
            raise LabelError(
                f"{self._path}, line {mine['line'][int(entry[moved[0]])]}: trace {row[moved[0]]} of {geometry.name} "
                f"has inline {geometry.inline[row[moved[0]]]}, crossline {geometry.crossline[row[moved[0]]]}; "
                "correct the row or leave trace_index out."
            )
        return row, entry


def _read(path: Path) -> pl.DataFrame:
    """All columns as text, with the line."""
    is_csv = path.suffix.lower() == ".csv"
    try:
        frame = pl.read_csv(path, infer_schema=False) if is_csv else pl.read_parquet(path)
        frame = frame.with_columns(pl.all().cast(pl.String))
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise LabelError(f"{path}: cannot be read as a table ({reason}); export it again.") from error
    first_line = 2 if is_csv else 1
    return frame.with_columns(line=pl.int_range(first_line, pl.len() + first_line, dtype=pl.Int64))


def _trace_columns(path: Path, raw: pl.DataFrame) -> list[str]:
    found: list[str] = [name for name in ("trace_index", "inline", "crossline") if name in raw.columns]
    if "class" not in raw.columns:
        raise LabelError(f"{path}, line 1: the column 'class' is missing; add it.")
    if found not in (["trace_index"], ["inline", "crossline"], ["trace_index", "inline", "crossline"]):
        raise LabelError(f"{path}, line 1: needs the column 'trace_index', or 'inline' and 'crossline'; add them.")
    return found


def _file_column(path: Path, raw: pl.DataFrame, file: str | None) -> pl.Series:
    name = next((name for name in _FILE_COLUMNS if name in raw.columns), None)
    if name is None and file is None:
        raise LabelError(f"{path}, line 1: the column 'file_id' is missing; add it, or 'file' in labels.yaml.")
    if name is None:
        return pl.Series("file", [file] * len(raw), dtype=pl.String)
    values = raw[name].str.replace_all("\\", "/", literal=True).rename("file")
    _refuse(path, raw, name, values.is_null(), "name the SEG-Y file")
    return values


def _class_column(path: Path, raw: pl.DataFrame, class_names: Sequence[str]) -> pl.Series:
    # An index counts only where no class bears that text as its name.
    known = {str(index): index for index in range(len(class_names))}
    known |= {name: index for index, name in enumerate(class_names)}
    values = raw["class"].str.strip_chars()
    found = values.replace_strict(known, default=None, return_dtype=pl.Int16)
    _refuse(path, raw, "class", found.is_null(), f"use one of {', '.join(class_names)}")
    return found.rename("class_index")


def _number(path: Path, raw: pl.DataFrame, name: str, *, whole: bool) -> pl.Series:
    values = raw[name].str.strip_chars().cast(pl.Float64, strict=False)
    bad = ~values.is_finite().fill_null(False)
    if whole:
        bad |= ((values != values.round()) | (values.abs() >= LINE_LIMIT)).fill_null(True)
    _refuse(path, raw, name, bad, f"give a {'whole ' if whole else ''}number")
    return values.cast(pl.Int64) if whole else values


def _bound(path: Path, raw: pl.DataFrame, name: str, open_end: float) -> pl.Series:
    if name not in raw.columns:
        return pl.Series(name, np.full(len(raw), open_end))
    is_open = raw[name].fill_null("").str.strip_chars() == ""
    closed = raw.with_columns(pl.when(is_open).then(pl.lit("0")).otherwise(pl.col(name)).alias(name))
    return _number(path, closed, name, whole=False).set(is_open, open_end)


def _refuse(path: Path, raw: pl.DataFrame, name: str, bad: pl.Series, remedy: str) -> None:
    if bad.any():
        at = int(bad.arg_true()[0])
        shown = "is empty" if raw[name][at] is None else f"'{raw[name][at]}' is unknown or out of place"
        raise LabelError(f"{path}, line {raw['line'][at]}: the {name} {shown}; {remedy}.")


def _first_sample(time_ms: pl.Series, geometry: FileGeometry) -> NDArray[np.int64]:
    """The first sample at or after each time, kept within 0 and the number of samples."""
    position = np.ceil(geometry.samples_at(time_ms.to_numpy()) - _HAIR)
    return np.clip(position, 0, geometry.num_samples).astype(np.int64)
