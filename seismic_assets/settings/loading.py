"""Read the settings; a wrong value is refused with a clear sentence."""

from __future__ import annotations

import os
from typing import Any

from pydantic import AliasChoices, ValidationError

from seismic_assets.settings.deployment import Settings


class SettingsError(ValueError):
    """A setting has a value that is not allowed: its name, the value, what is allowed."""


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment, overridden by what is given and not None.

    The way to an object store is told to this process's environment: its clients find it nowhere else.

    Raises:
        SettingsError: a sentence for each wrong value.
    """
    try:
        settings = Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        raise SettingsError(" ".join(_sentence(problem) for problem in error.errors())) from error
    except ValueError as error:  # of a source, such as a folder of secrets that is none
        raise SettingsError(f"{error}.") from error
    settings.object_access.tell(os.environ)
    return settings


def variable_of(field: str) -> str:
    """The environment variable of a setting: of several the one that is set, or else the first."""
    names = _aliases(field) or [f"SEISMIC_{field.upper()}"]
    return next((name for name in names if os.environ.get(name)), names[0])


def _sentence(problem: Any) -> str:
    message = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:
        return f"{message}."
    variable = _variable(str(problem["loc"][0]))
    if message.startswith("SEISMIC_"):  # names itself, as where the value is or may hold a secret
        return f"{message}."
    return f"{variable}={problem['input']!r} is not allowed: {message[0].lower()}{message[1:]}."


def _variable(name: str) -> str:
    """The environment variable of a field or an alias."""
    return variable_of(next((field for field in Settings.model_fields if name in _aliases(field)), name))


def _aliases(field: str) -> list[str]:
    known = Settings.model_fields.get(field)
    alias = known.validation_alias if known is not None else None
    return [str(each) for each in alias.choices] if isinstance(alias, AliasChoices) else []
