"""`seismic dagster`: Dagster's processes of a deployment, each by itself, as containers or services start them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from seismic_assets.alive import NotAlive, check_alive
from seismic_assets.cli.addresses import bound, warn_of_others
from seismic_assets.cli.folders import LandingDir, StorageRoot, check_storage_root
from seismic_assets.cli.render import errors
from seismic_assets.settings import Settings, SettingsError, load_settings

dagster = typer.Typer(
    help="Start Dagster's processes one by one, as services of a deployment; `seismic dev` starts all at once.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_LOCATION = "seismic_assets"
_Host = Annotated[str, typer.Option(help="Address to bind to.")]
_Code = Annotated[str, typer.Option(metavar="HOST:PORT", help="Where `seismic dagster code` listens.")]


@dagster.command()
def code(
    host: _Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to bind to.")] = 4000,
    landing_dir: LandingDir = None,
    storage_root: StorageRoot = None,
) -> None:
    """Serve the graph to page and daemon over gRPC; runs are computed beside it, on this machine.

    [bold]Example[/]

      seismic dagster code --landing-dir survey/ --storage-root store/
    """
    settings = load_settings(landing_dir=landing_dir, storage_root=storage_root)
    bound("the graph's server", host, port).close()
    from seismic_assets.deployment import check_object_stores

    check_object_stores(settings)
    settings.landing_folder.mkdir(parents=True, exist_ok=True)
    from seismic_assets.defs.build import build_definitions

    build_definitions(settings)  # what is wrong is said here, not to a page that asks
    warn_of_others(host, "the graph's server asks nobody who they are, and whoever reaches it may run code")
    command = ["api", "grpc", "--module-name", "seismic_assets.definitions", "--location-name", _LOCATION]
    become(settings, [*command, "--host", host, "--port", str(port)])


@dagster.command()
def page(
    code: _Code = "127.0.0.1:4000",
    host: _Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to bind to.")] = 3000,
    read_only: Annotated[bool, typer.Option("--read-only", help="For viewers: nothing can be started.")] = False,
    storage_root: StorageRoot = None,
) -> None:
    """Serve the Dagster page.

    [bold]Example[/]

      seismic dagster page --storage-root store/ --read-only --port 3001
    """
    settings = load_settings(storage_root=storage_root)
    bound("the Dagster page", host, port).close()
    command = ["--workspace", str(_workspace(settings, "page", code)), "--host", host, "--port", str(port)]
    may = "look at everything" if read_only else "start and delete runs"
    warn_of_others(host, f"the Dagster page asks nobody who they are, and whoever reaches it may {may}")
    _warn_of_silence(code)
    become(settings, [*command, *(["--read-only"] if read_only else [])], "dagster_webserver")


@dagster.command()
def daemon(code: _Code = "127.0.0.1:4000", storage_root: StorageRoot = None) -> None:
    """Run sensors, schedules and the queue of runs; one for a deployment.

    [bold]Example[/]

      seismic dagster daemon --storage-root store/
    """
    settings = load_settings(storage_root=storage_root)
    command = ["run", "--workspace", str(_workspace(settings, "daemon", code))]
    _warn_of_silence(code)
    become(settings, command, "dagster._daemon")


@dagster.command()
def alive(storage_root: StorageRoot = None) -> None:
    """Say by the exit status whether the daemon gave a sign lately; for health checks.

    [bold]Example[/]

      seismic dagster alive --storage-root store/
    """
    settings = load_settings(storage_root=storage_root)
    check_storage_root(settings.storage_root)
    become(settings, ["liveness-check"], "dagster._daemon")


def become(settings: Settings, arguments: list[str], module: str = "dagster") -> None:
    """Become a process of Dagster that works on the deployment.

    Args:
        settings: of the deployment.
        arguments: of the process.
        module: that is it.

    Raises:
        SettingsError: the history cannot be used.
    """
    from seismic_assets.driver import history_environment, prepare_home

    environment = {
        **os.environ,
        **history_environment(settings),
        "DAGSTER_HOME": str(prepare_home(settings)),
        "SEISMIC_LANDING_DIR": str(settings.landing_dir),
        "SEISMIC_STORAGE_ROOT": str(settings.storage_root),
        "SEISMIC_STATE_DIR": str(settings.state_dir),
    }
    os.execve(sys.executable, [sys.executable, "-m", module, *arguments], environment)


def _workspace(settings: Settings, process: str, code: str) -> Path:
    """The file that tells a process of Dagster where the graph is served.

    Raises:
        SettingsError: that is no address.
    """
    import yaml

    from seismic_assets.whole_files import replace_file

    host, _, port = code.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingsError(f"--code {code} is no address; give HOST:PORT, such as 127.0.0.1:4000.")
    server = {"host": host.strip("[]"), "port": int(port), "location_name": _LOCATION}
    settings.dagster_dir.mkdir(parents=True, exist_ok=True)
    path = settings.dagster_dir / f"workspace.{process}.yaml"
    replace_file(path, yaml.safe_dump({"load_from": [{"grpc_server": server}]}).encode())
    return path


def _warn_of_silence(code: str) -> None:
    """Say in a line what Dagster says in pages. It is no error: services of a stack start in any order."""
    try:
        check_alive(f"grpc://{code}")
    except NotAlive:
        errors.print(
            f"[bold yellow]Warning:[/] the graph at {escape(code)} does not answer; start `seismic dagster code`; "
            "Dagster goes on, and takes it up when it answers; what it prints until then is of that",
            highlight=False,
            soft_wrap=True,
        )
