"""What a synthetic survey is asked to be: its size, its wavelet, its noise and the place it lies in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from seismic_assets.survey.errors import SurveyError

# Every seed owns one square cell of the map, so that surveys of different seeds never share a coordinate.
_CELL_M = 40_000.0
_CELLS_A_SIDE = 500
_MAP_CORNER_M = (400_000.0, 1_000_000.0)

_SMALLEST = {"inlines": 1, "crosslines": 8, "samples": 64}
_LARGEST_SAMPLES = 65_535
_LARGEST_INTERVAL_US = 32_767
_LARGEST_NUMBER = 2**31 - 1
# The deepest of the three wavelets is this much lower than the nominal one, and this many periods long.
_DEEPEST_FREQUENCY = 0.78
_WAVELET_PERIODS = 3.0


@dataclass(frozen=True, slots=True)
class SurveySpec:
    """One synthetic survey; the same spec gives the same survey, bit for bit.

    The seed alone decides the geology and the place: two specs that differ in wavelet, noise or gain only are
    the same earth recorded in two ways.

    Attributes:
        seed: 0 to 249,999; chooses geology, noise and the place on the map.
        inlines: number of inlines, at least 1 (a 2D line).
        crosslines: number of crosslines, at least 8.
        samples: samples a trace, 64 to 65,535; the structure stretches with it, the beds keep their thickness.
        sample_interval_us: microseconds between samples, 1 to 32,767.
        peak_frequency_hz: hertz, the Ricker wavelet's peak at half depth; below half the Nyquist frequency.
        signal_to_noise: power ratio of signal to noise; infinity for none.
        gain: factor on every amplitude; 1 gives a standard deviation of about 2,480.
        dead_share: share of traces that recorded nothing, from 0 to below 1.
        first_inline: number of the first inline; the others count up by one.
        first_crossline: number of the first crossline; the others count up by one.
        bin_spacing_m: metres between neighbouring inlines and crosslines.

    Raises:
        SurveyError: a value no survey can have; the text names it, its limits and the remedy.
    """

    seed: int = 0
    inlines: int = 60
    crosslines: int = 80
    samples: int = 462
    sample_interval_us: int = 4000
    peak_frequency_hz: float = 32.0
    signal_to_noise: float = 6.0
    gain: float = 1.0
    dead_share: float = 0.004
    first_inline: int = 100
    first_crossline: int = 300
    bin_spacing_m: float = 25.0

    def __post_init__(self) -> None:
        _require_range("seed", self.seed, 0, _CELLS_A_SIDE**2 - 1)
        for name, smallest in _SMALLEST.items():
            _require_range(name, getattr(self, name), smallest, _largest(name))
        _require_range("sample_interval_us", self.sample_interval_us, 1, _LARGEST_INTERVAL_US)
        _require_range("first_inline", self.first_inline, 0, _LARGEST_NUMBER - self.inlines)
        _require_range("first_crossline", self.first_crossline, 0, _LARGEST_NUMBER - self.crosslines)
        _require_positive("signal_to_noise", self.signal_to_noise)
        _require_positive("gain", self.gain, finite=True)
        _require_positive("bin_spacing_m", self.bin_spacing_m, finite=True)
        if not 0 <= self.dead_share < 1:
            raise SurveyError(f"dead_share is {self.dead_share}; give a share from 0 to below 1")
        self._require_wavelet_that_fits()
        self._require_extent_that_fits()

    @property
    def origin(self) -> tuple[float, float]:
        """Metres (x, y) of the first trace: the corner of the cell that belongs to the seed alone."""
        shell = math.isqrt(self.seed)
        rest = self.seed - shell * shell
        # Szudzik's pairing, undone: small seeds stay close together, no two seeds share a cell.
        column, row = (rest, shell) if rest < shell else (shell, rest - shell)
        return _MAP_CORNER_M[0] + column * _CELL_M, _MAP_CORNER_M[1] + row * _CELL_M

    @property
    def sample_interval_s(self) -> float:
        """Seconds between samples."""
        return self.sample_interval_us * 1e-6

    def _require_wavelet_that_fits(self) -> None:
        duration_s = self.samples * self.sample_interval_s
        lowest = _WAVELET_PERIODS / (_DEEPEST_FREQUENCY * duration_s)
        highest = 0.25 / self.sample_interval_s
        if not lowest <= self.peak_frequency_hz <= highest:
            raise SurveyError(
                f"peak_frequency_hz is {self.peak_frequency_hz:g}, but traces of {self.samples} samples every "
                f"{self.sample_interval_us} us carry {lowest:.3g} to {highest:.3g} Hz; choose a frequency between"
            )

    def _require_extent_that_fits(self) -> None:
        extent_m = (max(self.inlines, self.crosslines) - 1) * self.bin_spacing_m
        if extent_m >= _CELL_M:
            raise SurveyError(
                f"the survey would be {extent_m / 1000:.1f} km long, but a synthetic survey has less than "
                f"{_CELL_M / 1000:.0f} km a side; take fewer lines or a smaller bin_spacing_m"
            )


# How a survey may differ from the healthy one that a model was trained on.
PRESETS: dict[str, dict[str, float]] = {
    "healthy": {},
    "low_frequency": {"peak_frequency_hz": 20.0},
    "noisy": {"signal_to_noise": 1.0},
    "loud": {"gain": 3.0},
}


def named_spec(name: str, **fields: Any) -> SurveySpec:
    """Return the preset `name`: healthy, low_frequency, noisy or loud.

    Args:
        name: a key of `PRESETS`.
        fields: fields of `SurveySpec` to set; they go before the preset's own.

    Raises:
        SurveyError: an unknown preset, or a value no survey can have.
    """
    if name not in PRESETS:
        raise SurveyError(f"there is no preset {name!r}; choose one of {', '.join(PRESETS)}")
    return SurveySpec(**{**PRESETS[name], **fields})


def _largest(name: str) -> int:
    return _LARGEST_SAMPLES if name == "samples" else _LARGEST_NUMBER


def _require_range(name: str, value: int, smallest: int, largest: int) -> None:
    if not smallest <= value <= largest:
        raise SurveyError(f"{name} is {value}; give a whole number from {smallest} to {largest:,}")


def _require_positive(name: str, value: float, *, finite: bool = False) -> None:
    if not value > 0 or (finite and math.isinf(value)):
        raise SurveyError(f"{name} is {value}; give a {'finite ' if finite else ''}number above 0")
