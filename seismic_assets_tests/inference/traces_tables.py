"""Traces in whatever a batch prediction reads."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from deltalake import write_deltalake

from seismic_assets.lake import samples_column
from seismic_assets_tests.inference.building import INTERVAL_US, START_MS, places
from seismic_assets_tests.inference.test_batch import cube_of


def frame_of_traces(traces: np.ndarray, start_ms: float = START_MS, more: dict[str, Any] | None = None) -> pl.DataFrame:
    """A row a trace, with places as in `cube_of`."""
    count = len(traces)
    inline, crossline = places(count)
    return pl.DataFrame(
        {
            "trace_index": np.arange(count, dtype=np.int64),
            "inline": inline,
            "crossline": crossline.astype(np.int32),
            "start_ms": np.full(count, start_ms, np.float32),
            "sample_interval_us": np.full(count, INTERVAL_US, np.int32),
            "samples": pl.Series(samples_column(traces)),
            **(more or {}),
        }
    )


def table_of(
    path: Path, traces: np.ndarray, kind: str, start_ms: float = START_MS, more: dict[str, Any] | None = None
) -> Path:
    """The traces as `segy`, `parquet` (row groups of 25) or `delta` (two files)."""
    target = path.with_suffix({"segy": ".sgy"}.get(kind, f".{kind}"))
    if kind == "segy":
        return cube_of(target, traces, np.arange(len(traces)))
    frame = frame_of_traces(traces, start_ms, more)
    if kind == "parquet":
        frame.write_parquet(target, row_group_size=25)
    else:
        for piece in (frame[: len(traces) // 2], frame[len(traces) // 2 :]):
            write_deltalake(str(target), piece.to_arrow(), mode="append")
    return target
