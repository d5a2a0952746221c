"""The online feature store as the service uses it: opened when it is asked for the first time, never in the event loop.

Serving from traces that are sent goes on whatever becomes of the store: look-ups have places and threads of their own,
and so has what is written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock

from seismic_assets.feature_store.backends import SERVED, OnlineBackend, OnlineFile
from seismic_assets.feature_store.errors import StaleFeaturesError, UnknownFeatureError, UnknownTraceError
from seismic_assets.feature_store.keys import file_number, trace_ids
from seismic_assets.feature_store.lookup import Lookup, TraceFeatures, backend_of
from seismic_assets.feature_store.repository import StorePlace
from seismic_assets.feature_store.spec import StoreSpec
from seismic_assets.serving.admission import Admission
from seismic_assets.serving.config import ServiceConfig
from seismic_assets.serving.schemas_lookup import ById, ByPlace, LookupRequest
from seismic_assets.serving.served_model import ServedModel
from seismic_assets.serving.served_writer import ServedWriter

_MOST_WRITING = 8


class OnlineFeatures:
    """The online features of a deployment.

    Attributes:
        place: where the store is.
        keep_served: how long features of traces that were just served can be looked up.
        lookups: how many requests are looked up at once.
        writing: how many requests wait for their features to be written.
        writer: writes them.
    """

    def __init__(self, config: ServiceConfig, place: StorePlace, clock: Callable[[], datetime]) -> None:
        self.place = place
        self.keep_served = timedelta(hours=config.served_hours)
        self.lookups = Admission(config.limits)
        self.writing = Admission(replace(config.limits, waiting=_MOST_WRITING, at_once=1))
        self.writer = ServedWriter(place, self.keep_served)
        self._clock = clock
        self._lock = Lock()
        self._reading: tuple[OnlineBackend, Lookup] | None = None
        self._file: tuple[int, int] | None = None

    def traces(self, asked: LookupRequest, model: ServedModel) -> list[TraceFeatures]:
        """The features of traces, in the order asked for; blocks.

        Raises:
            UnknownTraceError, StaleFeaturesError: the store has not what was asked for.
            FeatureStoreError: the store cannot be used.
        """
        backend, lookup = self._opened()
        names, making = model.predictor.bundle.manifest.feature_names, model.predictor.making
        try:
            found = _looked_up(lookup, self._ids(asked, backend), names, making)
        except UnknownFeatureError as error:
            raise StaleFeaturesError(
                "the feature store has not all the features that the model looks at; materialise feature_catalogue "
                "and online_features, or send the traces"
            ) from error
        for each in found:
            self._refuse_expired(each)
        return found

    def registered(self) -> bool:
        """Whether there is a feature store at all."""
        return (self.place.folder / "feature_store.yaml").exists()

    def files(self) -> dict[str, OnlineFile]:
        """What is online, by file id; none where nothing is yet.

        Raises:
            FeatureStoreError: the store cannot be used.
        """
        return self._opened()[0].files() if self._there() else {}

    def check(self, file: OnlineFile) -> None:
        """Read some windows of a file in every view that is online.

        Raises:
            FeatureStoreError: they cannot be read.
        """
        self._opened()[1].check(file)

    def spec(self) -> StoreSpec:
        """What the store holds.

        Raises:
            FeatureStoreError: nothing is registered yet.
        """
        return self._opened()[1].spec()

    def close(self) -> None:
        """Let go of threads and connections."""
        self.lookups.close()
        self.writing.close()
        with self._lock:
            if self._reading is not None:
                self._reading[1].close()

    def _opened(self) -> tuple[OnlineBackend, Lookup]:
        with self._lock:
            if self._reading is None:
                backend = backend_of(self.place)
                self._reading = backend, Lookup(self.place, backend)
            now = _identity(self.place)
            if now != self._file:  # a file that was moved away would be looked at on and on
                self._reading[1].close()
                self._file = now
            return self._reading

    def _there(self) -> bool:
        return self.place.redis is not None or self.place.online.exists()

    def _ids(self, asked: LookupRequest, backend: OnlineBackend) -> list[int]:
        if isinstance(asked, ById):
            return list(asked.trace_ids)
        assert isinstance(asked, ByPlace)
        file = backend.file_of(file_number(asked.file_id)) if self._there() else None
        if file is None or file.file_id != asked.file_id:
            raise UnknownTraceError(
                f"no file {asked.file_id[:200]!r} is online; `seismic run` brings files there, and "
                "SEISMIC_ONLINE_FILES says which"
            )
        ids: list[int] = trace_ids(asked.file_id, asked.trace_index).tolist()
        return ids

    def _refuse_expired(self, found: TraceFeatures) -> None:
        if found.file.file_id.startswith(SERVED) and self._clock() - found.file.created > self.keep_served:
            hours = self.keep_served / timedelta(hours=1)
            raise UnknownTraceError(
                f"the features of trace {found.trace_id} were kept for {hours:g} h and are no longer served; send the "
                "trace again"
            )


def _looked_up(lookup: Lookup, ids: Sequence[int], names: Sequence[str], making: str) -> list[TraceFeatures]:
    try:
        return lookup.traces(ids, names, making)
    except (UnknownTraceError, StaleFeaturesError):
        return lookup.traces(ids, names, making)  # a file may have been replaced between two looks at it


def _identity(place: StorePlace) -> tuple[int, int] | None:
    """Which file the store is in; None where it is none, or none yet."""
    if place.redis is not None:
        return None
    try:
        found = place.online.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
