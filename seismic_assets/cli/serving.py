"""`seismic serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seismic_assets.logs import configure_logs
from seismic_assets.settings import load_settings


def serve(
    storage_root: Annotated[Path | None, typer.Option(help="Storage root that holds the model.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to bind to; SEISMIC_API_HOST, 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to bind to; SEISMIC_API_PORT, 8000.")] = None,
) -> None:
    """Serve the production model over HTTP: /health, /predict.

    A promotion or a rollback is followed within SEISMIC_MODEL_POLL_SECONDS, without a restart.

    [bold]Example[/]

      seismic serve --storage-root store/ &
      curl -s localhost:8000/health
    """
    settings = load_settings(storage_root=storage_root, api_host=host, api_port=port)
    import uvicorn

    from seismic_assets.defs.resources import registry_of
    from seismic_assets.serving import create_app

    configure_logs(settings.level)
    registry = registry_of(settings)
    app = create_app(registry.aliased, current=registry.version_of, poll_seconds=settings.model_poll_seconds)
    uvicorn.run(app, host=settings.api_host, port=settings.api_port, log_level="warning")
