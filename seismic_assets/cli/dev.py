"""`seismic dev`: the Dagster page and daemon on a storage root."""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated

import typer

from seismic_assets.cli.dagster_processes import become
from seismic_assets.cli.folders import LandingDir, StorageRoot
from seismic_assets.settings import load_settings


def dev(
    landing_dir: LandingDir = None,
    storage_root: StorageRoot = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the Dagster page on 127.0.0.1.")] = 3000,
) -> None:
    """Start the Dagster page and its daemon; files dropped into the landing folder are then taken up without a click.

    [bold]Example[/]

      seismic dev --landing-dir survey/ --storage-root store/
    """
    settings = load_settings(landing_dir=landing_dir, storage_root=storage_root)
    from seismic_assets.deployment import check_object_stores

    check_object_stores(settings)
    settings.landing_folder.mkdir(parents=True, exist_ok=True)
    from seismic_assets.defs.build import build_definitions

    build_definitions(settings)  # what is wrong is said here, not in the log of a page that shows nothing
    workspace = str(files("seismic_assets").joinpath("workspace.yaml"))
    become(settings, ["dev", "-w", workspace, "--host", "127.0.0.1", "--port", str(port)])
