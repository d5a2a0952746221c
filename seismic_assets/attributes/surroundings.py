"""The traces around those of a file, read in chunks as they are needed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes.lateral import neighbour_rows
from seismic_assets.attributes.traces import Neighbours
from seismic_assets.attributes.windows import usable_traces

# Of a file in the order of its lines a block needs the chunks of three lines; a file in no order still comes out right.
_HELD_BYTES = 256 << 20


class HeldChunks:
    """Chunks of traces of one file or several, those used last up to so many bytes; may be used by several threads."""

    def __init__(self, most_bytes: int = _HELD_BYTES) -> None:
        self._most_bytes = most_bytes
        self._held: OrderedDict[Hashable, NDArray[np.float32]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[HeldChunks], tuple[int]]:
        """Where it is sent to another process, it starts there with nothing held."""
        return HeldChunks, (self._most_bytes,)

    def get(self, key: Hashable, load: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
        """A chunk, loaded where it is not held; threads load at the same time, and may load the same chunk."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        chunk = load()
        with self._lock:
            if key not in self._held:
                self._held[key] = chunk
                self._bytes += chunk.nbytes
            while len(self._held) > 1 and self._bytes > self._most_bytes:
                self._bytes -= self._held.popitem(last=False)[1].nbytes
        return chunk


class Surroundings:
    """The eight traces around each trace of one file, by inline and crossline; may be used by several threads."""

    def __init__(
        self,
        inline: NDArray[np.integer[Any]],
        crossline: NDArray[np.integer[Any]],
        starts: NDArray[np.int64],
        load: Callable[[int], NDArray[np.float32]],
        held: HeldChunks | None = None,
    ) -> None:
        """Find who lies beside whom.

        Args:
            inline, crossline: (n,) of every trace, in the order of the file.
            starts: (c,) first trace of each chunk, the first 0, increasing.
            load: gives a chunk as (traces, num_samples) float32; called by several threads where `around` is.
            held: what keeps chunks; several files that share it are held to its bytes together. By default its own.
        """
        self._rows = neighbour_rows(inline, crossline).astype(np.int32)
        self._starts = starts
        self._load = load
        self._held = held or HeldChunks()

    @classmethod
    def of_array(
        cls, inline: NDArray[np.integer[Any]], crossline: NDArray[np.integer[Any]], traces: NDArray[np.float32]
    ) -> Surroundings:
        """Those of (n, num_samples) traces that are in memory already."""
        return cls(inline, crossline, np.zeros(1, np.int64), lambda _: traces)

    def around(self, index: NDArray[np.int64]) -> Neighbours:
        """The traces around some traces; one that is dead or broken counts as absent.

        Args:
            index: (m,) position of the traces in the file.
        """
        rows = self._rows[index].astype(np.int64)
        present = rows >= 0
        wanted = rows[present]
        chunk = np.searchsorted(self._starts, wanted, side="right") - 1
        parts = {int(number): self._chunk(int(number)) for number in np.unique(chunk)}
        num_samples = next(iter(parts.values())).shape[1] if parts else self._chunk(0).shape[1]
        found = np.empty((len(wanted), num_samples), dtype=np.float32)
        for number, traces in parts.items():
            here = chunk == number
            found[here] = traces[wanted[here] - self._starts[number]]
        usable = usable_traces(found)
        samples = np.zeros((*rows.shape, num_samples), dtype=np.float32)
        samples[present] = np.where(usable[:, None], found, 0)
        present[present] = usable
        return Neighbours(samples, present)

    def _chunk(self, number: int) -> NDArray[np.float32]:
        return self._held.get((self, number), lambda: self._load(number))
