"""Traces of a SEG-Y file as rows of bronze, and their quality figures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from seismic_assets.lake import samples_column
from seismic_assets.quality import QualityFigures
from seismic_assets.segy import SegyReader, TraceHeaders

_BLOCK = 2048


def bronze_blocks(reader: SegyReader, figures: QualityFigures) -> Iterator[pa.Table]:
    """All traces of a file as tables of the columns of bronze, block by block; `figures` takes each into account."""
    for headers, traces in reader.blocks(_BLOCK):
        figures.add(
            traces,
            inline=headers.inline,
            crossline=headers.crossline,
            offset=headers.offset,
            cdp_x=headers.cdp_x,
            cdp_y=headers.cdp_y,
        )
        yield bronze_block(headers, traces, reader.sample_interval_us)


def bronze_block(headers: TraceHeaders, traces: np.ndarray, sample_interval_us: int) -> pa.Table:
    """(n, num_samples) float32 traces with their headers as n rows of bronze, without `file_id`."""
    count, num_samples = traces.shape
    whole = np.isfinite(traces).all(axis=1)
    return pa.table(
        {
            "trace_index": headers.trace_index,
            "inline": headers.inline,
            "crossline": headers.crossline,
            "cdp_x": headers.cdp_x,
            "cdp_y": headers.cdp_y,
            "sample_interval_us": np.full(count, sample_interval_us, np.int32),
            "start_ms": headers.start_ms,
            "num_samples": np.full(count, num_samples, np.int32),
            "is_dead": (traces == traces[:, :1]).all(axis=1) & whole,
            "has_nan": ~whole,
            "samples": samples_column(traces),
        }
    )
