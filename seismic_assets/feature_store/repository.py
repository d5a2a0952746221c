"""The repository of the features: a folder that Feast's own command line works in."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
import xxhash
import yaml

from seismic_assets.feature_store.errors import DamagedStoreError, FeatureStoreError
from seismic_assets.feature_store.spec import PROJECT, StoreSpec
from seismic_assets.file_locks import held
from seismic_assets.objects import Place
from seismic_assets.objects.address import place_of
from seismic_assets.whole_files import replace_file

if TYPE_CHECKING:
    from feast import FeatureStore

_log = structlog.get_logger(__name__)
_SPEC, _REGISTRY, _APPLIED = "specification.json", "registry.db", "applied.json"
_PATIENCE_SECONDS = 120.0
PASSWORD_VARIABLE = "SEISMIC_ONLINE_REDIS_PASSWORD"
_REDIS_OPTIONS = "socket_connect_timeout=2,socket_timeout=20,retry=null"
_DEFINITIONS = '''"""The features of this deployment, as the specification beside this file says."""

from pathlib import Path

from seismic_assets.feature_store.repository import objects_of

for _each in objects_of(Path(__file__).parent):
    globals()[_each.name] = _each
'''


@dataclass(frozen=True)
class StorePlace:
    """Where the feature store of a deployment is.

    Attributes:
        folder: of the repository.
        history, labels: Delta tables of the lake.
        redis: HOST:PORT of Redis, with options as Feast takes them after a comma; None for SQLite in the folder.
        redis_password: of Redis; Feast's own commands take it from SEISMIC_ONLINE_REDIS_PASSWORD.
    """

    folder: Path
    history: Place
    labels: Place
    redis: str | None = None
    redis_password: str | None = field(default=None, repr=False)

    @property
    def online(self) -> Path:
        """SQLite file of the online features."""
        return self.folder / "online.db"


@dataclass(frozen=True)
class Applied:
    """What an application did.

    Attributes:
        registered: names of all objects.
        removed: names of those that were registered before and are no longer.
        changed: whether anything had to be done.
    """

    registered: tuple[str, ...]
    removed: tuple[str, ...]
    changed: bool = True


def write_repository(place: StorePlace, spec: StoreSpec) -> None:
    """Write what Feast's command line needs: its settings, the definitions, and the specification they follow."""
    place.folder.mkdir(parents=True, exist_ok=True)
    replace_file(place.folder / _SPEC, _specification(place, spec))
    replace_file(place.folder / "features.py", _DEFINITIONS)
    replace_file(place.folder / "feature_store.yaml", yaml.safe_dump(_config(place), sort_keys=False))


def read_spec(folder: Path) -> StoreSpec:
    """The specification that a repository follows.

    Raises:
        FeatureStoreError: it is missing or damaged.
    """
    return _read(folder)[0]


def specification_stamp(folder: Path) -> tuple[int, int, int] | None:
    """What changes when the specification is written again; None where there is none."""
    try:
        found = (folder / _SPEC).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def objects_of(folder: Path) -> list[Any]:
    """The definitions of a repository, as objects of Feast.

    Raises:
        FeatureStoreError: the specification is missing or damaged.
    """
    from seismic_assets.feature_store.definitions import definitions_of

    spec, history, labels = _read(folder)
    return list(definitions_of(spec, history, labels))


def open_store(place: StorePlace) -> FeatureStore:
    """The store of a repository, as Feast has it.

    Raises:
        FeatureStoreError: the repository is not there yet, or its registry is damaged.
    """
    if not (place.folder / "feature_store.yaml").exists():
        raise FeatureStoreError(_nothing_yet(place.folder))
    from feast import FeatureStore
    from google.protobuf.message import DecodeError

    try:
        store = FeatureStore(repo_path=str(place.folder))
        store.refresh_registry()  # reads it
        return store
    except DecodeError as error:
        raise DamagedStoreError(_damaged(place, error)) from error


