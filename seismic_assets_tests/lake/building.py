"""A small table and frames for the tests of this package."""

import polars as pl
import pyarrow as pa

from seismic_assets.lake import Table

ROWS = Table(
    "rows",
    pa.schema([("file_id", pa.string()), ("index", pa.int64()), ("value", pa.float32())]),
    key=("file_id", "index"),
)
WHOLE = Table("whole", pa.schema([("name", pa.string()), ("value", pa.int64())]), key=("name",), per_file=False)


def rows(indices, value: float = 1.0) -> pl.DataFrame:
    """Rows of one file, all of the same value."""
    return pl.DataFrame({"index": list(indices), "value": value}, schema={"index": pl.Int64, "value": pl.Float32})


WINDOWS = Table(
    "windows",
    pa.schema(
        [("file_id", pa.string()), ("trace_index", pa.int64()), ("window_index", pa.int32()), ("value", pa.float32())]
    ),
    key=("file_id", "trace_index", "window_index"),
)


def windows(traces, per_trace: int = 2, values: float | list[float | None] = 1.0) -> pl.DataFrame:
    """Rows of one file: so many windows of each trace."""
    keys = [(trace, window) for trace in traces for window in range(per_trace)]
    frame = pl.DataFrame(keys, schema={"trace_index": pl.Int64, "window_index": pl.Int32}, orient="row")
    return frame.with_columns(
        value=pl.lit(values) if isinstance(values, float) else pl.Series(values, dtype=pl.Float32)
    )
