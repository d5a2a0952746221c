"""Read the settings; a wrong value is refused with a clear sentence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, ValidationError

from seismic_assets.objects.address import written
from seismic_assets.settings.databases import NOT_TOLD
from seismic_assets.settings.deployment import Settings

_OURS = "Value error, "


class SettingsError(ValueError):
    """A setting has a value that is not allowed: its name, the value, what is allowed."""


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment, overridden by what is given and not None.

    The way to an object store is told to this process's environment: its clients find it nowhere else.

    Raises:
        SettingsError: a sentence for each wrong value; or a file is where a folder is needed.
    """
    try:
        settings = Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        raise SettingsError(" ".join(_sentence(problem) for problem in error.errors())) from error
    except ValueError as error:  # of a source, such as a folder of secrets that is none
        raise SettingsError(f"{error}.") from error
    _check_folders(settings)
    settings.object_access.tell(os.environ)
    return settings


def _check_folders(settings: Settings) -> None:
    """Go on where the folders that are written to are ones, or can become ones."""
    root = f"the storage root {settings.storage_root}", "give a folder with --storage-root or SEISMIC_STORAGE_ROOT"
    if settings.local_root != settings.storage_root:
        root = f"SEISMIC_STATE_DIR={settings.state_dir}", "give a folder"
    home = f"{variable_of('dagster_home')}={settings.dagster_dir}", "give a folder"
    for place, (what, remedy) in ((settings.local_root, root), (settings.dagster_dir, home)):
        file = next((each for each in (place, *place.parents) if os.path.isfile(each)), None)  # noqa: PTH113 - that of pathlib raises where a folder may not be read
        if file is not None:
            why = "it is a file" if file == place else f"{file} is a file"
            raise SettingsError(f"{what} is no folder: {why}; {remedy}.")


def variable_of(field: str) -> str:
    """The environment variable of a setting: of several the one that is set, or else the first."""
    names = _aliases(field) or [f"SEISMIC_{field.upper()}"]
    return next((name for name in names if os.environ.get(name)), names[0])


def _sentence(problem: Any) -> str:
    message = problem["msg"].removeprefix(_OURS)
    if message == problem["msg"]:  # pydantic's begin as sentences, ours may begin with what was given
        message = f"{message[0].lower()}{message[1:]}"
    if not problem["loc"]:
        return f"{message}."
    variable = _variable(str(problem["loc"][0]))
    if problem["type"] == NOT_TOLD:
        return f"{variable}: {message}."
    if message.startswith("SEISMIC_"):  # names itself, as where the value is or may hold a secret
        return f"{message}."
    given = problem["input"]
    told = written(given) if isinstance(given, Path) else given
    return f"{variable}={told!r} is not allowed: {message}."


def _variable(name: str) -> str:
    """The environment variable of a field or an alias."""
    return variable_of(next((field for field in Settings.model_fields if name in _aliases(field)), name))


def _aliases(field: str) -> list[str]:
    known = Settings.model_fields.get(field)
    alias = known.validation_alias if known is not None else None
    return [str(each) for each in alias.choices] if isinstance(alias, AliasChoices) else []
