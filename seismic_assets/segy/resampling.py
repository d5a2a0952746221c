"""Traces of another sample interval at the survey's."""

from __future__ import annotations

from math import gcd

import numpy as np
from numpy.typing import NDArray

_MOST = 2000  # the filter has twenty times as many taps


def resampled_length(num_samples: int, from_us: int, to_us: int) -> int:
    """Samples of a trace after resampling: as many as fit into the time from its first sample to its last interval."""
    return -(-num_samples * from_us // to_us) if to_us else num_samples


def can_resample(from_us: int, to_us: int) -> bool:
    """Whether the ratio of two sample intervals is one that a filter of reasonable length can make."""
    return max(from_us, to_us) // gcd(from_us, to_us) <= _MOST


def resample_traces(traces: NDArray[np.float32], from_us: int, to_us: int) -> NDArray[np.float32]:
    """Traces at another sample interval, by polyphase filtering (`scipy.signal.resample_poly`).

    The first sample keeps its time. The filter, a Kaiser-windowed sinc, cuts at the lower Nyquist frequency of the two
    intervals; beyond its ends a trace is taken to stay at its mean, so that a constant trace stays constant. A trace
    with a sample that is not finite becomes NaN as a whole.

    Args:
        traces: (n, num_samples) float32.
        from_us: their sample interval in microseconds.
        to_us: the wanted one.

    Returns:
        (n, `resampled_length`) float32.
    """
    if from_us == to_us:
        return traces
    from scipy.signal import resample_poly  # takes most of a second to import

    common = gcd(from_us, to_us)
    whole = np.isfinite(traces).all(axis=1)
    result = np.full((len(traces), resampled_length(traces.shape[1], from_us, to_us)), np.nan, dtype=np.float32)
    if whole.any():
        result[whole] = resample_poly(traces[whole], from_us // common, to_us // common, axis=1, padtype="mean")
    flat = whole & (traces.max(axis=1) == traces.min(axis=1))
    result[flat] = traces[flat, :1]  # exactly, as a dead trace is told by it
    return result
