"""Generated SEG-Y files of the F3 survey's shape: 651 x 951 positions, 462 samples every 4 ms."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from seismic_assets.segy import create_segy

SAMPLES, CROSSLINES, F3_TRACES = 462, 951, 600_515
FIRST_CROSSLINE = 300
_WIDTHS = (1.0, 1.3, 1.7)  # of the smoothing, in samples
_BLOCK = 951 * 4


def write_f3_shaped(
    path: Path, traces: int, *, sample_format: Literal["ieee", "ibm"] = "ieee", first_inline: int = 100, seed: int = 0
) -> Path:
    """Write a file of band-limited noise with the amplitudes of F3, unless one of the right size is there already.

    No two traces are alike: each is scaled by a factor of its own. From one third of the crosslines to the next the
    noise is smoother, so that there is something to learn.
    """
    size = 3600 + traces * (240 + 4 * SAMPLES)
    if path.exists() and path.stat().st_size == size:
        return path
    base = _noise(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with create_segy(
        path, num_samples=SAMPLES, sample_interval_us=4000, start_ms=4, sample_format=sample_format
    ) as writer:
        for start in range(0, traces, _BLOCK):
            number = np.arange(start, min(start + _BLOCK, traces))
            inline, crossline = first_inline + number // CROSSLINES, FIRST_CROSSLINE + number % CROSSLINES
            scale = (0.8 + 0.4 * number / traces).astype(np.float32)
            writer.append(
                base[: len(number)] * scale[:, None],
                inline=inline,
                crossline=crossline,
                cdp_x=600_000 + 25.0 * crossline,
                cdp_y=6_070_000 + 25.0 * inline,
            )
    return path


def third_of(crossline: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which third of the survey a crossline lies in: 0, 1 or 2."""
    return (crossline - FIRST_CROSSLINE) * 3 // CROSSLINES


def _noise(seed: int) -> NDArray[np.float32]:
    white = np.random.default_rng(seed).normal(size=(_BLOCK, SAMPLES))
    thirds = third_of(FIRST_CROSSLINE + np.arange(_BLOCK) % CROSSLINES)
    smooth = np.empty((_BLOCK, SAMPLES), dtype=np.float32)
    for third, width in enumerate(_WIDTHS):
        filtered = gaussian_filter1d(white[thirds == third], width, axis=1)
        smooth[thirds == third] = filtered * (2480 / filtered.std())
    return smooth
