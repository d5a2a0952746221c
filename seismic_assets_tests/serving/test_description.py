"""The service keeps to its own description: schemathesis makes requests of it, good and bad."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from seismic_assets.inference import Predictor
from seismic_assets.registry import Bundle
from seismic_assets.serving.app import create_app
from seismic_assets.serving.config import Limits, ServiceConfig
from seismic_assets.serving.paths import KNOWN
from seismic_assets_tests.serving.online import online_survey
from seismic_assets_tests.serving.services import ALL

KEY = "a-key-of-the-environment"
OPERATIONS = len(KNOWN) - 2  # but the page and the description itself
# A description cannot say which traces a model takes: what fits it may be refused, with a sentence.
LEFT_OUT = "positive_data_acceptance"


@contextmanager
def listening(bundle: Bundle, folder: Path) -> Iterator[str]:
    """The address of a service that records, looks features up and asks for a key."""
    store = online_survey(folder, Predictor(bundle)).place
    config = ServiceConfig(folder, KEY, Limits(timeout_seconds=20), ALL, features=store, store_features=True)
    app = create_app(lambda: ("7", bundle), config=config)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", server_header=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(30)


def hold_to_description(address: str, folder: Path, examples: int, *options: str) -> None:
    """Fail where schemathesis finds an answer that the service does not describe, or a status from 500 on but 503."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json", "--no-color"),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", str(examples), "--continue-on-failure"),
        *("--generation-deterministic", "--suppress-health-check", "all", "--request-timeout", "30", *options),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Tested: {OPERATIONS}" in done.stdout


@pytest.mark.slow
def test_no_request_is_answered_otherwise_than_described(bundle: Bundle, tmp_path: Path) -> None:
    # A key may come in either of two headers, and a good one is good beside a bad one: `ignored_auth` objects to that.
    with listening(bundle, tmp_path / "serving") as address:
        hold_to_description(
            address, tmp_path, 60, "--header", f"X-API-Key: {KEY}", "--exclude-checks", f"{LEFT_OUT},ignored_auth"
        )


@pytest.mark.slow
def test_no_request_without_a_key_is_answered_otherwise_than_described(bundle: Bundle, tmp_path: Path) -> None:
    with listening(bundle, tmp_path / "serving") as address:
        hold_to_description(address, tmp_path, 5, "--exclude-checks", LEFT_OUT)


def test_every_path_but_that_of_the_page_is_described(bundle: Bundle) -> None:
    description = create_app(lambda: ("7", bundle)).openapi()

    assert set(description["paths"]) == KNOWN - {"/dashboard", "/openapi.json"}


def test_what_asks_for_a_key_says_so_and_how_it_refuses(bundle: Bundle) -> None:
    description = create_app(lambda: ("7", bundle)).openapi()

    assert description["components"]["securitySchemes"].keys() == {"bearer", "header"}
    for path, operations in description["paths"].items():
        for operation in operations.values():
            public = path in ("/", "/v1/health", "/v1/ready")
            assert operation["security"] == ([] if public else [{"bearer": []}, {"header": []}])
            assert public or {"401", "403", "429", "503"} <= operation["responses"].keys(), path
