"""Bring a stack up, say how it stands, end it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from deploy.make_secrets import make_secrets
from deploy.stack import compose, ports, postgres
from deploy.stack.errors import StackError
from deploy.stack.programs import (
    Places,
    Program,
    is_optional,
    left_out,
    missing_programs,
    package_of,
    program_of,
    rendered_files,
)
from deploy.stack.supervisor import Supervisor, environment, processes_of
from seismic_assets.file_locks import held

_SECONDS_TO_END = 120.0
_HEALTH_SECONDS = 60.0
_LAST_LINES = 15


@dataclass(frozen=True)
class Asked:
    """What somebody wants of a stack.

    Attributes:
        work: folder that holds everything of it.
        environment: dev, staging or prod.
        profiles: of docker-compose.yml, further services.
        ports: by the name of a service.
        free_ports: whether the other ports are any that are free.
        settings: a file of settings for our services, or None.
        patience: how many times as long as docker-compose.yml says a service may take to become healthy.
    """

    work: Path
    environment: str = "dev"
    profiles: tuple[str, ...] = ()
    ports: Mapping[str, int] = field(default_factory=dict)
    free_ports: bool = False
    settings: Path | None = None
    patience: float = 2.0


@dataclass(frozen=True)
class State:
    """How a service stands.

    Attributes:
        name: of the service.
        state: healthy, unhealthy, or what supervisord says of a process that does not run.
        address: host and port, or None.
        process: its number, or None.
    """

    name: str
    state: str
    address: str | None
    process: int | None


def up(asked: Asked, say: Callable[[str], None]) -> list[State]:
    """Bring a stack up; returns when every service is healthy. What fails leaves no process behind.

    Raises:
        StackError: it cannot be brought up.
    """
    work = asked.work
    work.mkdir(parents=True, exist_ok=True)
    with held(work / "lock", 0.0) as alone:
        if not alone:
            raise StackError(f"another command works on the stack in {work}; wait for it.")
        if left := processes_of(work):
            raise StackError(f"a stack is up in {work} already ({len(left)} processes); stop it first.")
        supervisor = Supervisor(work)
        try:
            programs = _prepared(asked, say)
            owner = postgres.account()
            supervisor.start(programs, {"postgres": owner} if owner else {})
            _start_in_order(supervisor, programs, asked.patience, say)
        except BaseException:  # Ctrl-C too
            supervisor.stop(_SECONDS_TO_END)
            raise
        return status(work)


def status(work: Path) -> list[State]:
    """How each service stands now.

    Raises:
        StackError: no stack is up there.
    """
    supervisor = Supervisor(work)
    if not supervisor.runs():
        left = len(processes_of(work))
        more = f", but {left} processes of one are left; stop it" if left else ""
        raise StackError(f"no stack is up in {work}{more}.")
    states, ids = supervisor.states(), supervisor.process_ids()
    return [_state(work, program, states[program.name], ids.get(program.name)) for program in _remembered(work)]


def stop(work: Path) -> int:
    """End a stack and everything of it; returns how many processes had to be killed.

    Raises:
        StackError: nothing of a stack is there.
    """
    if not processes_of(work):
        raise StackError(f"no stack is up in {work}.")
    return Supervisor(work).stop(_SECONDS_TO_END)


def landing(work: Path) -> Path:
    """The landing folder of a stack."""
    return work / "volumes" / "landing"


def _prepared(asked: Asked, say: Callable[[str], None]) -> list[Program]:
    """Everything that is made before anything starts: ports, secrets, folders, configurations, databases."""
    work = asked.work
    given = {"STACK_SECRETS": str(work / "secrets"), "STACK_SOCKETS": ""}
    if asked.settings is not None:
        if not asked.settings.is_file():
            raise StackError(f"the file of settings {asked.settings} does not exist.")
        given["STACK_SETTINGS"] = str(asked.settings.resolve())
    plain = _present(compose.load(asked.environment, _outside(asked.environment))["services"], asked.profiles, say)
    chosen = ports.chosen(plain, asked.ports, asked.free_ports)
    given |= _addresses(chosen)
    make_secrets(work / "secrets", f"{ports.LOOPBACK}:{chosen['postgres']}", addresses_anew=True)
    every = compose.load(asked.environment, {**_outside(asked.environment), **given})["services"]
    services = {name: every[name] for name in compose.in_order({name: _standing(every, name, plain) for name in plain})}
    addresses = {
        f"{name}:{ports.container_port(plain[name])}": f"{ports.LOOPBACK}:{port}" for name, port in chosen.items()
    }
    programs = []
    for name, service in services.items():
        places = Places(name, service, work)
        places.make_folders(service, work / "secrets")
        for target in rendered_files(service):
            _render(name, _mounted(service, target), places, target, addresses)
        programs.append(program_of(name, service, places, chosen.get(name), set(services)))
        if name == "postgres":
            postgres.prepare_cluster(programs[-1].environment, places.on_machine(postgres.SCRIPTS))
    _remember(work, programs)
    return programs


def _outside(environment: str) -> dict[str, str]:
    """Variables of compose files from this machine's environment; what only the proxy needs may be absent."""
    placeholders = {"SEISMIC_DOMAIN", "OAUTH2_PROXY_IMAGE", "OIDC_ISSUER_URL", "OIDC_CLIENT_ID"}
    absent = dict.fromkeys(placeholders, "unset") if environment == "prod" else {}
    return {**absent, **{key: value for key, value in os.environ.items() if not key.startswith("STACK_")}}


