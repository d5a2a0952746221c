"""The features of a trace, looked up online: by its id or by its file and place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from seismic_assets.feature_store.backends import FoundWindows, OnlineBackend, OnlineFile
from seismic_assets.feature_store.errors import FeatureStoreError, StaleFeaturesError, UnknownTraceError
from seismic_assets.feature_store.keys import parts_of, trace_ids
from seismic_assets.feature_store.repository import StorePlace, read_spec, specification_stamp
from seismic_assets.feature_store.spec import StoreSpec, ViewSpec

_MOST_NAMED, _MOST_FILES = 10, 3


@dataclass(frozen=True)
class TraceFeatures:
    """The windows of a trace.

    Attributes:
        trace_id: of it.
        trace_index: its place in the file.
        file: that it is from, with what the features were made with.
        window_index: (k,) int64, in order.
        features: (k, f) float32, in the order that was asked for.
    """

    trace_id: int
    trace_index: int
    file: OnlineFile
    window_index: NDArray[np.int64]
    features: NDArray[np.float32]


@dataclass(frozen=True)
class OnlineState:
    """What is online.

    Attributes:
        files: how many files, or requests.
        rows: windows of them.
        oldest, latest: when the features of the oldest and of the latest were made; None of an empty store.
    """

    files: int
    rows: int
    oldest: datetime | None
    latest: datetime | None


class Lookup:
    """Looks features up in the online store of a deployment; may be shared between threads."""

    def __init__(self, place: StorePlace, backend: OnlineBackend | None = None) -> None:
        self._place = place
        self._backend = backend if backend is not None else backend_of(place)
        self._spec: tuple[object, StoreSpec] | None = None

    def spec(self) -> StoreSpec:
        """What the store holds.

        Raises:
            FeatureStoreError: nothing is registered yet.
        """
        stamp = specification_stamp(self._place.folder)
        if self._spec is None or self._spec[0] != stamp:
            self._spec = stamp, read_spec(self._place.folder)
        return self._spec[1]

    def state(self) -> OnlineState:
        """What is online.

        Raises:
            FeatureStoreError: the store cannot be reached.
        """
        files = self._backend.files().values() if self._there() else ()
        made = [file.created for file in files]
        return OnlineState(
            len(made), sum(file.rows for file in files), min(made, default=None), max(made, default=None)
        )

    def trace(self, trace_id: int, names: Sequence[str], making: str | None = None) -> TraceFeatures:
        """The features of a trace.

        Args:
            trace_id: of it.
            names: of the features, in the order wanted.
            making: what they must have been made with; None takes what there is.

        Raises:
            UnknownFeatureError: there is no such feature.
            UnknownTraceError: the store has no such trace.
            StaleFeaturesError: the features were made with something else, or are not served.
            FeatureStoreError: the store cannot be reached.
        """
        return self.traces([trace_id], names, making)[0]

    def traces(self, trace_ids: Sequence[int], names: Sequence[str], making: str | None = None) -> list[TraceFeatures]:
        """The features of traces, in the order of their ids; a trace may be asked for more than once.

        Raises:
            As `trace`; `UnknownTraceError` names all the traces of files that are online that have no features.
        """
        views = self.spec().views_with(names)
        files = self._files_of(trace_ids)
        for file in files:
            _check_making(file, making)
        if files:
            self._check_served(views)
        found: dict[int, TraceFeatures] = {}
        missing = {}
        for file, ids in files.items():
            of_file = self._of_file(file, ids, views, names)
            found |= of_file
            missing[file] = [parts_of(each)[1] for each in ids if each not in of_file]
        _refuse_missing(missing)
        return [found[each] for each in trace_ids]

    def _files_of(self, trace_ids: Sequence[int]) -> dict[OnlineFile, list[int]]:
        """The files of traces, with the ids of each, every one of them once."""
        numbers: dict[int, list[int]] = {}
        for trace_id in dict.fromkeys(trace_ids):
            numbers.setdefault(parts_of(trace_id)[0], []).append(trace_id)
        there = self._there()
        files = {number: self._backend.file_of(number) if there else None for number in numbers}
        unknown = [trace_id for number, ids in numbers.items() if files[number] is None for trace_id in ids]
        if unknown:
            raise UnknownTraceError(
                f"no file that is online has the {_named(unknown)}; `seismic features get` with --file and "
                "--trace-index gives the ids, and SEISMIC_ONLINE_FILES says what is online"
            )
        return {file: numbers[number] for number, file in files.items() if file is not None}

    def _of_file(
        self, file: OnlineFile, trace_ids: Sequence[int], views: Sequence[ViewSpec], names: Sequence[str]
    ) -> dict[int, TraceFeatures]:
        """Features of those traces of a file that have some, by id."""
        if not views:
            return {}
        parts = [self._backend.windows_of(trace_ids, file, view) for view in views]
        first = parts[0]
        if not all(_same_windows(first, each) for each in parts):
            raise StaleFeaturesError(
                f"the online features of {file.file_id} are not of one generation, or not all are served; "
                "materialise online_features, or send the traces"
            )
        stored = [name for view in views for name in view.names]
        features = np.concatenate([each.features for each in parts], axis=1)[:, [stored.index(name) for name in names]]
        ends = np.cumsum(first.counts)
        return {
            trace_id: TraceFeatures(
                trace_id, parts_of(trace_id)[1], file, first.window_index[start:end], features[start:end]
            )
            for trace_id, start, end in zip(trace_ids, (ends - first.counts).tolist(), ends.tolist(), strict=True)
            if start < end
        }

    def _check_served(self, views: Sequence[ViewSpec]) -> None:
        online = self._backend.views()
        missing = [view.name for view in views if online.get(view.name) != view.names]
        if missing:
            raise StaleFeaturesError(
                f"{', '.join(missing)} of the features are not online, as no version in production or staging looks at "
                "them, or are online as they were before; materialise online_features, or send the traces"
            )

    def check(self, file: OnlineFile) -> None:
        """Read the windows of a file's first trace in every view that is online, whether or not it has any.

        Raises:
            FeatureStoreError: they cannot be read.
        """
        online = self._backend.views()
        for view in self.spec().views:
            if view.name in online:
                self._backend.windows(self.id_of(file.file_id, 0), file, view)

    def id_of(self, file_id: str, trace_index: int) -> int:
        """The id of a trace of a file."""
        return int(trace_ids(file_id, [trace_index])[0])

    def close(self) -> None:
        """Let go of connections."""
        self._backend.close()

    def _there(self) -> bool:
        return self._place.redis is not None or self._place.online.exists()


def _check_making(file: OnlineFile, making: str | None) -> None:
    if making is not None and file.making != making:
        raise StaleFeaturesError(
            f"the online features of {file.file_id} were made by another embedder, or of other windows, than the "
            "model looks at; materialise online_features, or send the traces"
        )


def _same_windows(one: FoundWindows, other: FoundWindows) -> bool:
    return np.array_equal(one.counts, other.counts) and np.array_equal(one.window_index, other.window_index)


def _refuse_missing(missing: Mapping[OnlineFile, Sequence[int]]) -> None:
    """Refuse traces that have no features, file by file."""
    incomplete = [(file, places) for file, places in missing.items() if places]
    if not incomplete:
        return
    said = [
        f"{file.file_id} has no features of {_named(places)}: it has {file.traces} traces"
        for file, places in incomplete[:_MOST_FILES]
    ]
    more = len(incomplete) - len(said)
    further = f"; some of {more:,} more files have none either" if more else ""
    raise UnknownTraceError(f"{'; '.join(said)}, and dead or broken ones have no features{further}")


def _named(traces: Sequence[int]) -> str:
    """Ids or places of traces as a sentence has them: `trace 7`, `traces 7 and 9`, the first ten and how many more."""
    shown = [str(each) for each in traces[:_MOST_NAMED]]
    more = len(traces) - len(shown)
    if more:
        shown.append(f"{more:,} more")
    if len(shown) == 1:
        return f"trace {shown[0]}"
    return f"traces {', '.join(shown[:-1])} and {shown[-1]}"


def backend_of(place: StorePlace) -> OnlineBackend:
    """The online store of a deployment."""
    if place.redis is not None:
        from seismic_assets.feature_store.redis_backend import RedisBackend

        return RedisBackend(place)
    from seismic_assets.feature_store.sqlite_backend import SqliteBackend

    return SqliteBackend(place.online)


__all__ = ["FeatureStoreError", "Lookup", "OnlineState", "TraceFeatures", "backend_of"]
