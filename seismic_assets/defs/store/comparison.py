"""What is online beside what it should be: the lake's own rows, and the traces put through the embedder again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.attributes import WindowEmbedder, window_features
from seismic_assets.feature_store.backends import OnlineFile
from seismic_assets.feature_store.errors import UnknownTraceError
from seismic_assets.feature_store.keys import parts_of, trace_ids
from seismic_assets.feature_store.lookup import Lookup
from seismic_assets.feature_store.served import history_table, rows_of
from seismic_assets.feature_store.spec import StoreSpec
from seismic_assets.frames import amplitude_scales, chosen_windows, surroundings_of
from seismic_assets.lake import BRONZE_TRACES, Lake
from seismic_assets.lake.history_tables import TRACE_ID, WINDOW
from seismic_assets.settings import Settings

_TRACES = 4  # of a sample
_TOLERANCE = 1e-5


@dataclass(frozen=True)
class Comparison:
    """What is needed to compare.

    Attributes:
        settings, lake: of the deployment.
        spec: what the store holds.
        lookup: what looks features up.
        names: of the features that are online.
        history: the latest generation of each file in the lake, by file id.
        embedders: those in force, by the `making` of what they make.
    """

    settings: Settings
    lake: Lake
    spec: StoreSpec
    lookup: Lookup
    names: list[str]
    history: Mapping[str, OnlineFile]
    embedders: Mapping[str, WindowEmbedder]

    def of_file(self, file: OnlineFile) -> Iterator[str]:
        """A sentence for each trace of a sample over the file; empty where all is equal."""
        places = np.unique(np.linspace(0, max(file.traces - 1, 0), _TRACES).round().astype(int))
        ids = trace_ids(file.file_id, places).tolist()
        offline, anew = self._in_the_lake(file, ids), self._made_anew(file, ids)
        for trace_id in ids:
            where = f"trace {parts_of(trace_id)[1]} of {file.file_id}"
            yield _difference(where, self._online(trace_id), offline, anew.get(trace_id), trace_id, self.names)

    def _online(self, trace_id: int) -> NDArray[np.float32]:
        try:
            return self.lookup.trace(trace_id, self.names).features
        except UnknownTraceError:
            return np.empty((0, len(self.names)), np.float32)

    def _in_the_lake(self, file: OnlineFile, ids: list[int]) -> pl.DataFrame | None:
        """Rows of some traces; None where the lake has them of another embedder."""
        if self.history[file.file_id].making != file.making:
            return None
        blocks = rows_of(self.lake, history_table(self.spec), file, self.spec.views)
        parts = [block.filter(pl.col(TRACE_ID).is_in(ids)) for block in blocks]
        return pl.concat(parts).sort(TRACE_ID, WINDOW) if parts else None

    def _made_anew(self, file: OnlineFile, ids: list[int]) -> dict[int, NDArray[np.float32]]:
        """Features of traces, made of bronze by the embedder that the online ones say they are of."""
        embedder = self.embedders.get(file.making)
        if embedder is None:
            return {}
        settings = self.settings
        by_place = {parts_of(trace_id)[1]: trace_id for trace_id in ids}
        chosen = pl.DataFrame({"trace_index": sorted(by_place), "window_index": [0] * len(by_place)})
        scales = amplitude_scales(self.lake, [file.file_id], settings.normalise)
        around = surroundings_of(self.lake, [file.file_id], settings.features)
        order = [settings.features.names(embedder.num_components).index(name) for name in self.names]
        segments = self.lake.segments(BRONZE_TRACES, [file.file_id])
        found = {}
        for traces, _, _ in chosen_windows(segments, chosen, settings.window, scales, around):
            made = window_features(traces.traces.windows(settings.window), embedder, settings.features)[:, order]
            for place, features in zip(traces.trace_index, np.split(made, len(traces.trace_index)), strict=True):
                found[by_place[int(place)]] = features
        return found


def _difference(
    where: str,
    online: NDArray[np.float32],
    offline: pl.DataFrame | None,
    anew: NDArray[np.float32] | None,
    trace_id: int,
    names: list[str],
) -> str:
    if offline is not None:
        rows = offline.filter(pl.col(TRACE_ID) == trace_id).select(names).to_numpy()
        if online.shape != rows.shape or not np.array_equal(online, rows):
            return f"{where} has other features online than in the lake."
    if anew is not None and not _close(online, anew):
        return f"{where} has other features online than its samples give."
    return ""


def _close(online: NDArray[np.float32], anew: NDArray[np.float32]) -> bool:
    """Whether features agree to 1e-5 of their size in the trace."""
    if online.shape != anew.shape:
        return False
    return bool(np.all(np.abs(online - anew) <= _TOLERANCE * np.maximum(np.abs(anew).max(axis=0), 1e-30)))
