"""SEG-Y files for tests of the page."""

from pathlib import Path
from typing import Any

import numpy as np

from seismic_assets.segy import write_segy
from seismic_assets_tests.inference.building import INTERVAL_US, START_MS, places


def segy_of(path: Path, traces: np.ndarray, **other: Any) -> Path:
    """Traces line by line, 20 to an inline, with steps of 2 in crosslines; from 40 ms on."""
    inline, crossline = places(len(traces))
    given = {
        "inline": inline,
        "crossline": crossline,
        "cdp_x": crossline * 25.0,
        "cdp_y": inline * 25.0,
        "sample_interval_us": INTERVAL_US,
        "start_ms": START_MS,
        "sample_format": "ieee",
    }
    write_segy(path, traces, **{**given, **other})
    return path
