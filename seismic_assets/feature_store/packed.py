"""An online store of Feast over `PackedTables`; Feast finds it by the name in `feature_store.yaml`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from feast import Entity, FeatureView, RepoConfig
from feast.infra.infra_object import InfraObject
from feast.infra.online_stores.online_store import OnlineStore
from feast.protos.feast.core.Registry_pb2 import Registry
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import RepeatedValue, Value
from feast.repo_config import FeastConfigBaseModel
from feast.types import Float32
from pydantic import StrictStr

from seismic_assets.feature_store.packed_tables import PackedTables, microseconds, moment_of, remove_database

Row = tuple[EntityKey, dict[str, Value], datetime, datetime | None]


class PackedSqliteOnlineStoreConfig(FeastConfigBaseModel):
    """Settings of the store, as in `feature_store.yaml`."""

    type: Literal["seismic_assets.feature_store.packed.PackedSqliteOnlineStore"] = (
        "seismic_assets.feature_store.packed.PackedSqliteOnlineStore"
    )
    path: StrictStr = "online.db"
    """SQLite file; relative to the repository of the features."""


class PackedSqliteOnlineStore(OnlineStore):
    """Reads and writes rows of views; what is older than what is there is left out."""

    def __init__(self) -> None:
        self._tables: PackedTables | None = None

    def online_write_batch(
        self,
        config: RepoConfig,
        table: FeatureView,
        data: list[Row],
        progress: Callable[[int], Any] | None,
    ) -> None:
        """Write rows as Feast gives them; see `OnlineStore`."""
        pack = _packing(table)
        rows = (
            (*_values(key, table), microseconds(event), microseconds(created or event), pack(values))
            for key, values, event, created in data
        )
        tables = self._open(config)
        with tables.connection:
            tables.insert(_table(config, table), table.join_keys, rows)
        if progress:
            progress(len(data))

    def online_read(
        self,
        config: RepoConfig,
        table: FeatureView,
        entity_keys: list[EntityKey],
        requested_features: list[str] | None = None,
    ) -> list[tuple[datetime | None, dict[str, Value] | None]]:
        """Read rows; see `OnlineStore`. A row of an earlier schema of the view counts as missing."""
        wanted = [_values(key, table) for key in entity_keys]
        found = dict(self._open(config).select(_table(config, table), table.join_keys, dict.fromkeys(wanted)))
        unpack = _unpacking(table, requested_features)
        result: list[tuple[datetime | None, dict[str, Value] | None]] = []
        for key in wanted:
            event, row = found.get(key, (0, b""))
            values = unpack(row) if row else None
            result.append((None, None) if values is None else (moment_of(event), values))
        return result

    def update(
        self,
        config: RepoConfig,
        tables_to_delete: Sequence[FeatureView],
        tables_to_keep: Sequence[FeatureView],
        entities_to_delete: Sequence[Entity],
        entities_to_keep: Sequence[Entity],
        partial: bool,
    ) -> None:
        """Make and remove tables; see `OnlineStore`."""
        tables = self._open(config)
        with tables.connection:
            for view in tables_to_delete:
                tables.drop(_table(config, view))
            for view in tables_to_keep:
                tables.create(_table(config, view), view.join_keys)

    def plan(self, config: RepoConfig, desired_registry_proto: Registry) -> list[InfraObject]:
        """Nothing beside the tables; see `OnlineStore`."""
        return []

    def teardown(self, config: RepoConfig, tables: Sequence[FeatureView], entities: Sequence[Entity]) -> None:
        """Remove the file; see `OnlineStore`."""
        if self._tables is not None:
            self._tables.close()
            self._tables = None
        remove_database(_path(config))

    def _open(self, config: RepoConfig) -> PackedTables:
        if self._tables is None:
            self._tables = PackedTables(_path(config))
        return self._tables


def _packing(view: FeatureView) -> Callable[[Mapping[str, Value]], bytes]:
    names = [field.name for field in view.features]
    if _all_floats(view):
        return lambda values: np.array(
            [values[name].float_val if values[name].WhichOneof("val") else np.nan for name in names], "<f4"
        ).tobytes()
    return lambda values: RepeatedValue(val=[values[name] for name in names]).SerializeToString()


def _unpacking(view: FeatureView, wanted: Sequence[str] | None) -> Callable[[bytes], dict[str, Value] | None]:
    place = {field.name: number for number, field in enumerate(view.features)}
    some = [(name, place[name]) for name in wanted or place if name in place]
    if _all_floats(view):

        def floats(row: bytes) -> dict[str, Value] | None:
            if len(row) != 4 * len(place):
                return None
            values = np.frombuffer(row, "<f4").tolist()
            return {name: Value(float_val=values[number]) for name, number in some}

        return floats

    def any_kind(row: bytes) -> dict[str, Value] | None:
        values = RepeatedValue.FromString(row).val
        return {name: values[number] for name, number in some} if len(values) == len(place) else None

    return any_kind


def _all_floats(view: FeatureView) -> bool:
    return all(field.dtype == Float32 for field in view.features)


def _values(key: EntityKey, view: FeatureView) -> tuple[Any, ...]:
    """Values of the join keys in the order of the view."""
    given = dict(zip(key.join_keys, key.entity_values, strict=True))
    return tuple(getattr(given[name], given[name].WhichOneof("val")) for name in view.join_keys)


def _table(config: RepoConfig, view: FeatureView) -> str:
    return f"{config.project}_{view.name}"


def _path(config: RepoConfig) -> Path:
    path = Path(config.online_store.path)
    return path if path.is_absolute() or config.repo_path is None else Path(config.repo_path) / path
