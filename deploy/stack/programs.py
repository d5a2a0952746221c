"""A service of a compose file as a program of this machine."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from deploy.stack.compose import REPOSITORY, dependencies, mount_of, seconds
from deploy.stack.errors import StackError

_SECRETS = "/run/secrets"
_SECONDS_TO_END = 10.0
_POSTGRESQL = "/usr/lib/postgresql"


@dataclass(frozen=True)
class Program:
    """What is started for a service.

    Attributes:
        name: of the service.
        command: with the program's full path.
        environment: that it gets beside the stack's own.
        folder: its own, where it starts and keeps what a container would keep in memory.
        health: a command that ends with status 0 where the service is healthy; empty where nothing says so.
        waits_for: services that must be healthy before it is started.
        port: that it listens at, or None.
        stop_signal: that ends it, without SIG.
        stop_seconds: that it has to end.
        patience_seconds: that it may take to become healthy.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    health: tuple[str, ...]
    waits_for: tuple[str, ...]
    port: int | None
    stop_signal: str
    stop_seconds: float
    patience_seconds: float


def search_path() -> str:
    """Where programs are looked for: beside this Python, then as usual, then where Debian hides PostgreSQL's."""
    hidden = sorted(map(str, Path(_POSTGRESQL).glob("*/bin")), reverse=True)
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath), *hidden])


def missing_programs(service: Mapping[str, Any]) -> list[str]:
    """Names of the programs that a service needs and this machine has not."""
    needed = [_own_program(service), *_hints(service).get("needs", ())]
    if (test := _health_test(service)) and test[0] == "CMD":
        needed.append(test[1])
    return [name for name in dict.fromkeys(needed) if shutil.which(name, path=search_path()) is None]


def left_out(service: Mapping[str, Any]) -> str | None:
    """Why a service is no part of a stack of processes; None for one that is."""
    return _hints(service).get("left-out")


def is_optional(service: Mapping[str, Any]) -> bool:
    """Whether the stack goes on without a service whose program is missing."""
    return bool(_hints(service).get("optional"))


def package_of(service: Mapping[str, Any]) -> str | None:
    """Debian's package that has the program, where a compose file names it."""
    return _hints(service).get("package")


def rendered_files(service: Mapping[str, Any]) -> tuple[str, ...]:
    """Files, as the container sees them, that name addresses or folders of containers."""
    return tuple(_hints(service).get("render", ()))


class Places:
    """Where on this machine lies what a service sees in its container."""

    def __init__(self, name: str, service: Mapping[str, Any], work: Path) -> None:
        self.folder = work / "run" / name
        self._targets = {_SECRETS: self.folder / "secrets"}
        for entry in service.get("tmpfs", ()):
            if (target := entry.split(":")[0]) != "/tmp":
                self._targets[target] = self.folder / target.lstrip("/")
        for entry in service.get("volumes", ()):
            if (mount := mount_of(entry)) is not None:
                self._targets[mount[1]] = _source(mount[0], work)
        for target in rendered_files(service):
            self._targets[target] = self.folder / Path(target).name
        longest = sorted(self._targets, key=len, reverse=True)
        self._pattern = re.compile(rf"(?<![\w./-])({'|'.join(map(re.escape, longest))})(?![\w.-])")

    def on_machine(self, target: str) -> Path:
        """The path here of a file or folder that is mounted."""
        return self._targets[target]

    def translated(self, text: str) -> str:
        """A text with the paths of this machine for those of the container."""
        return self._pattern.sub(lambda found: str(self._targets[found[0]]), text)

    def make_folders(self, service: Mapping[str, Any], secrets: Path) -> None:
        """Make the folders that an engine would make, and show the service the secrets that it is given."""
        for target, place in self._targets.items():
            if target != _SECRETS and target not in rendered_files(service) and not place.is_file():
                place.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._targets[_SECRETS], ignore_errors=True)
        self._targets[_SECRETS].mkdir(parents=True, mode=0o700)
        for name in service.get("secrets", ()):
            # Copies, as settings are not read through a link that leads out of the folder.
            shutil.copyfile(secrets / name, self._targets[_SECRETS] / name)
            (self._targets[_SECRETS] / name).chmod(0o400)


def program_of(name: str, service: Mapping[str, Any], places: Places, port: int | None, stands: set[str]) -> Program:
    """The program of a service.

    Args:
        name: of the service.
        service: as the compose files have it, with the addresses of this machine put in.
        places: of its mounts.
        port: that it listens at.
        stands: services that are part of the stack; the others are not waited for.

    Raises:
        StackError: its file of settings cannot be read.
    """
    health = service.get("healthcheck", {})
    return Program(
        name=name,
        command=_command(service, places),
        environment=_environment(service, places),
        folder=places.folder,
        health=_health(service, places),
        waits_for=tuple(each for each in dependencies(service) if each in stands),
        port=port,
        stop_signal=str(service.get("stop_signal", "SIGTERM")).removeprefix("SIG"),
        stop_seconds=seconds(service["stop_grace_period"]) if "stop_grace_period" in service else _SECONDS_TO_END,
        patience_seconds=seconds(health.get("start_period", "0s"))
        + health.get("retries", 3) * seconds(health.get("interval", "30s")),
    )


def _command(service: Mapping[str, Any], places: Places) -> tuple[str, ...]:
    words = [*_words(service.get("entrypoint")), *_words(service.get("command"))]
    return _found([_own_program(service), *(places.translated(each) for each in words[1:])])


def _own_program(service: Mapping[str, Any]) -> str:
    words = [*_words(service.get("entrypoint")), *_words(service.get("command"))]
    return str(_hints(service).get("program", words[0]))


def _found(words: Sequence[str]) -> tuple[str, ...]:
    return (shutil.which(words[0], path=search_path()) or words[0], *words[1:])


def _health(service: Mapping[str, Any], places: Places) -> tuple[str, ...]:
    test = [places.translated(each) for each in _health_test(service)]
    if not test:
        return ()
    return _found(["sh", "-c", test[1]] if test[0] == "CMD-SHELL" else test[1:])


def _health_test(service: Mapping[str, Any]) -> list[str]:
    return list(service.get("healthcheck", {}).get("test", ()))


def _environment(service: Mapping[str, Any], places: Places) -> dict[str, str]:
    """As in the container; the code is that of this checkout."""
    variables = {key: str(value) for key, value in service.get("environment", {}).items()}
    settings = {key: value for each in service.get("env_file", ()) for key, value in _settings(each).items()}
    translated = {key: places.translated(value) for key, value in {**settings, **variables}.items()}
    inherited = os.environ.get("PYTHONPATH")
    return {**translated, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *([inherited] if inherited else [])])}


def _settings(entry: Mapping[str, Any]) -> dict[str, str]:
    path = REPOSITORY / entry["path"]
    if not path.exists():
        if entry.get("required", True):
            raise StackError(f"the file of settings {path} does not exist.")
        return {}
    return {key: value or "" for key, value in dotenv_values(path, interpolate=False).items()}


def _words(given: Any) -> list[str]:
    return shlex.split(given) if isinstance(given, str) else [str(each) for each in given or ()]


def _hints(service: Mapping[str, Any]) -> Mapping[str, Any]:
    hints: Mapping[str, Any] = service.get("x-stack", {})
    return hints


def _source(source: str, work: Path) -> Path:
    """A folder of this machine, or the folder of a volume."""
    return (REPOSITORY / source).resolve() if source.startswith((".", "/")) else work / "volumes" / source
