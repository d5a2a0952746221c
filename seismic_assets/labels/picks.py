"""Picks: text files of points `inline crossline time_ms [amplitude]`, one class a file, rows in any order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from seismic_assets.labels.document import PICK_COLUMNS
from seismic_assets.labels.errors import LabelError
from seismic_assets.labels.geometry import LINE_LIMIT, FileGeometry, trace_keys
from seismic_assets.labels.segments import Segments

_SEPARATOR = r"\s*,\s*|\s+"


def read_picks(path: Path, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Read a picks file: values apart by blanks, tabs or commas, '#' begins a comment.

    Args:
        path: the text file.
        columns: the columns in order, every row has all of them; None for inline, crossline, time_ms and,
            in every row or in none, amplitude.

    Returns:
        One row a pick, in file order: `line` (Int64, from 1), `inline`, `crossline` (Int64), `time_ms`
        (Float64, milliseconds) and, where the file has it, `amplitude` (Float64).

    Raises:
        LabelError: with file and line, if a row has another number of values, a value is no finite number, or an
            inline or crossline is no whole number.
    """
    rows = _split_rows(path)
    if rows.is_empty():
        raise LabelError(f"{path}: holds no picks; add rows or remove it from labels.yaml.")
    names = _names(path, rows, columns)
    frame = rows.select("line", *(pl.col("field").list.get(i).alias(name) for i, name in enumerate(names)))
    numbers = frame.with_columns(pl.col(names).cast(pl.Float64, strict=False))
    for name in names:
        _refuse_non_numbers(path, frame, numbers, name)
    return numbers.with_columns(pl.col("inline", "crossline").cast(pl.Int64))


class Picks:
    """The picks of one file, all of one class, before they are matched to traces.

    Raises:
        LabelError: see `read_picks`.
    """

    def __init__(self, path: Path, columns: Sequence[str] | None, class_index: int) -> None:
        frame = read_picks(path, columns)
        self._line = frame["line"].to_numpy()
        self._time_ms = frame["time_ms"].to_numpy()
        self._keys = trace_keys(frame["inline"].to_numpy(), frame["crossline"].to_numpy())
        self._class_index = class_index

    def segments(self, geometry: FileGeometry) -> tuple[Segments, int]:
        """The picks on this file's traces as runs of one sample each.

        Returns:
            The segments, and how many picks lie on its traces but above the first or below the last sample.
        """
        row, pick = geometry.rows_at(self._keys)
        sample = np.rint(geometry.samples_at(self._time_ms[pick]))
        inside = (sample >= 0) & (sample < geometry.num_samples)
        row, pick, first = row[inside], pick[inside], sample[inside].astype(np.int64)
        classes = np.full(len(row), self._class_index, dtype=np.int16)
        return Segments(row, first, first + 1, classes, self._line[pick]), int((~inside).sum())


def _split_rows(path: Path) -> pl.DataFrame:
    """`line` and `field` (a list of texts) of every row that is neither blank nor a comment."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise LabelError(f"{path}: cannot be read as UTF-8 text ({error}); check the file and its rights.") from error
    content = pl.col("text").str.replace("#.*$", "").str.strip_chars()
    return (
        pl.DataFrame({"text": text.split("\n")}, schema={"text": pl.String})
        .with_columns(content, line=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
        .filter(pl.col("text") != "")
        .select("line", field=pl.col("text").str.replace_all(_SEPARATOR, ",").str.split(","))
    )


def _names(path: Path, rows: pl.DataFrame, columns: Sequence[str] | None) -> list[str]:
    """The column names, once every row is known to have as many values."""
    count = rows["field"].list.len()
    names = list(PICK_COLUMNS[: max(3, min(4, count[0]))] if columns is None else columns)
    wrong = rows.filter(count != len(names))
    if not wrong.is_empty():
        raise LabelError(
            f"{path}, line {wrong['line'][0]}: {len(wrong['field'][0])} values instead of {len(names)} "
            f"({' '.join(names)}); correct the row, or 'columns' in labels.yaml."
        )
    return names


def _refuse_non_numbers(path: Path, frame: pl.DataFrame, numbers: pl.DataFrame, name: str) -> None:
    value = pl.col(name)
    wanted = "number"
    good = value.is_finite()
    if name in ("inline", "crossline"):
        wanted = "whole number of at most 31 bits"
        good &= (value == value.round()) & value.is_between(-LINE_LIMIT, LINE_LIMIT - 1)
    bad = numbers.select(good.fill_null(False).not_().arg_true()).to_series()
    if len(bad):
        text, line = frame[name][bad[0]], frame["line"][bad[0]]
        raise LabelError(
            f"{path}, line {line}: the {name} '{text}' is no {wanted}; correct it, or put # before a row of names."
        )
