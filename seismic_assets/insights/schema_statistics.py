"""Figures of the columns and files of bronze, without a look at the samples."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

SAMPLES = "samples"
_AREA = ("inline", "crossline")


@dataclass(frozen=True)
class BronzeStatistics:
    """What is stored in bronze, in two frames.

    Attributes:
        columns: a row a column: `column`, `type` (as stored), `nulls`, `distinct` (null for samples), `low`, `high`
            (float64; null for text and samples).
        files: a row a file, in order of `file_id`: `traces`, `indices` (distinct trace indices), `first_index`,
            `last_index`, `places` (distinct pairs of inline and crossline), `inlines`, `crosslines`, `offsets`
            (distinct), `unplaced` (traces with inline and crossline 0), `without_coordinates` (traces with x and y 0),
            `intervals`, `lengths` (distinct sample intervals and numbers of samples), `interval_us`, `num_samples` (the
            first trace's), `dead`, `not_finite` (traces).
        stored_bytes: of the table's files on disk; None where not told.
    """

    columns: pl.DataFrame
    files: pl.DataFrame
    stored_bytes: int | None = None

    @property
    def traces(self) -> int:
        """Of all files."""
        return int(self.files["traces"].sum())

    def of_column(self, name: str) -> dict[str, float | int | str | None]:
        """The row of one column; empty where it is not stored."""
        rows = self.columns.filter(pl.col("column") == name).to_dicts()
        return rows[0] if rows else {}


@dataclass(frozen=True)
class Reading:
    """How a file was read.

    Attributes:
        header_bytes: first bytes of inline, crossline, x and y in the trace header, as `189,193,181,185`.
        format: of the samples, as `4-byte IBM float`.
    """

    header_bytes: str = ""
    format: str = ""


def bronze_statistics(traces: pl.LazyFrame, stored_bytes: int | None = None) -> BronzeStatistics:
    """Count what the columns of bronze hold; the samples themselves are never read.

    Args:
        traces: rows of `bronze_traces`, as `polars.scan_delta` gives them; none of a table that is not written yet.
        stored_bytes: of the table on disk.
    """
    schema = traces.collect_schema()
    names = [name for name in schema.names() if name != SAMPLES]
    read = traces.select(names)
    ranged = [name for name in names if schema[name].is_numeric() or schema[name] == pl.Boolean]
    counted = read.select(
        *(pl.col(name).null_count().alias(f"nulls {name}") for name in names),
        *(pl.col(name).n_unique().alias(f"distinct {name}") for name in names),
        *(pl.col(name).min().cast(pl.Float64).alias(f"low {name}") for name in ranged),
        *(pl.col(name).max().cast(pl.Float64).alias(f"high {name}") for name in ranged),
    )
    figures, files = pl.collect_all([counted, _files(read)])
    held = figures.row(0, named=True)
    rows = [
        {
            "column": name,
            "type": str(schema[name]),
            **{what: held.get(f"{what} {name}") for what in ("nulls", "distinct", "low", "high")},
        }
        for name in schema.names()
    ]
    types = {"column": pl.String, "type": pl.String, "nulls": pl.Int64, "distinct": pl.Int64}
    return BronzeStatistics(
        pl.DataFrame(rows, schema={**types, "low": pl.Float64, "high": pl.Float64}), files, stored_bytes
    )


def _files(traces: pl.LazyFrame) -> pl.LazyFrame:
    index = pl.col("trace_index")
    return (
        traces.group_by("file_id")
        .agg(
            traces=pl.len().cast(pl.Int64),
            indices=index.n_unique(),
            first_index=index.min(),
            last_index=index.max(),
            places=pl.struct(*_AREA).n_unique(),
            inlines=pl.col("inline").n_unique(),
            crosslines=pl.col("crossline").n_unique(),
            offsets=pl.col("offset").n_unique(),
            unplaced=((pl.col("inline") == 0) & (pl.col("crossline") == 0)).sum(),
            without_coordinates=((pl.col("cdp_x") == 0) & (pl.col("cdp_y") == 0)).sum(),
            intervals=pl.col("sample_interval_us").n_unique(),
            lengths=pl.col("num_samples").n_unique(),
            interval_us=pl.col("sample_interval_us").first(),
            num_samples=pl.col("num_samples").first(),
            dead=pl.col("is_dead").sum(),
            not_finite=pl.col("has_nan").sum(),
        )
        .sort("file_id")
    )
