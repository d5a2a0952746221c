"""Windows whose features vary from place to place."""

import numpy as np

from seismic_assets.drift import Sample

NAMES = ("amplitude", "component", "crossings")
WINDOWS = 5


def survey(
    seed: int, inlines: int, crosslines: int, *, at: int = 0, gain: float = 1.0, shift: float = 0.0, dead: float = 0.0
) -> Sample:
    """Windows whose two features vary from place to place as well as from window to window; the third is discrete."""
    rng = np.random.default_rng(seed)
    places = np.stack(np.meshgrid(np.arange(inlines) + at, np.arange(crosslines), indexing="ij"), axis=-1)
    places = places.reshape(-1, 2).astype(float)
    tile = (places // 8).astype(int)
    hills = np.random.default_rng(seed + 1).standard_normal((tile[:, 0].max() + 1, tile[:, 1].max() + 1))
    trace = np.repeat(np.arange(len(places)), WINDOWS)
    level = 0.2 * hills[tile[:, 0], tile[:, 1]][trace]
    first = gain * np.exp(level + 0.5 * rng.standard_normal(len(trace))) + shift
    second = rng.standard_normal(len(trace)) + level + shift
    third = rng.integers(0, 4, len(trace)).astype(float)
    lost = rng.random(len(places)) < dead
    kept = ~lost[trace]
    return Sample(np.stack([first, second, third], axis=1).astype(np.float32)[kept], trace[kept], lost, places)
