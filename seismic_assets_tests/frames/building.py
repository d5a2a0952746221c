"""Bronze tables with usable, dead and broken traces, as the pipeline makes them from SEG-Y files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seismic_assets.attributes import (
    FeatureSet,
    Neighbours,
    Traces,
    WindowEmbedder,
    WindowGrid,
    usable_traces,
    window_features,
)
from seismic_assets.attributes.lateral import NEIGHBOURS
from seismic_assets.frames import IngestOptions, bronze, ingest_files
from seismic_assets.lake import Lake
from seismic_assets.segy import write_segy
from seismic_assets_tests.segy.building import write_cube

FILE = "line.sgy"
DEAD, BROKEN = (0, 7, 8, 19), (3, 8, 21)
COUNT, SAMPLES, START_MS, INTERVAL_US = 25, 100, 40.0, 2000
CUBE, INLINES, CROSSLINES = "cube.sgy", 6, 7
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


def cube_traces() -> np.ndarray:
    """(42, 100) amplitudes, inline by inline, neighbours alike; trace 10 is dead, 25 has a NaN."""
    random = np.random.default_rng(8)
    wave = random.normal(size=SAMPLES).cumsum()
    amplitudes = 300 * (wave + random.normal(size=(INLINES * CROSSLINES, SAMPLES)))
    amplitudes[10] = 3
    amplitudes[25, 60] = np.nan
    return amplitudes.astype(np.float32)


def write_cube_file(path: Path) -> Path:
    """The traces of `cube_traces` as SEG-Y: inlines 11, 12, ..., crosslines 100, 102, ..."""
    return write_cube(
        path,
        inlines=INLINES,
        crosslines=CROSSLINES,
        traces=cube_traces(),
        sample_interval_us=INTERVAL_US,
        start_ms=START_MS,
        sample_format="ieee",
    )


def cube_around(amplitudes: np.ndarray) -> Neighbours:
    """The traces around each of the cube's, one after another."""
    usable = usable_traces(amplitudes)
    samples = np.zeros((len(amplitudes), 8, amplitudes.shape[1]), np.float32)
    present = np.zeros((len(amplitudes), 8), bool)
    for trace in range(len(amplitudes)):
        for place, (step_inline, step_crossline) in enumerate(NEIGHBOURS):
            inline, crossline = trace // CROSSLINES + step_inline, trace % CROSSLINES + step_crossline
            other = inline * CROSSLINES + crossline
            if 0 <= inline < INLINES and 0 <= crossline < CROSSLINES and usable[other]:
                samples[trace, place], present[trace, place] = amplitudes[other], True
    return Neighbours(samples, present)


def cube_features(
    grid: WindowGrid, embedder: WindowEmbedder, feature_set: FeatureSet, scale: float = 1.0
) -> dict[tuple[int, int], np.ndarray]:
    """Features of the windows of the cube's usable traces by trace and window, from the traces in memory."""
    amplitudes = cube_traces() / np.float32(scale)
    whole = Traces(amplitudes, INTERVAL_US, np.full(len(amplitudes), START_MS, np.float32), cube_around(amplitudes))
    found = {}
    for trace in np.flatnonzero(usable_traces(amplitudes)):
        windows = whole.of(np.array([trace])).windows(grid)
        for window, row in enumerate(window_features(windows, embedder, feature_set)):
            found[int(trace), window] = row
    return found
