"""`seismic exporter`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from seismic_assets.cli.addresses import bound, warn_of_others
from seismic_assets.cli.folders import StorageRoot
from seismic_assets.cli.render import errors
from seismic_assets.logs import configure_logs
from seismic_assets.settings import Settings, load_settings

if TYPE_CHECKING:
    from seismic_assets.exporter import Graph

_MOST_CONNECTIONS = 100
_SECONDS_TO_END = 5


def exporter(
    storage_root: StorageRoot = None,
    host: Annotated[str, typer.Option(help="Address to bind to.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to bind to; 0 is any that is free.")] = 8001,
) -> None:
    """Show the pipeline to Prometheus: /metrics with runs, checks, tables, files, daemons, disk and machine.

    It only reads, and begins before anything was run. It asks for no key, so it listens on this machine alone unless
    you give another address.

    [bold]Example[/]

      seismic exporter --storage-root store/ &
      curl -s localhost:8001/metrics
    """
    settings = load_settings(storage_root=storage_root)
    configure_logs(settings.log_level)
    door = bound("the exporter", host, port)
    # Dagster takes seconds to import; an address that is taken is said at once.
    import uvicorn

    from seismic_assets.driver import history_environment
    from seismic_assets.exporter import exporter_app, pipeline_metrics

    os.environ.update(history_environment(settings))

    address, port = door.getsockname()[:2]
    warn_of_others(address, "the exporter asks for no key, and others may read it")
    application = exporter_app(pipeline_metrics(settings, graph_of(settings)))
    shown = f"[{address}]" if ":" in address else address
    errors.print(f"metrics at http://{shown}:{port}/metrics", highlight=False, markup=False, soft_wrap=True)
    config = uvicorn.Config(
        application,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_SECONDS_TO_END,
    )
    uvicorn.Server(config).run(sockets=[door])


def graph_of(settings: Settings) -> Graph:
    """Assets with their groups, and checks, as the definitions of a deployment have them."""
    from seismic_assets.defs.build import build_definitions
    from seismic_assets.exporter import Graph

    graph = build_definitions(settings).resolve_asset_graph()
    return Graph(
        groups={key.to_user_string(): graph.get(key).group_name for key in graph.get_all_asset_keys()},
        checks=tuple(sorted((key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys)),
    )
