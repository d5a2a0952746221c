"""Compose files as the Compose specification reads them: variables put in, overlays merged, profiles chosen.

Only what the files of this repository use is here; `docker compose config` is the judge where there is an engine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

from deploy.stack.errors import StackError

REPOSITORY = Path(__file__).parents[2]
BASE = REPOSITORY / "docker-compose.yml"
ENVIRONMENTS = ("dev", "staging", "prod")
_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>[A-Za-z_]\w*)(?:(?P<kind>:?[-?])(?P<other>[^}]*))?\})")
# The later file's value takes the place of the earlier's whole.
_REPLACED = frozenset({"command", "entrypoint", "test"})


def overlay(name: str) -> Path:
    """The overlay of an environment, or of what is used beside it."""
    return REPOSITORY / "deploy" / "compose" / f"{name}.yml"


def load(environment: str | None, variables: Mapping[str, str], *further: str) -> dict[str, Any]:
    """The base file with the overlays of an environment and of what is used beside it, variables put in.

    Args:
        environment: dev, staging or prod, or None.
        variables: for the files.
        further: names of overlays, such as `s3`, that come after the environment's.

    Raises:
        StackError: a variable that a file demands is not set.
    """
    merged: dict[str, Any] = {}
    for path in [BASE, *map(overlay, [*([] if environment is None else [environment]), *further])]:
        merged = merge(merged, interpolated(yaml.safe_load(path.read_text()), variables))
    return merged


def interpolated(content: Any, variables: Mapping[str, str]) -> Any:
    """The content of a file with `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `$$` put in.

    Raises:
        StackError: a variable with a message is not set.
    """
    if isinstance(content, dict):
        return {key: interpolated(value, variables) for key, value in content.items()}
    if isinstance(content, list):
        return [interpolated(value, variables) for value in content]
    if isinstance(content, str):
        return _VARIABLE.sub(lambda found: _value(found, variables), content)
    return content


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    name, kind, other = found["name"], found["kind"] or "", found["other"] or ""
    if name is None:
        return "$"
    value = variables.get(name)
    if value is None or (kind.startswith(":") and not value):
        if kind.endswith("?"):
            raise StackError(f"{name} is not set: {other}.")
        return other if kind else ""
    return value


def merge(first: Any, second: Any) -> Any:
    """What a file and a later one make together.

    Mappings are merged key by key, lists added up without what is there already, mounts to one place replaced; a
    command or a health check of the later file stands alone.
    """
    if isinstance(first, dict) and isinstance(second, dict):
        return {**first, **{key: _merged_key(key, first, value) for key, value in second.items()}}
    if isinstance(first, list) and isinstance(second, list):
        replaced = {_place(each) for each in second}
        return [each for each in first if _place(each) not in replaced] + second
    return second


def _merged_key(key: str, first: Mapping[str, Any], value: Any) -> Any:
    return value if key in _REPLACED or key not in first else merge(first[key], value)


def _place(entry: Any) -> str:
    """What of an entry of a list another one with the same takes over: of a mount where it appears, else all of it."""
    mount = mount_of(entry) if isinstance(entry, str) else None
    return mount[1] if mount else str(entry)


def mount_of(entry: str) -> tuple[str, str] | None:
    """Source and target of a mount in its short form; None for what is none."""
    source, _, rest = entry.partition(":")
    target = rest.split(":")[0]
    return (source, target) if target.startswith("/") else None


def active(services: Mapping[str, Mapping[str, Any]], profiles: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """The services without a profile, and those of the named ones.

    Raises:
        StackError: no service has such a profile.
    """
    known = {profile for service in services.values() for profile in service.get("profiles", ())}
    if unknown := sorted(set(profiles) - known):
        raise StackError(f"there is no profile {', '.join(unknown)}; choose from {', '.join(sorted(known))}.")
    return {
        name: service
        for name, service in services.items()
        if not service.get("profiles") or set(service["profiles"]) & set(profiles)
    }


def in_order(services: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names of services, each after those that it depends on.

    Raises:
        StackError: they depend on one another in a circle.
    """
    try:
        return list(
            TopologicalSorter({name: set(dependencies(each)) for name, each in services.items()}).static_order()
        )
    except CycleError as error:
        raise StackError(f"services depend on one another in a circle: {' -> '.join(error.args[1])}.") from error


def dependencies(service: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the services that one depends on."""
    return tuple(service.get("depends_on", ()))


def seconds(duration: str) -> float:
    """A duration such as `1m30s` in seconds."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0}
    return sum(float(count) * units[unit] for count, unit in re.findall(r"(\d+(?:\.\d+)?)([hms])", duration))
