"""When the windows of a trace begin and end, as the settings cut them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from seismic_assets.feature_store.lineage import Origin
    from seismic_assets.settings import Settings


class WindowTimes:
    """Times of windows in a deployment."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def of(
        self, window_index: NDArray[np.int64], samples: int, interval_us: int, start_ms: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Starts and ends in ms.

        Args:
            window_index: (k,) windows.
            samples: of the trace.
            interval_us: microseconds between them.
            start_ms: time of the first.
        """
        grid, interval_ms = self._settings.window.resolve(samples), interval_us / 1000
        starts = (start_ms + window_index * (grid.step * interval_ms)).astype(np.float64)
        length = np.float64(min(grid.samples or samples, samples) * interval_ms)
        return starts, starts + length

    def of_origin(
        self, window_index: NDArray[np.int64], origin: Origin
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The same of a generation of a file."""
        return self.of(window_index, origin.num_samples, origin.sample_interval_us, origin.start_ms)

    def note(self, making: str) -> str:
        """A sentence where windows may have been cut otherwise than now; empty where they were not."""
        if making == self._making():
            return ""
        return (
            "These features were made by another embedder or of other windows than there are now; the times are of the "
            "windows that there are now."
        )

    def _making(self) -> str:
        from seismic_assets.feature_store.making import making_of
        from seismic_assets.registry import BundleError, load_embedder

        settings = self._settings
        try:
            embedder = load_embedder(settings.embedder_file)
        except BundleError:
            return ""  # nothing can be said of what would be made now
        return making_of(embedder.digest(), embedder.window_samples, settings.window_step, settings.normalise)
