"""A bronze table with usable, dead and broken traces, as the pipeline makes it from a SEG-Y file."""

from pathlib import Path

import numpy as np

from seismic_assets.frames import bronze_blocks
from seismic_assets.lake import BRONZE_TRACES, Lake
from seismic_assets.quality import QualityFigures
from seismic_assets.segy import open_segy, write_segy

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


def bronze_lake(folder: Path) -> tuple[Lake, QualityFigures]:
    """The file of `traces` written as SEG-Y and taken into a lake."""
    path = folder / FILE
    write_segy(
        path,
        traces(),
        inline=np.full(COUNT, 5),
        crossline=np.arange(200, 200 + COUNT),
        cdp_x=np.arange(COUNT) * 25.0,
        cdp_y=np.full(COUNT, 10.0),
        sample_interval_us=INTERVAL_US,
        start_ms=START_MS,
        sample_format="ieee",
    )
    lake, figures = Lake(folder / "lake"), QualityFigures()
    with open_segy(path) as reader:
        lake.replace_file(BRONZE_TRACES, FILE, bronze_blocks(reader, figures))
    return lake, figures
