"""`seismic mcp`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seismic_assets.cli.render import errors
from seismic_assets.logs import configure_logs
from seismic_assets.settings import load_settings


def mcp(
    http: Annotated[
        bool, typer.Option("--http", help="Serve over HTTP at /mcp instead of the standard streams.")
    ] = False,
    host: Annotated[str, typer.Option(help="Address to bind to with --http; of this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to bind to with --http.")] = 8765,
    storage_root: Annotated[Path | None, typer.Option(help="Storage root; SEISMIC_STORAGE_ROOT.")] = None,
    landing_dir: Annotated[Path | None, typer.Option(help="Folder of SEG-Y files; SEISMIC_LANDING_DIR.")] = None,
) -> None:
    """Offer read-only tools over the deployment to clients of the Model Context Protocol.

    Files and their quality, SQL over the tables, reports, predictions, documents. Nothing is written, and nobody but
    this machine is served.

    [bold]Example[/]

      seismic mcp --storage-root store/ --landing-dir landing/
    """
    settings = load_settings(storage_root=storage_root, landing_dir=landing_dir)
    configure_logs(settings.level)
    from seismic_assets.llm.tool_use import ToolError
    from seismic_assets.tools.server import make_server
    from seismic_assets.tools.toolbox import Toolbox
    from seismic_assets.tools.transports import PATH, refuse_other_hosts, serve_http, serve_stdio

    if http:
        try:
            refuse_other_hosts(host)
        except ToolError as error:
            raise typer.BadParameter(str(error)) from error
    # Without a language model: the client is one itself, and passages say more to it than another model's words.
    server = make_server(Toolbox(settings))
    if http:
        errors.print(f"tools at http://{host}:{port}{PATH}", highlight=False, markup=False, soft_wrap=True)
        serve_http(server, host, port)
    else:
        serve_stdio(server)
