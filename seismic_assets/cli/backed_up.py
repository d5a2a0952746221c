"""Which folders make up a deployment, for its backup; and what no folder holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from seismic_assets.backups import Area, LeftOut
from seismic_assets.objects import ObjectAddress
from seismic_assets.settings import Settings

_SQLITE = "sqlite:///"
# What a run has seen is copied before the history, and that before what it speaks of: a table that is newer than the
# history knows is made again by the next run, one that is older would be missed.
_HISTORY_FIRST = ("seismic_run.*", "schedules/*", "history/runs/index.db", "history/runs.db")
# Uploads are answered and gone, copies of landed files come again, replaced tables were set aside by a deploy.
_OF_THE_MOMENT = ("serving/uploads/*", "lake/_replaced/*", "storage_root.txt")


def areas_of(settings: Settings, state_only: bool = False) -> list[Area]:
    """The areas of a deployment in the order in which they are copied.

    Args:
        settings: of the deployment.
        state_only: without tables and MLflow's artifacts.
    """
    registry, studies = registry_file(settings), _file_of(settings.studies_uri)
    kept = settings.dagster_database is not None
    dagster = Area("dagster", settings.dagster_dir, first=_HISTORY_FIRST, without=("seismic_run.*",) if kept else ())
    files = [
        Area(name, file.parent, only=(file.name,))
        for name, file in (("registry", registry), ("studies", studies))
        if file is not None
    ]
    big = [] if _of_server(settings) else [Area("artifacts", settings.mlflow_artifacts)]
    big.append(Area("lake", settings.lake_dir, without=("_replaced/*",)))
    state = Area("state", settings.local_root, without=(*_OF_THE_MOMENT, *_elsewhere(settings, [dagster, *files])))
    return [dagster, *files, state, *([] if state_only else big)]


def left_out_of(settings: Settings, state_only: bool = False) -> list[LeftOut]:
    """What the backup of a deployment does not hold, and what is the backup of that."""
    return list(_left_out(settings, state_only))


def registry_file(settings: Settings) -> Path | None:
    """MLflow's database where it is a file."""
    return _file_of(settings.mlflow_uri)


def _left_out(settings: Settings, state_only: bool) -> Iterator[LeftOut]:
    if settings.dagster_database is not None:
        yield LeftOut("Dagster's history", "it is in PostgreSQL: make a dump with pg_dump, before each backup")
    if registry_file(settings) is None:
        yield LeftOut("MLflow's database", "it is of a server: make a dump with pg_dump, before each backup")
    if _of_server(settings):
        yield LeftOut("MLflow's artifacts", "the server keeps them: copy the folder or bucket that it was given")
    if _file_of(settings.studies_uri) is None:
        yield LeftOut("Optuna's studies", "they are in a database: make a dump with pg_dump")
    if settings.online_redis is not None:
        yield LeftOut("the online features", "they are in Redis, and are put there again from the lake")
    if isinstance(settings.landing_dir, ObjectAddress):
        yield LeftOut("landed files", "they are in an object store, whose versions or copies are their backup")
    else:
        yield LeftOut("landed files", "they are input; copy the landing folder too")
    if state_only:
        yield LeftOut("tables and MLflow's artifacts", "asked for: versions or copies of the store are their backup")


def _elsewhere(settings: Settings, areas: list[Area]) -> Iterator[str]:
    """Patterns of what lies below the folder of the state and is of another area."""
    root = settings.local_root
    for area in areas:
        if isinstance(area.place, Path) and area.place.is_relative_to(root):
            within = area.place.relative_to(root).as_posix()
            yield from (f"{within}/{name}" for name in area.only or ("*",))
    for place in (settings.mlflow_artifacts, settings.lake_dir):
        if isinstance(place, Path):
            yield f"{place.relative_to(root).as_posix()}/*"
    if isinstance(settings.landing_dir, ObjectAddress):
        yield f"{settings.landing_folder.relative_to(root).as_posix()}/*"


def _of_server(settings: Settings) -> bool:
    return settings.mlflow_uri.startswith(("http://", "https://"))


def _file_of(uri: str) -> Path | None:
    return Path(uri.removeprefix(_SQLITE)).resolve() if uri.startswith(_SQLITE) else None
