import signal
import subprocess
import sys
from pathlib import Path

from seismic_assets.serving.recording.locks import OneProcess

_HOLD = """
import sys, time
from pathlib import Path
from seismic_assets.serving.recording.locks import OneProcess
held = OneProcess(Path(sys.argv[1]))
print(held.mine(), flush=True)
time.sleep(600)
"""


def test_work_is_taken_up_when_the_process_that_did_it_is_killed(tmp_path: Path) -> None:
    path, here = tmp_path / "lock", OneProcess(tmp_path / "lock")
    with subprocess.Popen([sys.executable, "-c", _HOLD, str(path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert not here.mine()
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert here.mine()
    assert here.mine()
    here.release()


def test_work_that_was_left_is_another_ones(tmp_path: Path) -> None:
    first, second = OneProcess(tmp_path / "lock"), OneProcess(tmp_path / "lock")
    assert first.mine()
    assert not second.mine()
    first.release()
    assert second.mine()
    second.release()
