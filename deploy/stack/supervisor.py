"""supervisord, which starts the programs again when they end, and ends them all when it is told to."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

import psutil
from supervisor.xmlrpc import SupervisorTransport

from deploy.stack.errors import StackError
from deploy.stack.programs import Program, search_path

MARK = "SEISMIC_STACK_WORK"
"""Variable that every process of a stack has in its environment: the stack's folder."""
_SECONDS_TO_START = 30
# What a container would not see of this machine stays away from the programs too: only this is handed on.
_KEPT = ("HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
_KEPT_PREFIXES = ("LC_", "OMP_")


class Supervisor:
    """The supervisord of a stack.

    Attributes:
        work: the stack's folder.
    """

    def __init__(self, work: Path) -> None:
        self.work = work
        self._configuration = work / "supervisord.conf"

    @property
    def socket(self) -> Path:
        """Where it takes orders; its path must be short, so it is relative to nothing."""
        return self.work / "supervisor.sock"

    def log_of(self, name: str) -> Path:
        """What a service printed."""
        return self.work / "logs" / f"{name}.log"

    def start(self, programs: Sequence[Program], users: Mapping[str, str]) -> None:
        """Start it, with none of the programs.

        Args:
            programs: in the order in which they are started; they are ended in the opposite one.
            users: accounts by the name of a service, of those that do not run as we do.

        Raises:
            StackError: it does not start.
        """
        if len(str(self.socket)) > 100:
            raise StackError(f"the path of the folder {self.work} is too long for a socket; give a shorter --work.")
        self.log_of("").parent.mkdir(parents=True, exist_ok=True)
        self._configuration.touch(mode=0o600)
        self._configuration.write_text(_configuration(self.work, self.socket, programs, users, self.log_of))
        done = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._configuration)],
            capture_output=True,
            text=True,
            check=False,
            env=environment(self.work),
            cwd=self.work,
        )
        deadline = time.monotonic() + _SECONDS_TO_START  # it goes into the background first
        while done.returncode == 0 and not self.runs() and time.monotonic() < deadline:
            time.sleep(0.1)
        if not self.runs():
            said = " ".join((done.stdout + done.stderr).split())[-400:]
            raise StackError(f"supervisord does not start: {said or self.work / 'supervisord.log'}.")

    def runs(self) -> bool:
        """Whether it takes orders."""
        try:
            self._asked.getState()
        except (OSError, Fault):
            return False
        return True

    def start_program(self, name: str) -> None:
        """Have a program started; returns at once."""
        self._asked.startProcess(name, False)

    def states(self) -> dict[str, str]:
        """State of each program as supervisord has it: RUNNING, STARTING, BACKOFF, FATAL, STOPPED, EXITED."""
        return {each["name"]: each["statename"] for each in self._asked.getAllProcessInfo()}

    def process_ids(self) -> dict[str, int]:
        """Process of each program that runs."""
        return {each["name"]: each["pid"] for each in self._asked.getAllProcessInfo() if each["pid"]}

    def stop(self, seconds: float) -> int:
        """End all programs and supervisord itself, and whatever they leave behind; returns how many had to be killed.

        Args:
            seconds: that they have.
        """
        members = processes_of(self.work)
        if self.runs():
            self._asked.shutdown()
        else:  # it was killed itself, and those that it started go on without it
            for each in members:
                with suppress(psutil.NoSuchProcess):
                    each.terminate()
        _, alive = psutil.wait_procs(members, timeout=seconds)
        left = {each.pid: each for each in [*alive, *processes_of(self.work)] if each.is_running()}
        for each in left.values():
            each.kill()
        psutil.wait_procs(list(left.values()), timeout=seconds)
        self.socket.unlink(missing_ok=True)
        return len(left)

    @property
    def _asked(self) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self.socket}")
        return ServerProxy("http://127.0.0.1", transport=transport).supervisor


def processes_of(work: Path) -> list[psutil.Process]:
    """Every process of a stack, also one whose parent is gone: by the mark in its environment, or by where it is.

    PostgreSQL writes its title over its environment, and is found by its folder.
    """
    return [each for each in psutil.process_iter() if each.pid != os.getpid() and _belongs(each, work)]


def _belongs(process: psutil.Process, work: Path) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return process.environ().get(MARK) == str(work) or Path(process.cwd()).is_relative_to(work)
    except (psutil.Error, OSError):  # it ended, or it is somebody else's
        return False


def environment(work: Path) -> dict[str, str]:
    """What every process of a stack has in its environment."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)}
    return {**kept, "PATH": search_path(), "PYTHONUNBUFFERED": "1", MARK: str(work)}


def _configuration(work: Path, socket: Path, programs: Sequence[Program], users: Mapping[str, str], log_of: Any) -> str:
    sections = [
        "[unix_http_server]",
        f"file={_plain(str(socket))}",
        "chmod=0700",
        "[supervisord]",
        f"logfile={_plain(str(work / 'supervisord.log'))}",
        "logfile_maxbytes=10MB",
        f"pidfile={_plain(str(work / 'supervisord.pid'))}",
        f"childlogdir={_plain(str(work))}",
        *(["user=root"] if os.geteuid() == 0 else []),
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
    ]
    for place, program in enumerate(programs):
        variables = ",".join(f'{key}="{_quoted(key, value)}"' for key, value in program.environment.items())
        sections += [
            f"[program:{program.name}]",
            f"command={_plain(shlex.join(program.command))}",
            f"directory={_plain(str(program.folder))}",
            f"environment={variables}",
            f"priority={place + 1}",
            *([f"user={users[program.name]}"] if program.name in users else []),
            "autostart=false",
            "autorestart=true",
            "startsecs=2",
            "startretries=5",
            f"stopsignal={program.stop_signal}",
            f"stopwaitsecs={round(program.stop_seconds)}",
            "stopasgroup=true",
            "killasgroup=true",
            "redirect_stderr=true",
            f"stdout_logfile={_plain(str(log_of(program.name)))}",
            "stdout_logfile_maxbytes=20MB",
            "stdout_logfile_backups=5",
        ]
    return "\n".join(sections) + "\n"


def _plain(text: str) -> str:
    """As supervisord's file wants it: it puts variables in after a per cent sign, and a value is one line."""
    if "\n" in text or " ;" in text:
        raise StackError(f"supervisord cannot be given a line break, or a comment: {text!r}.")
    return text.replace("%", "%%")


def _quoted(key: str, value: str) -> str:
    if '"' in value or value.strip("'") != value:  # it takes quotes off the ends
        raise StackError(f"{key} has a quote where supervisord cannot be given one; leave it out.")
    return _plain(value)
