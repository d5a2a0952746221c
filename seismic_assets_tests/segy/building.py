"""Small SEG-Y files for the tests of this package."""

from pathlib import Path

import numpy as np

from seismic_assets.segy import write_segy


def write_line(path: Path, traces=None, *, count: int = 6, num_samples: int = 10, **changes) -> Path:
    """A small line: inline 7, crosslines 100, 101, ..., 4 ms, random amplitudes unless they are given."""
    if traces is None:
        traces = np.random.default_rng(count).normal(size=(count, num_samples)).astype(np.float32)
    given = {
        "inline": np.full(len(traces), 7),
        "crossline": np.arange(100, 100 + len(traces)),
        "cdp_x": np.linspace(6e5, 6.1e5, len(traces)).round(2),
        "cdp_y": np.linspace(6e6, 6.1e6, len(traces)).round(2),
        "sample_interval_us": 4000,
    }
    write_segy(path, traces, **(given | changes))
    return path


def patch(path: Path, position: int, value: bytes) -> Path:
    """Overwrite bytes at a position of the standard, which counts from 1."""
    content = bytearray(path.read_bytes())
    content[position - 1 : position - 1 + len(value)] = value
    path.write_bytes(content)
    return path
