"""The attributes that interpreters expect of a window, beside the eight handcrafted ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes.analytic import ANALYTIC, fill_analytic
from seismic_assets.attributes.spectral import SPECTRAL, fill_spectral
from seismic_assets.attributes.unit import UnitWindows
from seismic_assets.attributes.waveform import WAVEFORM, fill_waveform

EXTENDED: tuple[str, ...] = ANALYTIC + SPECTRAL + WAVEFORM
SHORTEST_WINDOW = 8
_BLOCK_SAMPLES = 1 << 16  # a quarter of a megabyte of float32: of a dozen such arrays most stay in the cache


def extended(windows: NDArray[np.float32], sample_interval_us: int) -> NDArray[np.float32]:
    """The extended attributes of each window, in the order of `EXTENDED`.

    Formulas, units and tolerances stand in `fill_analytic`, `fill_spectral` and `fill_waveform`. Every value is finite
    for every finite window up to `LARGEST_AMPLITUDE`. Envelopes and sweetness grow with the gain; nothing else depends
    on it. A window without a sample above 1e-30 is silent: all its attributes are 0.

    Cost: about 3 times that of the handcrafted eight, of the order of 30,000 traces/s on one thread for traces of 462
    samples in windows of 64 every 32 (400,000 windows/s); `python -m benchmarks.attributes` measures it.

    Args:
        windows: (m, n) float32, finite, n >= 8.
        sample_interval_us: microseconds.

    Returns:
        (m, len(EXTENDED)) float32; the attributes of one kind lie together in memory.

    Raises:
        ValueError: the windows are shorter than 8 samples.
    """
    num_samples = windows.shape[1]
    if num_samples < SHORTEST_WINDOW:
        raise ValueError(
            f"extended attributes need windows of at least {SHORTEST_WINDOW} samples, not {num_samples}; "
            "take longer windows or the classic features"
        )
    result = np.empty((len(EXTENDED), len(windows)), dtype=np.float32)
    rows = max(1, _BLOCK_SAMPLES // num_samples)
    spectral, waveform = len(ANALYTIC), len(ANALYTIC) + len(SPECTRAL)
    for start in range(0, len(windows), rows):
        unit = UnitWindows.of(windows[start : start + rows])
        block = result[:, start : start + rows]
        fill_analytic(unit, sample_interval_us, block[:spectral])
        fill_spectral(unit, sample_interval_us, block[spectral:waveform])
        fill_waveform(unit, block[waveform:])
    return result.T
