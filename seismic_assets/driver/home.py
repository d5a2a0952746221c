"""Dagster's home of a deployment, and where its history lies."""

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import dagster as dg
import yaml

from seismic_assets.driver.launcher import MARK, launcher_section
from seismic_assets.settings import Settings, SettingsError
from seismic_assets.whole_files import replace_file

DATABASE = "SEISMIC_DAGSTER_DATABASE"
_CONNECT_SECONDS = 5


def prepare_home(settings: Settings) -> Path:
    """Dagster's home, with the project's configuration in it unless there is one of somebody else already.

    Raises:
        SettingsError: that one does not name the database or the launcher that the settings name, the database cannot
            be used, or the launcher's own configuration is none.
    """
    home = settings.dagster_dir
    home.mkdir(parents=True, exist_ok=True)
    configuration = home / "dagster.yaml"
    wanted = _shipped(database=settings.dagster_database is not None) + launcher_section(settings)
    present = configuration.read_text() if configuration.exists() else None
    ours = present is None or present.partition(MARK)[0] in (_shipped(database=False), _shipped(database=True))
    if not ours:
        _check_theirs(configuration, settings)
    if settings.dagster_database is not None:  # before anything is written: a wrong address changes nothing
        check_database(settings.dagster_database.get_secret_value())
    if ours and present != wanted:
        replace_file(configuration, wanted.encode())
    return home


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """The Dagster instance of a deployment; `dagster dev` on the same storage root shows what was done with it.

    Raises:
        SettingsError: as of `prepare_home`.
    """
    home = prepare_home(settings)
    use_history(settings)
    return dg.DagsterInstance.from_config(str(home))


def use_history(settings: Settings) -> None:
    """Let this process find the database of the history, for who opens the home that is there without making one."""
    os.environ.update(history_environment(settings))


def history_environment(settings: Settings) -> Mapping[str, str]:
    """What Dagster's processes must find in their environment: the database and the token of a cluster, from a file."""
    database, token = settings.dagster_database, settings.ray_token
    told = {} if database is None else {DATABASE: database.get_secret_value()}
    return told if token is None else {**told, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token.get_secret_value()}


def check_reading_history(settings: Settings) -> None:
    """See that the place where Dagster's home keeps the history can be asked.

    Raises:
        SettingsError: its database does not answer, or is not named by the settings.
    """
    configuration = settings.dagster_dir / "dagster.yaml"
    if settings.dagster_database is not None:  # Dagster would try it for a while, and end in its insides
        check_database(settings.dagster_database.get_secret_value())
    elif configuration.is_file() and DATABASE in str(_sections_of(configuration).get("storage")):
        raise SettingsError(
            f"{configuration} keeps the history in the database of {DATABASE}, which is not set; set it."
        )


def place_of_history(settings: Settings) -> str:
    """What a sentence calls the place of Dagster's history."""
    return f"below {settings.dagster_dir}" if settings.dagster_database is None else f"in the database of {DATABASE}"


def _shipped(*, database: bool) -> str:
    names = ("dagster.yaml", "dagster_postgres.yaml") if database else ("dagster.yaml",)
    return "".join(files("seismic_assets").joinpath(name).read_text() for name in names)


def _check_theirs(configuration: Path, settings: Settings) -> None:
    """See that a configuration of somebody else does what the settings ask for.

    Raises:
        SettingsError: it keeps the history elsewhere, or starts runs otherwise.
    """
    asked = {"storage": DATABASE} if settings.dagster_database is not None else {}
    if settings.run_launcher != "local":
        asked["run_launcher"] = {"kubernetes": "K8sRunLauncher", "ray": "RayRunLauncher"}[settings.run_launcher]
    if not asked:
        return
    sections = _sections_of(configuration)
    for section, name in asked.items():
        if name not in str(sections.get(section)):
            raise SettingsError(
                f"{configuration} is not ours and its section `{section}` does not name {name}; add the section that "
                f"docs/operator.md shows, or move the file away."
            )


def _sections_of(configuration: Path) -> Mapping[str, object]:
    try:
        content = yaml.safe_load(configuration.read_text())
    except yaml.YAMLError as error:
        raise SettingsError(f"{configuration} is no YAML ({' '.join(str(error).split())}); mend it.") from error
    return content if isinstance(content, Mapping) else {}


def check_database(address: str, variable: str = DATABASE) -> None:
    """See that a database answers before others try, which would take minutes or end in a page of their insides.

    Args:
        address: of a PostgreSQL.
        variable: that gave it.

    Raises:
        SettingsError: the address is none, its driver is not installed, it does not answer, or it lets nobody in.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError, OperationalError

    try:
        import dagster_postgres  # noqa: F401

        engine = create_engine(address, connect_args={"connect_timeout": _CONNECT_SECONDS})
    except ImportError as error:
        raise SettingsError(
            f"{variable} is set, but its driver is missing; pip install 'seismic-assets[postgres]'."
        ) from error
    except (ArgumentError, ValueError):  # which tell the address, and that may hold a password
        raise SettingsError(f"{variable}: give postgresql://USER:PASSWORD@HOST:PORT/NAME.") from None
    try:
        engine.connect().close()
    except OperationalError as error:
        reason = " ".join(str(error.orig).strip().splitlines()[0].split())
        raise SettingsError(
            f"the database of {variable} cannot be used ({reason}); start it, or mend the address."
        ) from error
    finally:
        engine.dispose()
