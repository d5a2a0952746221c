"""Bring a stack up, say how it stands, end it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.stack import ports, postgres
from deploy.stack.errors import StackError
from deploy.stack.preparing import Asked, prepared
from deploy.stack.programs import Program
from deploy.stack.supervisor import Supervisor, environment, processes_of
from seismic_assets.file_locks import held

_SECONDS_TO_END = 120.0
_HEALTH_SECONDS = 60.0
_LAST_LINES = 15
# So many processes of a service, none of which came to be healthy, and it is given up.
_MOST_TRIES = 3


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
            programs = prepared(asked, say)
            _remember(work, programs)
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


def _start_in_order(
    supervisor: Supervisor, programs: Sequence[Program], patience: float, say: Callable[[str], None]
) -> None:
    """Start each program when those that it waits for are healthy, until all are.

    Raises:
        StackError: one ended for good, or is not healthy in time; says what it printed last.
    """
    healthy: set[str] = set()
    began: dict[str, float] = {}
    tried: dict[str, set[int]] = {program.name: set() for program in programs}
    while len(healthy) < len(programs):
        for program in programs:
            if program.name not in began and healthy.issuperset(program.waits_for):
                supervisor.start_program(program.name)
                began[program.name] = time.monotonic()
        states = supervisor.states()
        for name, process in supervisor.process_ids().items():
            tried[name].add(process)
        for program in programs:
            if program.name not in began or program.name in healthy:
                continue
            if states[program.name] == "RUNNING" and is_healthy(program, supervisor.work):
                healthy.add(program.name)
                say(f"{program.name} is healthy after {time.monotonic() - began[program.name]:.0f} s")
            elif states[program.name] == "FATAL" or len(tried[program.name]) > _MOST_TRIES:
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
