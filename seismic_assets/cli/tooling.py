"""`seismic mcp`."""

from __future__ import annotations

from typing import Annotated

import typer

from seismic_assets.cli.folders import (
    LandingDir,
    StorageRoot,
    check_landing_folder,
    check_storage_root,
    settings_for_reading,
)
from seismic_assets.cli.render import errors
from seismic_assets.lake import Lake
from seismic_assets.logs import configure_logs
from seismic_assets.objects.address import place_of


def mcp(
    http: Annotated[
        bool, typer.Option("--http", help="Serve over HTTP at /mcp instead of the standard streams.")
    ] = False,
    host: Annotated[str, typer.Option(help="Address to bind to with --http; of this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to bind to with --http.")] = 8765,
    storage_root: StorageRoot = None,
    landing_dir: LandingDir = None,
) -> None:
    """Offer read-only tools over the deployment to clients of the Model Context Protocol.

    Files and their quality, SQL over the tables, reports, predictions, documents. Nothing is written, and nobody but
    this machine is served.

    [bold]Example[/]

      seismic mcp --storage-root store/ --landing-dir landing/
    """
    # What was asked for is looked at before the settings are: two folders that are missing may also lie in each other.
    if storage_root is not None:
        check_storage_root(place_of(storage_root))
    if landing_dir is not None:
        check_landing_folder(place_of(landing_dir))
    settings = settings_for_reading(storage_root=storage_root, landing_dir=landing_dir)
    check_storage_root(settings.local_root)
    configure_logs(settings.log_level)
    from seismic_assets.llm.tool_use import ToolError
    from seismic_assets.tools.server import make_server
    from seismic_assets.tools.toolbox import Toolbox
    from seismic_assets.tools.transports import address_of, listening, serve_http, serve_stdio

    if not Lake(settings.lake_dir).is_there():
        _say(f"there is no deployment in {settings.local_root} yet; give --storage-root of `seismic run`, or run it.")
    # Without a language model: the client is one itself, and passages say more to it than another model's words.
    server = make_server(Toolbox(settings))
    if not http:
        serve_stdio(server)
        return
    try:
        door = listening(host, port)
    except ToolError as error:
        raise typer.BadParameter(str(error)) from error
    _say(f"tools at {address_of(host, port)}")
    serve_http(server, door, host, port)


def _say(sentence: str) -> None:
    errors.print(sentence, highlight=False, markup=False, soft_wrap=True)
