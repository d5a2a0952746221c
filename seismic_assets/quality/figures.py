"""Quality figures of traces, accumulated block by block and merged over the parts of a file."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

_TOP_BITS = 4
_ALONE = 0.25  # of a spike: what its neighbours stay below
_RUN = 3  # samples in a row at a trace's largest value: a crest of signal has one or two
_ADDED = np.random.default_rng(0).integers(0, 1 << 32, size=8192, dtype=np.uint32)
_LOWER = np.uint64(0xFFFFFFFF)
_KEYED_SAMPLES = 1 << 16
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class TraceFlags:
    """What is said of each of n traces.

    Attributes:
        dead: (n,) finite and without any variation.
        broken: (n,) with a sample that is not finite, or larger than can be.
    """

    dead: NDArray[np.bool_]
    broken: NDArray[np.bool_]


@dataclass
class QualityFigures:
    """Counts and amplitude statistics of the traces seen so far.

    Attributes:
        spike_ratio: a sample this many times its trace's root mean square, with neighbours below a quarter of it, is
            a spike.
        largest: amplitudes beyond it are taken for broken, as what is not finite.
        traces: how many.
        dead_traces: finite traces whose samples are all the same.
        constant_traces: of those, traces whose samples are not zero.
        nan_traces: traces with a NaN or infinite sample, or one beyond `largest`.
        infinite_traces: of those, traces with an infinite one.
        clipped_traces: traces with three or more samples in a row at their largest absolute value.
        spiked_traces: traces whose largest sample is a spike.
        rounded_samples: samples that float32 holds only rounded.
        low, high: over the finite traces, in the unit of the file.
    """

    spike_ratio: float = 10.0
    largest: float = float(np.finfo(np.float32).max)
    traces: int = 0
    dead_traces: int = 0
    constant_traces: int = 0
    nan_traces: int = 0
    infinite_traces: int = 0
    clipped_traces: int = 0
    spiked_traces: int = 0
    rounded_samples: int = 0
    low: float = np.inf
    high: float = -np.inf
    _samples: int = 0
    _mean: float = 0.0
    _deviations: float = 0.0
    _keys: list[NDArray[np.uint64]] = field(default_factory=list)

    def add(self, traces: NDArray[np.float32]) -> TraceFlags:
        """Take (n, num_samples) float32 traces into account and say which of them are dead or broken.

        Blocks of a megabyte or two stay in the processor's cache while they are looked at from all sides.
        """
        low, high = traces.min(axis=1), traces.max(axis=1)
        broken = ~((low >= -self.largest) & (high <= self.largest))  # true of NaN, which the least of samples is then
        self.traces += len(traces)
        self.nan_traces += int(broken.sum())
        self.infinite_traces += int(np.isinf(traces[broken]).any(axis=1).sum())
        dead = (low == high) & ~broken
        self.dead_traces += int(dead.sum())
        self.constant_traces += int((dead & (low != 0)).sum())
        whole = ~broken
        if whole.any():
            self._add_whole(_rows(traces, whole), low[whole], high[whole], dead[whole])
        return TraceFlags(dead, broken)

    def _add_whole(
        self,
        traces: NDArray[np.float32],
        low: NDArray[np.float32],
        high: NDArray[np.float32],
        dead: NDArray[np.bool_],
    ) -> None:
        """Moments of finite traces; clipping, spikes and repetition among those that are not dead."""
        self.low, self.high = min(self.low, float(low.min())), max(self.high, float(high.max()))
        samples = traces.astype(np.float64)
        mean, energy = float(samples.mean()), np.einsum("ij,ij->i", samples, samples)
        samples -= mean
        self._merge_moments(samples.size, mean, float(np.einsum("ij,ij->i", samples, samples).sum()))
        if dead.all():
            return
        live = ~dead
        size = np.abs(_rows(traces, live))
        peak = np.maximum(high, -low)[live]
        rms = np.sqrt(energy[live] / traces.shape[1])
        self.clipped_traces += _count_clipped(size, peak)
        self.spiked_traces += _count_spiked(size, peak, self.spike_ratio * rms)
        self._keys.append(_keys_of(_rows(traces, live)))

    def _merge_moments(self, count: int, mean: float, deviations: float) -> None:
        """Mean and squared deviations of two sets (Chan et al., 1983): no cancellation where the mean is large."""
        if count == 0:
            return
        step, together = mean - self._mean, self._samples + count
        self._deviations += deviations + step**2 * self._samples * count / together
        self._mean += step * count / together
        self._samples = together

    def compact(self) -> None:
        """Hold what is kept of each trace in one piece: small ones among large blocks keep memory from being freed."""
        if self._keys:
            self._keys = [np.concatenate(self._keys)]

    def merge(self, other: QualityFigures) -> None:
        """Take the figures of further traces of the same file into account."""
        for each in fields(self):
            if each.name.endswith("_traces") or each.name in ("traces", "rounded_samples"):
                setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        self._merge_moments(other._samples, other._mean, other._deviations)
        self._keys += other._keys

    @property
    def duplicate_traces(self) -> int:
        """Traces whose samples repeat those of another, dead ones aside; told by 64-bit keys of their samples."""
        return sum(self._repeated_keys(top) for top in range(1 << _TOP_BITS)) if self._keys else 0

    def _repeated_keys(self, top: int) -> int:
        """Repeated keys among those that begin with some bits: all at once would be the largest array of a file."""
        shift = np.uint64(64 - _TOP_BITS)
        keys = np.concatenate([keys[keys >> shift == top] for keys in self._keys])
        keys.sort()
        return int((keys[1:] == keys[:-1]).sum())

    def counts(self) -> dict[str, int]:
        """The counts, by their columns of the quality table."""
        return {name: getattr(self, name) for name in SAMPLE_COUNTS}

    def amplitudes(self) -> dict[str, float]:
        """Mean, standard deviation, smallest and largest sample of finite traces; 0 without any."""
        known = self._samples > 0
        return {
            "mean_amplitude": self._mean,
            "std_amplitude": float(np.sqrt(self._deviations / self._samples)) if known else 0.0,
            "min_amplitude": self.low if known else 0.0,
            "max_amplitude": self.high if known else 0.0,
        }


SAMPLE_COUNTS = (
    "dead_traces",
    "constant_traces",
    "nan_traces",
    "infinite_traces",
    "clipped_traces",
    "spiked_traces",
    "duplicate_traces",
    "rounded_samples",
)


def _rows(traces: NDArray[np.float32], kept: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The rows to keep, without a copy where that is all of them."""
    return traces if kept.all() else traces[kept]


