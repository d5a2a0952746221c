"""supervisord as the stack uses it, with a program that only sleeps."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from deploy.stack.errors import StackError
from deploy.stack.programs import Program
from deploy.stack.supervisor import Supervisor, processes_of
from seismic_assets_tests.ordinary_user import open_folder

# It has a child, which must go with it.
_CODE = "import os, subprocess, sys; print(os.environ['TOLD'], flush=True); subprocess.run(['sleep', '600'])"


def program(folder: Path, **environment: str) -> Program:
    command = (sys.executable, "-c", _CODE)
    return Program("sleeper", command, {"TOLD": "1", **environment}, folder, (), (), None, "TERM", 5.0, 5.0)


def wait_for(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def work() -> Iterator[Path]:
    with open_folder() as folder:  # pytest's own paths are too long for a socket
        yield folder
        for process in processes_of(folder):
            process.kill()


def started(work: Path, **environment: str) -> Supervisor:
    supervisor = Supervisor(work)
    supervisor.start([program(work, **environment)], {})
    supervisor.start_program("sleeper")
    wait_for(lambda: supervisor.states()["sleeper"] == "RUNNING")
    return supervisor


def test_a_program_that_is_killed_is_started_again(work: Path) -> None:
    supervisor = started(work)
    first = supervisor.process_ids()["sleeper"]

    os.kill(first, signal.SIGKILL)

    wait_for(lambda: supervisor.process_ids().get("sleeper", first) != first)


def test_stop_ends_the_program_and_its_children(work: Path) -> None:
    supervisor = started(work)
    wait_for(lambda: len(processes_of(work)) == 3)  # supervisord, the program, its child

    assert supervisor.stop(30) == 0
    assert processes_of(work) == []
    assert not supervisor.runs()


def test_stop_ends_what_a_killed_supervisord_left(work: Path) -> None:
    supervisor = started(work)
    psutil.Process(int((work / "supervisord.pid").read_text())).kill()
    wait_for(lambda: not supervisor.runs())
    assert processes_of(work)

    supervisor.stop(30)

    assert processes_of(work) == []


def test_a_program_gets_what_it_was_told_and_nothing_else_of_ours(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEISMIC_SEED", "7")
    supervisor = started(work, TOLD="50 %, a;b = 'c' d")

    wait_for(lambda: supervisor.log_of("sleeper").read_text())
    assert supervisor.log_of("sleeper").read_text().strip() == "50 %, a;b = 'c' d"
    assert "SEISMIC_SEED" not in psutil.Process(supervisor.process_ids()["sleeper"]).environ()


@pytest.mark.parametrize("value", ['a "word"', "'quoted'", "two\nlines"])
def test_what_supervisord_cannot_be_told_is_refused(work: Path, value: str) -> None:
    with pytest.raises(StackError, match="supervisord cannot be given"):
        Supervisor(work).start([program(work, TOLD=value)], {})
    assert processes_of(work) == []


def test_a_path_that_is_too_long_for_a_socket_is_refused(work: Path) -> None:
    folder = work / ("long" * 30)
    folder.mkdir()

    with pytest.raises(StackError, match="too long for a socket; give a shorter --work"):
        Supervisor(folder).start([], {})
