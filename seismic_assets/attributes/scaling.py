"""Amplitudes over their scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def scaled(traces: NDArray[np.float32], scale: float | None) -> NDArray[np.float32]:
    """(n, num_samples) float32 traces divided by a scale greater than 0, as float32; as they are where it is None.

    The one place where amplitudes are normalised, for the pipeline and for serving.
    """
    return traces if scale is None else traces / np.float32(scale)
