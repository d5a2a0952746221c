"""The schemas of the databases and the columns of the tables, brought to those of this version."""

from __future__ import annotations

import logging
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import dagster as dg

from seismic_assets.driver.home import open_instance
from seismic_assets.lake import Lake
from seismic_assets.lake.tables import asset_of
from seismic_assets.objects.files import move_folder
from seismic_assets.releasing import OldTable, old_tables, widen
from seismic_assets.settings import Settings

_ASIDE = "_replaced"


def migrate(settings: Settings, deploy_id: str) -> str:
    """Bring everything that keeps state to this version; what is of this version already stays as it is."""
    with open_instance(settings) as instance:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):  # it tells of each file that it looks into
            instance.upgrade()
        moved = [_moved(settings, instance, old, deploy_id) for old in old_tables(Lake(settings.lake_dir))]
    done = ["Dagster's history", *(["MLflow's database"] if _upgrade_mlflow(settings.mlflow_uri) else []), *moved]
    return f"of this version now: {', '.join(done)}"


def _moved(settings: Settings, instance: dg.DagsterInstance, old: OldTable, deploy_id: str) -> str:
    lake, name = Lake(settings.lake_dir), old.table.name
    if old.remedy == "widened":
        return f"{name} ({widen(lake, old.table):,} rows kept)"
    aside = settings.lake_dir / _ASIDE / deploy_id / name
    # The history first: killed in between, the asset is made again, which does no harm to a table that is still there.
    instance.wipe_assets([dg.AssetKey(asset_of(name))])
    move_folder(lake.path(old.table), aside)
    return f"{name} (moved to {aside}, made anew by the run)"


def _upgrade_mlflow(uri: str) -> bool:
    """As `mlflow db upgrade` does; a server upgrades its own database, and a new file is of this version."""
    file = Path(uri.removeprefix("sqlite:///"))
    if not uri.startswith(("sqlite:///", "postgresql")) or (uri.startswith("sqlite:///") and not file.exists()):
        return False
    logging.getLogger("alembic").setLevel(logging.WARNING)
    from mlflow.db import upgrade

    upgrade.callback(uri)
    return True
