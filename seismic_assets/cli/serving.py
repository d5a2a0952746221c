"""`seismic serve`."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seismic_assets.cli.addresses import bound, is_loopback
from seismic_assets.cli.folders import StorageRoot
from seismic_assets.cli.render import errors
from seismic_assets.logs import configure_logs
from seismic_assets.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from seismic_assets.serving.config import ServiceConfig

_METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_MEGABYTE = 1024 * 1024
# Beyond it uvicorn itself answers 503: each connection costs a file and memory, even one that never says a word.
_MOST_CONNECTIONS = 900
# On a busy machine a worker imports for longer than uvicorn's five seconds, and would be killed over and over.
_SECONDS_TO_ANSWER = 30
_SECONDS_TO_END = 30


def serve(
    storage_root: StorageRoot = None,
    host: Annotated[str | None, typer.Option(help="Address to bind to; SEISMIC_API_HOST, 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to bind to; SEISMIC_API_PORT, 8000.")] = None,
    model: Annotated[
        str | None, typer.Option(help="production, staging, a version, or a bundle's folder; SEISMIC_API_MODEL.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that serve; SEISMIC_API_WORKERS, 1.")] = None,
) -> None:
    """Serve a model over HTTP: /dashboard for people, /v1/predict for programs, /v1/metrics for Prometheus.

    A promotion or a rollback is followed within SEISMIC_MODEL_POLL_SECONDS, without a restart. Without any key
    (`seismic key create`) it serves the loopback interface only.

    [bold]Example[/]

      seismic serve --storage-root store/ &
      curl -s localhost:8000/health
    """
    settings = load_settings(
        storage_root=storage_root, api_host=host, api_port=port, api_model=model, api_workers=workers
    )
    import uvicorn

    configure_logs(settings.log_level)
    _refuse_open_door(settings)
    options: dict[str, Any] = {
        "host": settings.api_host,
        "port": settings.api_port,
        "log_level": "warning",
        "access_log": False,
        "server_header": False,
        "limit_concurrency": _MOST_CONNECTIONS,
        "timeout_graceful_shutdown": _SECONDS_TO_END,
        "timeout_worker_healthcheck": _SECONDS_TO_ANSWER,
    }
    bound("the service", settings.api_host, settings.api_port).close()  # a port that is taken is said before loading
    shown = f"http://{settings.api_host}:{settings.api_port}/dashboard"
    errors.print(f"serving {settings.api_model} at {shown}", highlight=False, markup=False, soft_wrap=True)
    if settings.api_workers == 1:
        os.environ.pop(_METRICS_FOLDER, None)  # importing Feast sets it, and every child inherits it
        uvicorn.run(application(settings), **options)
        return
    with _handed_on(settings):
        # Then its parent says which of them died.
        options["log_level"] = "info"
        uvicorn.run("seismic_assets.cli.serving:application", factory=True, workers=settings.api_workers, **options)


def application(settings: Settings | None = None) -> FastAPI:
    """The application of a deployment; of the environment's, where a worker process makes it."""
    if settings is None:
        settings = load_settings()
        threading.Thread(target=_end_with, args=(os.getppid(),), name="watch-parent", daemon=True).start()
    configure_logs(settings.log_level)
    from seismic_assets.deployment import registry_of
    from seismic_assets.serving.app import create_app
    from seismic_assets.serving.sources import source_of

    second = settings.api_second_model
    return create_app(
        source_of(settings.api_model, lambda: registry_of(settings)),
        poll_seconds=settings.model_poll_seconds,
        second=None if second is None else source_of(second, lambda: registry_of(settings)),
        config=config_of(settings),
    )


def _end_with(parent: int) -> None:
    """End this worker when its parent is gone: alone it would hold the port, and nobody would see to it."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os.kill(os.getpid(), signal.SIGTERM)


def config_of(settings: Settings) -> ServiceConfig:
    """What the settings tell a service."""
    from seismic_assets.deployment import language_model_of, store_place_of
    from seismic_assets.serving.config import Documents, Limits, Recording, ServiceConfig

    # Of one worker alone the numbers are its own: a folder that the environment names is another program's.
    shared = os.environ.get(_METRICS_FOLDER) if settings.api_workers > 1 else None
    documents = Documents(
        settings.knowledge_index_dir,
        settings.local_root,
        settings.ask_method,
        partial(language_model_of, settings),
        settings.llm_timeout_s,
    )
    recording = Recording(settings.api_record_inputs, settings.api_record_days, settings.api_record_max_mb * _MEGABYTE)
    return ServiceConfig(
        folder=settings.serving_dir,
        environment_key=_environment_key(settings),
        limits=Limits(
            body_bytes=settings.api_max_body_mb * _MEGABYTE,
            segy_bytes=settings.api_max_segy_mb * _MEGABYTE,
            waiting=settings.api_max_waiting,
            timeout_seconds=settings.api_timeout_s,
            per_minute=settings.api_rate_per_minute,
            rate_storage=settings.api_rate_storage,
        ),
        recording=recording if settings.api_record else None,
        second_role=settings.api_second_role,
        second_share=settings.api_second_share,
        cors_origins=settings.api_cors_origins,
        metrics=settings.api_metrics,
        storage_root=settings.local_root,
        shared_metrics=None if shared is None else Path(shared),
        otlp_endpoint=settings.otlp_endpoint,
        features=store_place_of(settings) if settings.feature_store else None,
        store_features=settings.api_store_features,
        served_hours=settings.online_served_hours,
        documents=documents if settings.knowledge else None,
    )


def _refuse_open_door(settings: Settings) -> None:
    """Without a key the service is for this machine and for trying out."""
    from seismic_assets.serving.keys import KeyStore

    if KeyStore(settings.serving_dir / "keys.json", _environment_key(settings)).any():
        return
    remedy = "make one with `seismic key create --name NAME --role admin`, or set SEISMIC_API_KEY"
    if settings.api_key_required:
        raise SettingsError(
            f"the service does not start without an API key where SEISMIC_API_KEY_REQUIRED says so, as it does in "
            f"production; {remedy}."
        )
    if not is_loopback(settings.api_host):
        raise SettingsError(
            f"SEISMIC_API_HOST={settings.api_host} lets others in, for which the service needs an API key; {remedy}."
        )


def _environment_key(settings: Settings) -> str | None:
    return None if settings.api_key is None else settings.api_key.get_secret_value()


@contextmanager
def _handed_on(settings: Settings) -> Iterator[None]:
    """Give the worker processes, which read the environment, what was said on the command line."""
    from seismic_assets.serving.metrics import new_metrics_folder

    folder = new_metrics_folder()
    os.environ["SEISMIC_STORAGE_ROOT"] = str(settings.storage_root)
    os.environ["SEISMIC_STATE_DIR"] = str(settings.state_dir)
    os.environ["SEISMIC_API_MODEL"] = settings.api_model
    os.environ["SEISMIC_API_WORKERS"] = str(settings.api_workers)
    os.environ[_METRICS_FOLDER] = str(folder)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
