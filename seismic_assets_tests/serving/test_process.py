"""The service as a process of its own, on a free port of the loopback interface."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from seismic_assets_tests.inference.building import make_traces

SERVE = """
import sys
from pathlib import Path
import uvicorn
from seismic_assets.serving.app import create_app
from seismic_assets.registry import load_bundle

uvicorn.run(create_app(lambda: ("7", load_bundle(Path(sys.argv[1])))), host="127.0.0.1", port=0)
"""


@pytest.fixture
def process(bundle_folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SERVE, str(bundle_folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def address_of(process: subprocess.Popen[str]) -> str:
    """Where it listens, once it says so."""
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    pytest.fail("the service did not start:\n" + "".join(seen))


def test_a_process_predicts_survives_bad_requests_and_ends_on_sigterm(process: subprocess.Popen[str]) -> None:
    with httpx.Client(base_url=address_of(process), timeout=60, trust_env=False) as client:
        assert client.get("/health").json()["model_loaded"] is True
        assert client.post("/predict", content=b"[" * 100).status_code == 422
        assert client.post("/predict", content=iter([*[b"0" * 2**20] * 64, b"0"])).status_code == 413
        answer = client.post("/predict", json={"traces": make_traces(3).tolist()})
        assert answer.status_code == 200
        assert [trace["trace_id"] for trace in answer.json()["predictions"]] == [0, 1, 2]

    process.send_signal(signal.SIGTERM)
    _, ending = process.communicate(timeout=60)

    assert "Application shutdown complete" in ending
    assert "Traceback" not in ending
    # uvicorn raises the signal again after a clean shutdown.
    assert process.returncode in (0, -signal.SIGTERM)
