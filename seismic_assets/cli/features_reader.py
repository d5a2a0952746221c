"""Features of a trace: looked up online, or read from the lake as they were known at a moment."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from seismic_assets.cli.features_catalogue import moment, nothing_yet, segy_of, unknown_feature
from seismic_assets.cli.features_found import Changes, Found
from seismic_assets.cli.features_times import WindowTimes
from seismic_assets.feature_store.backends import SERVED
from seismic_assets.feature_store.errors import FeatureStoreError, UnknownTraceError
from seismic_assets.feature_store.keys import file_number, parts_of
from seismic_assets.segy import file_id_of
from seismic_assets.settings import load_settings

if TYPE_CHECKING:
    from seismic_assets.feature_store.backends import OnlineFile
    from seismic_assets.feature_store.lineage import Origin, WindowValues
    from seismic_assets.feature_store.spec import StoreSpec
    from seismic_assets.lake import Lake
    from seismic_assets.lake import Table as LakeTable
    from seismic_assets.settings import Settings


def known_file(file: str, origins: Sequence[Origin]) -> str:
    """The id of a file that the lake has features of.

    Args:
        file: its id, or its path in the landing folder.
        origins: of all files.

    Raises:
        FeatureStoreError: the lake has no such file.
    """
    known = sorted({each.file_id for each in origins})
    file_id = file if file in known else file_id_of(file)
    if file_id in known:
        return file_id
    close = difflib.get_close_matches(file, known, n=3) or known[:3]
    hint = f"it has {', '.join(close)}{' and others' if len(known) > len(close) else ''}" if known else "it has none"
    raise FeatureStoreError(f"the lake has no features of a file {file!r}; {hint}")


class Reader:
    """Reads features of traces from a deployment, online or from the lake."""

    def __init__(self, storage_root: str | None) -> None:
        from seismic_assets.deployment import store_place_of
        from seismic_assets.feature_store.lineage import origins_of
        from seismic_assets.feature_store.repository import read_spec
        from seismic_assets.feature_store.served import history_table
        from seismic_assets.lake import Lake

        self.settings: Settings = load_settings(storage_root=storage_root)
        self.times = WindowTimes(self.settings)
        self.place = store_place_of(self.settings)
        if not self.place.folder.exists():
            raise FeatureStoreError(nothing_yet(self.settings))
        self.spec: StoreSpec = read_spec(self.place.folder)
        self.lake: Lake = Lake(self.settings.lake_dir)
        self.table: LakeTable = history_table(self.spec)
        self.origins: list[Origin] = origins_of(self.lake, self.table)

    def checked(self, names: Sequence[str]) -> Sequence[str]:
        """Names of features, all of them known.

        Raises:
            UnknownFeatureError: one is not.
        """
        for name in names:
            if name not in self.spec.features:
                raise unknown_feature(name, self.spec.features)
        return list(dict.fromkeys(names))

    def trace_of(self, file: str, place: int) -> int:
        """The id of a trace by its file, as an id or a path in the landing folder, and its place there.

        Raises:
            FeatureStoreError: the lake has no features of such a file.
        """
        from seismic_assets.feature_store.keys import trace_ids

        file_id = file if file.startswith(SERVED) else known_file(file, self.origins)
        return int(trace_ids(file_id, [place])[0])

    def online(self, trace_id: int, names: Sequence[str]) -> Found:
        """Features of a trace that are online; all of them where none is named.

        Raises:
            UnknownTraceError: the trace is not online.
            FeatureStoreError: a feature is not online, or the store cannot be reached.
        """
        from seismic_assets.feature_store.lineage import WindowValues
        from seismic_assets.feature_store.lookup import Lookup, backend_of

        if self.place.redis is None and not self.place.online.exists():
            raise self._not_online(trace_id)
        backend = backend_of(self.place)
        try:
            if backend.file_of(parts_of(trace_id)[0]) is None:
                raise self._not_online(trace_id)
            served = {name for of_view in backend.views().values() for name in of_view}
            for name in names:
                if name not in served:
                    raise self._not_served(name)
            wanted = names or [name for name in self.spec.features if name in served]
            found = Lookup(self.place, backend).trace(trace_id, wanted)
        finally:
            backend.close()
        values = WindowValues(found.window_index, found.features)
        origin = next((each for each in self.origins if _is(each, found.file)), None)
        return self._found(trace_id, "online", wanted, values, origin, found.file)

    def offline(self, trace_id: int, names: Sequence[str], as_of: datetime | None) -> Found:
        """Features of a trace as the lake has them, now or as they were known at a moment.

        Raises:
            UnknownTraceError: the lake has no such trace, or had none then.
        """
        from seismic_assets.feature_store.lineage import file_of_trace, known_at, latest_of, values_of

        file_id = file_of_trace(self.origins, trace_id)
        own = [each for each in self.origins if each.file_id == file_id]
        origin = known_at(own, as_of) if as_of is not None else latest_of(own)[file_id, self.table.name]
        if origin is None:
            first = min(each.acquired for each in own)
            raise UnknownTraceError(
                f"nothing was known of {file_id} at {moment(as_of)} UTC: the first of its generations that are kept "
                f"was acquired at {moment(first)} UTC"
            )
        wanted = names or self.spec.features
        values = values_of(self.lake, self.table, origin, trace_id, wanted)
        if len(values.window_index) == 0:
            raise UnknownTraceError(
                f"{file_id} has no features of trace {parts_of(trace_id)[1]} in generation {origin.generation}; a file "
                "has none of dead or broken traces, nor of those beyond its last"
            )
        return self._found(trace_id, "lake", wanted, values, origin, None)

    def changes(self, trace_id: int, name: str) -> Changes:
        """Values of a feature of a trace in every generation that is kept.

        Raises:
            UnknownTraceError: none has the trace.
        """
        from seismic_assets.feature_store.lineage import file_of_trace, values_of

        file_id = file_of_trace(self.origins, trace_id)
        own = sorted((each for each in self.origins if each.file_id == file_id), key=lambda each: -each.generation)
        found = [values_of(self.lake, self.table, each, trace_id, [name]) for each in own]
        by_window = [dict(zip(each.window_index.tolist(), each.features[:, 0].tolist(), strict=True)) for each in found]
        windows = sorted({number for each in by_window for number in each})
        if not windows:
            raise UnknownTraceError(
                f"no generation of {file_id} has features of trace {parts_of(trace_id)[1]}: a file has none of dead or "
                "broken traces, nor of those beyond its last"
            )
        times = self.times.of_origin(np.array(windows), own[0])
        notes = [self.times.note(own[0].making)]
        if len({each.making for each in own}) > 1:
            notes.append("Not all were made with the same: another embedding, or other windows, cannot be compared.")
        return Changes(
            name, trace_id, parts_of(trace_id)[1], own, by_window, windows, *times, [each for each in notes if each]
        )

    def _not_online(self, trace_id: int) -> UnknownTraceError:
        number, _ = parts_of(trace_id)
        file_id = next((each.file_id for each in self.origins if file_number(each.file_id) == number), None)
        if file_id is None:
            return UnknownTraceError(
                f"neither a file that is online nor one of the lake has the trace {trace_id}; give --file and "
                "--trace-index instead"
            )
        patterns = ",".join(self.settings.online_files)
        return UnknownTraceError(
            f"{file_id} is not online; SEISMIC_ONLINE_FILES says which files are to be (now `{patterns}`), `seismic "
            "run` brings them there, and --offline reads the lake"
        )

    def _not_served(self, name: str) -> FeatureStoreError:
        return FeatureStoreError(
            f"{name} is not online: no model version that is staged or in production looks at a feature of "
            f"{self.spec.view_of(name).name}; --offline reads it from the lake"
        )

    def _found(
        self,
        trace_id: int,
        source: str,
        names: Sequence[str],
        values: WindowValues,
        origin: Origin | None,
        file: OnlineFile | None,
    ) -> Found:
        place = parts_of(trace_id)[1]
        facts = {"trace": f"{trace_id}", "place in the file": f"{place}"}
        if origin is not None:
            facts |= _facts(origin)
            times = self.times.of_origin(values.window_index, origin)
        elif file is not None:
            facts |= {"from": file.file_id, "made": f"{moment(file.created)} UTC"}
            times = self.times.of(values.window_index, file.num_samples, file.sample_interval_us, 0.0)
        making = origin.making if origin is not None else file.making if file is not None else ""
        notes = [self.times.note(making), self._late(origin) if source == "online" else ""]
        return Found(trace_id, place, source, names, values, *times, facts, origin, [each for each in notes if each])

    def _late(self, origin: Origin | None) -> str:
        if origin is None:
            return ""
        last = max(each.generation for each in self.origins if each.file_id == origin.file_id)
        if last == origin.generation:
            return ""
        return f"The lake has generation {last} of this file by now; materialise online_features, or give --offline."


def _is(origin: Origin, file: OnlineFile) -> bool:
    return (origin.file_id, origin.generation, origin.made) == (file.file_id, file.generation, file.created)


def _facts(origin: Origin) -> dict[str, str]:
    return {
        "SEG-Y file": segy_of(origin),
        "digest": origin.digest,
        "acquired": f"{moment(origin.acquired)} UTC",
        "made": f"{moment(origin.made)} UTC",
        "generation": f"{origin.generation}",
        "code": origin.code,
    }
