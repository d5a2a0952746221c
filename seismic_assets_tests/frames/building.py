"""A bronze table with usable, dead and broken traces, as the pipeline makes it from a SEG-Y file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seismic_assets.frames import IngestOptions, bronze, ingest_files
from seismic_assets.lake import Lake
from seismic_assets.segy import write_segy

FILE = "line.sgy"
DEAD, BROKEN = (0, 7, 8, 19), (3, 8, 21)
COUNT, SAMPLES, START_MS, INTERVAL_US = 25, 100, 40.0, 2000
USABLE = [index for index in range(COUNT) if index not in {*DEAD, *BROKEN}]


def traces() -> np.ndarray:
    """(25, 100) amplitudes; traces 0, 7, 19 are constant, 3, 8, 21 have a sample that is not finite."""
    amplitudes = np.random.default_rng(3).normal(size=(COUNT, SAMPLES)).cumsum(axis=1) * 500
    amplitudes[list(DEAD)] = 12.5
    amplitudes[list(BROKEN), 50] = np.nan
    amplitudes[21, 50] = np.inf
    return amplitudes.astype(np.float32)


def write_file(path: Path) -> Path:
    """The traces as SEG-Y."""
    write_segy(
        path,
        traces(),
        inline=np.full(COUNT, 5),
        crossline=np.arange(200, 200 + COUNT),
        cdp_x=np.arange(COUNT) * 25.0,
        cdp_y=np.full(COUNT, 10.0),
        cdp=np.arange(COUNT) + 1000,
        offset=np.arange(COUNT) * 50,
        sample_interval_us=INTERVAL_US,
        start_ms=START_MS,
        sample_format="ieee",
    )
    return path


def bronze_lake(folder: Path) -> tuple[Lake, dict[str, Any]]:
    """The file of `traces` taken into a lake, and its row of the quality table."""
    lake = Lake(folder / "lake")
    ((_, quality),) = ingest_files(lake, {FILE: write_file(folder / FILE)}, IngestOptions())
    return lake, quality


def cut_files_into(patch: pytest.MonkeyPatch, *, segment: int, block: int, num_samples: int = SAMPLES) -> None:
    """Let files be read in segments and blocks of so many traces."""
    patch.setattr(bronze, "_SEGMENT_BYTES", 4 * segment * num_samples)
    patch.setattr(bronze, "_BLOCK_BYTES", 4 * block * num_samples)
