"""Where each setting in force comes from, and its value as it may be shown."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr

from seismic_assets.settings.base import SECRETS_DIR, names_of, secrets_dir
from seismic_assets.settings.deployment import Settings
from seismic_assets.settings.profiles import ENVIRONMENTS, PROFILES

Kind = Literal["given", "variable", "secret file", "profile", "default"]
_PASSWORD = re.compile(r"(?<=://)([^/@\s]*?):[^/@\s]*@")
_HIDDEN = "***"
_ALIKE = 0.8


@dataclass(frozen=True)
class SettingInForce:
    """A setting, its value and whence it is.

    Attributes:
        name: of the field.
        variable: that sets it.
        value: as JSON holds it; what is secret is not in it.
        kind: what set it.
        origin: the variable, file or profile that did; empty for what a command was given, and for a default.
    """

    name: str
    variable: str
    value: Any
    kind: Kind
    origin: str = ""


def settings_in_force(settings: Settings, given: frozenset[str] = frozenset()) -> list[SettingInForce]:
    """Every setting, in the order of the fields.

    Args:
        settings: as they were loaded from this environment.
        given: names of fields that a command was given.
    """
    return [_in_force(settings, name, given) for name in Settings.model_fields]


def differences() -> dict[str, dict[str, Any]]:
    """What the profiles set: the value in each environment, by the name of a setting; a default where one sets none."""
    names = sorted({name for values in PROFILES.values() for name in values})
    defaults = {name: Settings.model_fields[name].default for name in names}
    return {name: {each: PROFILES[each].get(name, defaults[name]) for each in ENVIRONMENTS} for name in names}


def unknown_variables() -> dict[str, str]:
    """Variables of the environment that look like settings and are none, each with the setting that it is most like.

    The other value is empty where it is like none.
    """
    return _strange(os.environ, _known_variables() | {SECRETS_DIR})


def unknown_secret_files() -> dict[str, str]:
    """The same of the files in the folder of secrets, by their paths: their names are those of variables.

    Raises:
        ValueError: the folder that the environment names is none.
    """
    folder = secrets_dir()
    files = {path.name: str(path) for path in folder.iterdir() if path.is_file()} if folder is not None else {}
    return {files[name]: meant for name, meant in _strange(files, _known_variables()).items()}


def _strange(names: Iterable[str], known: set[str]) -> dict[str, str]:
    strange = sorted(each for each in names if each.upper().startswith("SEISMIC_") and each.upper() not in known)
    return {each: next(iter(get_close_matches(each.upper(), known, 1, _ALIKE)), "") for each in strange}


def _known_variables() -> set[str]:
    return {variable for name in Settings.model_fields for variable in variables_of(name)}


def variables_of(name: str) -> tuple[str, ...]:
    """The environment variables of a setting; the first goes before the others."""
    _, *aliases = names_of(name, Settings.model_fields[name])
    return tuple(aliases) or (f"SEISMIC_{name.upper()}",)


def variables_told() -> list[str]:
    """Those that a job elsewhere is told of: all but secrets, which its machine holds itself, and where these lie."""
    open_ones = [each for each, field in Settings.model_fields.items() if "SecretStr" not in str(field.annotation)]
    return ["DAGSTER_HOME", SECRETS_DIR, *(variable for each in open_ones for variable in variables_of(each))]


def _in_force(settings: Settings, name: str, given: frozenset[str]) -> SettingInForce:
    variables, value = variables_of(name), shown(getattr(settings, name))
    if name in given:
        return SettingInForce(name, variables[0], value, "given")
    return SettingInForce(name, variables[0], value, *_whence(settings, name))


def _whence(settings: Settings, name: str) -> tuple[Kind, str]:
    variables = variables_of(name)
    if variable := next((each for each in variables if os.environ.get(each)), None):
        return "variable", variable
    if file := next((path for each in variables for path in _secret_files(each)), None):
        return "secret file", str(file)
    if name in PROFILES[settings.env]:
        return "profile", settings.env
    return "default", ""


def _secret_files(variable: str) -> Iterator[Path]:
    folder = secrets_dir()
    if folder is not None:
        yield from (path for path in sorted(folder.iterdir()) if path.name.lower() == variable.lower())


def shown(value: Any) -> Any:
    """A value as JSON holds it: a secret is `***`, and so is the password within an address."""
    if isinstance(value, SecretStr):
        return _HIDDEN
    if isinstance(value, list | tuple | set | frozenset):
        return [shown(each) for each in value]
    if isinstance(value, dict):
        return {str(key): shown(each) for key, each in value.items()}
    if value is None or isinstance(value, bool | int | float):
        return value
    return _PASSWORD.sub(rf"\1:{_HIDDEN}@", str(value))