def _count_clipped(size: NDArray[np.float32], peak: NDArray[np.float32]) -> int:
    """Traces that stay at their largest absolute value for `_RUN` samples or more; `size` holds absolute values."""
    at_peak = size == peak[:, None]
    often = np.count_nonzero(at_peak, axis=1) >= _RUN
    if size.shape[1] < _RUN or not often.any():
        return 0
    some = at_peak[often]
    return int((some[:, :-2] & some[:, 1:-1] & some[:, 2:]).any(axis=1).sum())


def _count_spiked(size: NDArray[np.float32], peak: NDArray[np.float32], limit: NDArray[np.float64]) -> int:
    """Traces whose largest sample is above the limit and stands alone, its neighbours far below it."""
    suspect = np.flatnonzero(peak > limit)
    if not suspect.size:
        return 0
    some = size[suspect]
    place = some.argmax(axis=1)
    rows = np.arange(len(some))
    before = some[rows, np.maximum(place - 1, 0)] * (place > 0)
    after = some[rows, np.minimum(place + 1, some.shape[1] - 1)] * (place < some.shape[1] - 1)
    return int((np.maximum(before, after) < _ALONE * peak[suspect]).sum())


def _keys_of(traces: NDArray[np.float32]) -> NDArray[np.uint64]:
    """A 64-bit key of the bits of each trace: sums of products of neighbouring samples, each added to a fixed number.

    This is the NH hash of UMAC (Black et al., 1999). A weighted sum would be simpler, but round amplitudes end in zero
    bits, which a weight cannot spread: impulses at different samples, or a change of signs, would look alike.
    """
    bits = np.ascontiguousarray(traces).view(np.uint32)
    rows = max(1, _KEYED_SAMPLES // bits.shape[1])  # at a time: what lies between stays in the cache
    return np.concatenate([_nh(bits[start : start + rows]) for start in range(0, len(bits), rows)])


def _nh(bits: NDArray[np.uint32]) -> NDArray[np.uint64]:
    paired = bits.shape[1] // 2 * 2
    keys = np.zeros(len(bits), dtype=np.uint64)
    for start in range(0, paired, len(_ADDED)):
        part = bits[:, start : min(start + len(_ADDED), paired)]
        words = (part + _ADDED[: part.shape[1]]).view(np.uint64)
        upper = words >> np.uint64(32)
        words &= _LOWER
        words *= upper
        keys = keys * _MIX + words.sum(axis=1, dtype=np.uint64)
    return keys * _MIX + bits[:, -1] if paired < bits.shape[1] else keys