def _addresses(chosen: Mapping[str, int]) -> dict[str, str]:
    given = {"STACK_BIND": ports.LOOPBACK}
    for name, port in chosen.items():
        stem = f"STACK_{name.upper().replace('-', '_')}"
        given |= {f"{stem}_HOST": ports.LOOPBACK, f"{stem}_PORT": str(port)}
    return given


def _present(
    services: Mapping[str, Mapping[str, Any]], profiles: Sequence[str], say: Callable[[str], None]
) -> dict[str, Mapping[str, Any]]:
    """The services that were asked for and whose programs are here.

    Raises:
        StackError: one that the stack does not go without has no program here.
    """
    present, needed = {}, []
    for name, service in compose.active(services, profiles).items():
        if reason := left_out(service):
            say(f"{name} is left out: {reason}.")
            continue
        missing = missing_programs(service)
        if not missing:
            present[name] = service
        elif is_optional(service) and not service.get("profiles"):
            say(f"{name} is left out: {', '.join(missing)} is not installed.")
        else:
            package = package_of(service)
            needed.append(f"{', '.join(missing)} for {name}{f' (apt-get install {package})' if package else ''}")
    if needed:
        raise StackError(f"not installed: {'; '.join(needed)}.")
    return present


def _standing(every: Mapping[str, Any], name: str, present: Mapping[str, Any]) -> dict[str, Any]:
    waits = [each for each in compose.dependencies(every[name]) if each in present]
    return {"depends_on": waits}


def _mounted(service: Mapping[str, Any], target: str) -> Path:
    """The file of the repository that is mounted at a place."""
    mounts = (compose.mount_of(entry) for entry in service["volumes"])
    return next(compose.REPOSITORY / mount[0] for mount in mounts if mount is not None and mount[1] == target)


def _render(name: str, source: Path, places: Places, target: str, addresses: Mapping[str, str]) -> None:
    """Write a configuration with the addresses and folders of this machine."""
    content = yaml.safe_load(source.read_text())
    for job in content.get("scrape_configs", ()):
        if "dns_sd_configs" in job:  # one process each, and no name service
            found = job.pop("dns_sd_configs")
            job["static_configs"] = [
                {"targets": [f"{host}:{each['port']}" for each in found for host in each["names"]]}
            ]
    text = places.translated(yaml.safe_dump(content, sort_keys=False, width=200))
    for inside, here in addresses.items():
        text = text.replace(inside.replace(f"{name}:", "localhost:"), here) if inside.startswith(f"{name}:") else text
        text = text.replace(inside, here)
    places.on_machine(target).write_text(text)


def _start_in_order(
    supervisor: Supervisor, programs: Sequence[Program], patience: float, say: Callable[[str], None]
) -> None:
    """Start each program when those that it waits for are healthy, until all are.

    Raises:
        StackError: one ended for good, or is not healthy in time; says what it printed last.
    """
    healthy: set[str] = set()
    began: dict[str, float] = {}
    while len(healthy) < len(programs):
        for program in programs:
            if program.name not in began and healthy.issuperset(program.waits_for):
                supervisor.start_program(program.name)
                began[program.name] = time.monotonic()
        states = supervisor.states()
        for program in programs:
            if program.name not in began or program.name in healthy:
                continue
            if states[program.name] == "RUNNING" and is_healthy(program, supervisor.work):
                healthy.add(program.name)
                say(f"{program.name} is healthy after {time.monotonic() - began[program.name]:.0f} s")
            elif states[program.name] == "FATAL":
                raise StackError(f"{program.name} does not start; {_last_words(supervisor, program)}")
            elif time.monotonic() - began[program.name] > patience * program.patience_seconds:
                raise StackError(
                    f"{program.name} is not healthy after {patience * program.patience_seconds:.0f} s; "
                    f"{_last_words(supervisor, program)}"
                )
        time.sleep(0.5)


def is_healthy(program: Program, work: Path) -> bool:
    """Whether a service's own health check says that it is well."""
    if not program.health:
        return True
    try:
        done = subprocess.run(
            program.health,
            capture_output=True,
            check=False,
            timeout=_HEALTH_SECONDS,
            env={**environment(work), **program.environment},
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _last_words(supervisor: Supervisor, program: Program) -> str:
    log = supervisor.log_of(program.name)
    lines = log.read_text(errors="replace").splitlines()[-_LAST_LINES:] if log.exists() else []
    return f"{log} ends with:\n" + "\n".join(lines) if lines else f"it printed nothing to {log}."


def _state(work: Path, program: Program, state: str, process: int | None) -> State:
    if state == "RUNNING":
        state = "healthy" if is_healthy(program, work) else "unhealthy"
    address = None if program.port is None else f"{ports.LOOPBACK}:{program.port}"
    return State(program.name, state.lower(), address, process)


def _remember(work: Path, programs: Sequence[Program]) -> None:
    content = [{**asdict(each), "folder": str(each.folder)} for each in programs]
    (work / "stack.json").touch(mode=0o600)
    (work / "stack.json").write_text(json.dumps(content, indent=1))


def _remembered(work: Path) -> list[Program]:
    content = json.loads((work / "stack.json").read_text())
    tuples = ("command", "health", "waits_for")
    return [
        Program(**{**each, "folder": Path(each["folder"]), **{key: tuple(each[key]) for key in tuples}})
        for each in content
    ]