def apply(place: StorePlace, spec: StoreSpec) -> Applied:
    """Register what the specification says, and nothing else; one process at a time.

    Where the registry is as the last application of the same specification left it, nothing is done.

    Raises:
        FeatureStoreError: the registry is damaged, or another process is applying and does not end.
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    with held(place.folder / ".applying", _PATIENCE_SECONDS) as mine:
        if not mine:
            raise FeatureStoreError(f"another process is applying to {place.folder}; try again when it has ended")
        before = _applied_before(place, spec)
        if before is not None:
            return Applied(before, (), changed=False)
        write_repository(place, spec)
        store, objects = _opened_anew(place), objects_of(place.folder)
        gone = _gone(store, objects)
        _drop_changed(place, store, objects)
        _register(place, store, objects, gone)
        names = tuple(each.name for each in objects)
        note = {"registered": names, "registry": _state(place), "files": _files_state(place)}
        replace_file(place.folder / _APPLIED, json.dumps(note, indent=1))
        return Applied(names, tuple(each.name for each in gone))


def is_as_applied(place: StorePlace) -> bool:
    """Whether the registry and the files of the repository are as the last application left them."""
    try:
        note = json.loads((place.folder / _APPLIED).read_text())
        return bool(note["registry"] == _state(place) and note["files"] == _files_state(place))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _opened_anew(place: StorePlace) -> FeatureStore:
    """The store; a registry that is damaged is set aside, as all of it follows from the specification."""
    try:
        return open_store(place)
    except DamagedStoreError as error:
        registry = place.folder / _REGISTRY
        aside = registry.with_name(f"{_REGISTRY}.damaged-{time.time_ns()}")
        registry.rename(aside)
        _log.warning("the registry is damaged and made anew", reason=str(error), set_aside=str(aside))
        return open_store(place)


def _register(place: StorePlace, store: FeatureStore, objects: list[Any], gone: list[Any]) -> None:
    if place.redis is None:
        store.apply(objects, objects_to_delete=gone, partial=False)
        return
    from redis.exceptions import RedisError

    try:
        store.apply(objects, objects_to_delete=gone, partial=False)  # removes rows of views that are gone
    except RedisError as error:
        raise FeatureStoreError(
            f"the features cannot be registered while Redis at {place.redis} cannot be reached ({error}); start it, or "
            "correct SEISMIC_ONLINE_REDIS"
        ) from error


def differences(place: StorePlace, spec: StoreSpec) -> list[str]:
    """What the registry has otherwise than the specification, a sentence each; none where they are equal.

    Raises:
        FeatureStoreError: as of `open_store`.
    """
    from seismic_assets.feature_store.definitions import definitions_of

    store = open_store(place)
    wanted = {(type(each), each.name): each for each in definitions_of(spec, place.history, place.labels)}
    found = {(type(each), each.name): each for each in _registered(store)}
    missing = [f"{kind.__name__} {name} is not registered" for kind, name in wanted.keys() - found.keys()]
    more = [f"{kind.__name__} {name} is registered and not in the code" for kind, name in found.keys() - wanted.keys()]
    other = [
        f"{kind.__name__} {name} is registered otherwise than in the code"
        for kind, name in wanted.keys() & found.keys()
        if _content(wanted[kind, name]) != _content(found[kind, name])
    ]
    return sorted([*missing, *more, *other])


def _read(folder: Path) -> tuple[StoreSpec, Place, Place]:
    path = folder / _SPEC
    if not path.exists():
        raise FeatureStoreError(_nothing_yet(folder))
    try:
        content = json.loads(path.read_text())
        return StoreSpec.from_dict(content["spec"]), place_of(content["history"]), place_of(content["labels"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FeatureStoreError(f"{path} cannot be used ({error}); materialise feature_catalogue again") from error


def _specification(place: StorePlace, spec: StoreSpec) -> str:
    content = {"spec": spec.to_dict(), "history": str(place.history), "labels": str(place.labels)}
    return json.dumps(content, indent=1)


def _config(place: StorePlace) -> dict[str, Any]:
    online: dict[str, Any]
    if place.redis is None:
        online = {"type": "seismic_assets.feature_store.packed.PackedSqliteOnlineStore", "path": place.online.name}
    else:
        # Feast puts the variable in when it reads the file: the password is on no disk.
        password = f',password="${{{PASSWORD_VARIABLE}}}"' if place.redis_password is not None else ""
        online = {"type": "redis", "connection_string": f"{place.redis},{_REDIS_OPTIONS}{password}"}
    return {
        "project": PROJECT,
        "provider": "local",
        "registry": {"registry_type": "file", "path": _REGISTRY, "cache_ttl_seconds": 60},
        "online_store": online,
        "offline_store": {"type": "seismic_assets.feature_store.delta_offline.DeltaDaskOfflineStore"},
        "entity_key_serialization_version": 3,
        "telemetry": False,
    }


def _applied_before(place: StorePlace, spec: StoreSpec) -> tuple[str, ...] | None:
    """What is registered, where the registry is as the application of the same left it."""
    wanted = {_SPEC: _specification(place, spec), "feature_store.yaml": yaml.safe_dump(_config(place), sort_keys=False)}
    try:
        note = json.loads((place.folder / _APPLIED).read_text())
        same = all((place.folder / name).read_text() == text for name, text in wanted.items())
        return tuple(note["registered"]) if same and is_as_applied(place) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not known: then it is applied again


def _state(place: StorePlace) -> str:
    return xxhash.xxh3_128((place.folder / _REGISTRY).read_bytes()).hexdigest()


def _files_state(place: StorePlace) -> str:
    names = (_SPEC, "features.py", "feature_store.yaml")
    return xxhash.xxh3_128(b"".join((place.folder / name).read_bytes() for name in names)).hexdigest()


def _registered(store: FeatureStore) -> list[Any]:
    entities = [each for each in store.list_entities() if each.name != "__dummy"]
    return [*entities, *store.list_feature_views(), *store.list_feature_services()]


def _gone(store: FeatureStore, objects: list[Any]) -> list[Any]:
    kept = {(type(each), each.name) for each in objects}
    return [each for each in _registered(store) if (type(each), each.name) not in kept]


def _drop_changed(place: StorePlace, store: FeatureStore, objects: list[Any]) -> None:
    """Rows of a view that has other features now mean nothing any more."""
    if place.redis is not None or not place.online.exists():
        return  # Redis has a value for each feature by its name
    from seismic_assets.feature_store.packed_tables import PackedTables

    now = {each.name: [field.name for field in each.features] for each in objects if hasattr(each, "batch_source")}
    changed = [
        view.name
        for view in store.list_feature_views()
        if view.name in now and [field.name for field in view.features] != now[view.name]
    ]
    tables = PackedTables(place.online)
    with tables.connection:
        for name in changed:
            tables.drop(f"{PROJECT}_{name}")
    tables.close()


def _content(each: Any) -> Any:
    """What a person decided of an object, without what the registry notes beside it."""
    fields = [
        (one.name, str(one.dtype), one.description, dict(one.tags))
        for one in getattr(each, "features", [])
        if hasattr(one, "dtype")
    ]
    projections = [
        (one.name, [field.name for field in one.features]) for one in getattr(each, "feature_view_projections", [])
    ]
    return (each.name, each.description, dict(each.tags), sorted(fields, key=str), sorted(projections, key=str))


def _nothing_yet(folder: Path) -> str:
    return f"there is no feature store in {folder} yet; materialise feature_catalogue, as `seismic run` does"


def _damaged(place: StorePlace, error: Exception) -> str:
    return (
        f"the registry {place.folder / _REGISTRY} is damaged ({error}); move it away and materialise "
        "feature_catalogue, which makes it anew"
    )
