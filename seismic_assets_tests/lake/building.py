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
