"""Writes features of traces that were just served into the online feature store, under ids of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from seismic_assets.feature_store.backends import SERVED, OnlineBackend, OnlineFile, WindowBlock
from seismic_assets.feature_store.errors import FeatureStoreError
from seismic_assets.feature_store.keys import trace_ids
from seismic_assets.feature_store.lookup import backend_of
from seismic_assets.feature_store.online import served_file
from seismic_assets.feature_store.repository import StorePlace, read_spec
from seismic_assets.feature_store.spec import ViewSpec

_CLEARED_EVERY = timedelta(minutes=10)
_NOTHING = "nothing is online in the feature store yet; materialise online_features"


class OtherViewsError(ValueError):
    """The model has not the features that are online: why and what to do."""


@dataclass(frozen=True)
class ServedFeatures:
    """The features of the traces of a request.

    Attributes:
        request_id: of the request.
        names: of the features.
        values: (n, k, f) float32, the k windows of each of n traces.
        making: what they were made with.
        num_samples: of a trace.
        sample_interval_us: microseconds.
        created: when they were made; aware.
    """

    request_id: str
    names: tuple[str, ...]
    values: NDArray[np.float32]
    making: str
    num_samples: int
    sample_interval_us: int
    created: datetime

    @property
    def trace_ids(self) -> NDArray[np.int64]:
        """(n,) ids that the traces get."""
        return trace_ids(f"{SERVED}{self.request_id}", np.arange(len(self.values)))


class ServedWriter:
    """Writes in one thread at a time, on a connection of its own: a look-up does not wait for it."""

    def __init__(self, place: StorePlace, keep: timedelta) -> None:
        self._place = place
        self._keep = keep
        self._cleared: datetime | None = None

    def put(self, served: ServedFeatures) -> None:
        """Put the features of a request online; now and then, take away those that were kept long enough.

        Raises:
            OtherViewsError: the model has other features than are online.
            FeatureStoreError: the store cannot be used, or has the number of the request already.
        """
        if self._place.redis is None and not self._place.online.exists():
            raise FeatureStoreError(_NOTHING)
        with closing(backend_of(self._place)) as backend:
            views = self._views(backend, served.names)
            block = _block(served, views)
            facts = (served.num_samples, served.sample_interval_us)
            file = served_file(served.request_id, served.making, block, facts, served.created)
            _check_free(backend, file)
            self._clear(backend, served.created)
            backend.begin(views)  # they are the same: it removes nothing
            backend.replace(file, [block])

    def _views(self, backend: OnlineBackend, names: Sequence[str]) -> list[ViewSpec]:
        online = backend.views()
        if not online:
            raise FeatureStoreError(_NOTHING)
        _check_same(online, names)
        views = [view for view in read_spec(self._place.folder).views if view.name in online]
        if {view.name: view.names for view in views} != online:
            raise FeatureStoreError("what is online is not what is registered; materialise online_features")
        return views

    def _clear(self, backend: OnlineBackend, now: datetime) -> None:
        """Also where nobody materialises, what is kept is bounded."""
        if self._cleared is not None and now - self._cleared < _CLEARED_EVERY:
            return
        self._cleared = now
        for name, file in backend.files().items():
            if name.startswith(SERVED) and now - file.created > self._keep:
                backend.remove(name)


def _check_same(online: Mapping[str, Sequence[str]], names: Sequence[str]) -> None:
    there = {name for view in online.values() for name in view}
    missing, more = sorted(there - set(names)), sorted(set(names) - there)
    if not missing and not more:
        return
    which = f"{missing[0]} is online and the model has it not" if missing else f"the model has {more[0]}, not online"
    raise OtherViewsError(
        f"the features of this model are not those that are online ({which}); materialise online_features, or leave "
        "store_features out"
    )


def _check_free(backend: OnlineBackend, file: OnlineFile) -> None:
    there = backend.file_of(file.number)
    if there is not None and there.file_id != file.file_id:
        raise FeatureStoreError(f"{file.file_id} has the number of {there.file_id}, which is online; send it again")


def _block(served: ServedFeatures, views: Sequence[ViewSpec]) -> WindowBlock:
    traces, windows, width = served.values.shape
    rows, place = served.values.reshape(traces * windows, width), {name: at for at, name in enumerate(served.names)}
    return WindowBlock(
        np.repeat(served.trace_ids, windows),
        np.tile(np.arange(windows, dtype=np.int64), traces),
        {view.name: rows[:, [place[name] for name in view.names]] for view in views},
    )
