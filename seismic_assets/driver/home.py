"""Dagster's home of a deployment."""

from importlib.resources import files
from pathlib import Path

import dagster as dg

from seismic_assets.settings import Settings
from seismic_assets.whole_files import replace_file


def prepare_home(settings: Settings) -> Path:
    """Dagster's home, with the project's configuration in it unless there is one already."""
    home = settings.dagster_dir
    home.mkdir(parents=True, exist_ok=True)
    configuration = home / "dagster.yaml"
    if not configuration.exists():
        replace_file(configuration, files("seismic_assets").joinpath("dagster.yaml").read_bytes())
    return home


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """The Dagster instance of a deployment; `dagster dev` on the same storage root shows what was done with it."""
    return dg.DagsterInstance.from_config(str(prepare_home(settings)))
