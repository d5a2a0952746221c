"""Amplitudes of a file from an even sample of its traces, and whether they are coded as declared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LEAST_WORDS = 1000
_SCALE_VALUES = 1 << 20
# Median absolute value to standard deviation, for a normal distribution (Huber, Robust Statistics, 1981).
_TO_DEVIATION = 1.4826


@dataclass(frozen=True)
class Amplitudes:
    """Statistics of sampled traces, over their finite samples, in the unit of the file.

    Attributes:
        traces: how many were looked at.
        minimum, maximum, mean, std: of the samples.
        p50, p99: percentiles of the absolute values that are not zero.
        scale: robust deviation, 1.4826 times the median absolute value of samples that are not zero.
        zeros: share of samples that are zero.
        not_finite: number of NaN and infinite samples.
        dead: number of traces whose samples are all the same.
    """

    traces: int
    minimum: float
    maximum: float
    mean: float
    std: float
    p50: float
    p99: float
    scale: float
    zeros: float
    not_finite: int
    dead: int


def summarise_amplitudes(traces: NDArray[np.float32]) -> Amplitudes:
    """Statistics of (n, num_samples) float32 traces, n >= 1."""
    finite = traces[np.isfinite(traces)].astype(np.float64)
    samples = finite if finite.size else np.zeros(1)
    size = np.abs(samples[samples != 0])
    p50, p99 = np.percentile(size, [50, 99]) if size.size else (0.0, 0.0)
    return Amplitudes(
        traces=len(traces),
        minimum=float(samples.min()),
        maximum=float(samples.max()),
        mean=float(samples.mean()),
        std=float(samples.std()),
        p50=float(p50),
        p99=float(p99),
        scale=robust_scale(traces),
        zeros=float((samples == 0).mean()),
        not_finite=int(traces.size - finite.size),
        dead=int((traces == traces[:, :1]).all(axis=1).sum()),
    )


def robust_scale(traces: NDArray[np.float32]) -> float:
    """1.4826 times the median absolute value of the finite samples that are not zero; 0 without any.

    Zeros are left out: mutes and padding would pull the median down to nothing.
    """
    size = np.abs(traces[np.isfinite(traces) & (traces != 0)].astype(np.float64))
    return float(_TO_DEVIATION * np.median(size)) if size.size else 0.0


def scale_stride(num_traces: int, num_samples: int) -> int:
    """Every how many traces the amplitude scale of a file is taken from: about a million samples in all."""
    return max(1, num_traces * num_samples // _SCALE_VALUES)


def coded_otherwise(words: NDArray[np.uint32], format_code: int) -> str:
    """A sentence where 4-byte floats are declared as IBM and look like IEEE, or the other way round; else empty.

    The first hexadecimal digit of an IBM fraction is not zero: programs normalise it. In IEEE floats the same four bits
    are zero by chance in one of sixteen.

    Args:
        words: samples as 4-byte words in the machine's byte order.
        format_code: 1 or 5; of any other nothing can be said.
    """
    distinct = np.unique(words[words & np.uint32(0x7FFFFFFF) != 0])
    if format_code not in (1, 5) or len(distinct) < _LEAST_WORDS:
        return ""
    unnormalised = float((distinct & np.uint32(0x00F00000) == 0).mean())
    if format_code == 1 and unnormalised > 0.02:
        return "declares IBM floats (format 1), but its samples look like IEEE floats (format 5): check the format code"
    if format_code == 5 and unnormalised == 0.0:
        return "declares IEEE floats (format 5), but its samples look like IBM floats (format 1): check the format code"
    return ""
