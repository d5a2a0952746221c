"""`seismic model`, and a running service that follows it."""

import getpass
import json
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from seismic_assets.cli.main import app
from seismic_assets.cli.render import output
from seismic_assets.deployment import registry_of
from seismic_assets.registry import ModelRegistry
from seismic_assets.settings import load_settings
from seismic_assets_tests.commands import SEISMIC, environment, seismic
from seismic_assets_tests.registry.building import add_version, build_bundle, windows


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A storage root with three versions; each test begins with 1 in production, 2 in staging."""
    root = tmp_path_factory.mktemp("storage")
    build_bundle(root / "bundle")
    for score in (0.5, 0.625, 0.75):
        add_version(registry_at(root), root / "bundle", score)
    return root


@pytest.fixture
def started(storage: Path) -> ModelRegistry:
    registry = registry_at(storage)
    registry.promote("3", by="before the test")
    registry.promote("1", by="the test")
    registry.stage("3", by="the test")
    registry.stage("2", by="the test")
    return registry


def registry_at(root: Path) -> ModelRegistry:
    return registry_of(load_settings(storage_root=root))


def model(*arguments: str | Path, width: int = 160) -> str:
    output.width = width  # a worker of pytest-xdist has a COLUMNS of its own when the console is made
    result = CliRunner().invoke(app, ["model", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def model_json(*arguments: str | Path) -> Any:
    return json.loads(model(*arguments, "--json"))


@pytest.mark.parametrize("command", ["list", "show", "promote", "rollback", "history"])
def test_the_help_of_each_command_shows_an_example(command: str) -> None:
    assert f"seismic model {command} " in model(command, "--help").split("Example")[1]


def test_list_shows_stage_family_and_score_of_each_version(started: ModelRegistry, storage: Path) -> None:
    started.reject("2", "worse [by] far", by="the test")

    listed = model_json("list", "--storage-root", storage)
    table = model("list", "--storage-root", storage)

    assert [(each["version"], each["stage"]) for each in listed] == [
        ("1", "production"),
        ("2", "staging"),
        ("3", "archived"),
    ]
    assert listed[1]["rejected_because"] == "worse [by] far"
    assert re.search(r"2 +staging +logistic_regression +0\.625", table)
    assert "version 2 rejected: worse [by] far" in table


@pytest.mark.usefixtures("started")
def test_show_is_of_production_unless_a_version_is_named(storage: Path) -> None:
    assert model_json("show", "--storage-root", storage)["version"] == "1"
    shown = model_json("show", "2", "--storage-root", storage)
    assert (shown["stage"], shown["metrics"]) == ("staging", {"test_f1_macro": 0.625})
    text = model("show", "2", "--storage-root", storage)
    assert all(word in text for word in ("version 2", "staging", "logistic_regression", "abc", "0.625", "model_type"))


def test_promote_and_rollback_say_what_is_in_production_now(started: ModelRegistry, storage: Path) -> None:
    promoted = model("promote", "2", "--override", "--reason", "better", "--storage-root", storage)
    assert promoted.startswith("version 2 is in production now; version 1 is archived\n")
    again = ("--override", "--reason", "again")
    assert model("promote", "2", *again, "--storage-root", storage) == "version 2 is in production already\n"
    back = model("rollback", "--reason", "was not", "--storage-root", storage)
    assert back.startswith("version 1 is in production again; version 2 is archived\n")
    assert "next `seismic run`" in back
    assert started.version_of() == "1"
    assert model_json("rollback", "--storage-root", storage) == {"production": "3", "previous": "1"}
    assert model_json("promote", "2", *again, "--storage-root", storage) == {"production": "2", "previous": "3"}


@pytest.mark.usefixtures("started")
def test_history_tells_who_did_what_and_why(storage: Path) -> None:
    model("promote", "2", "--override", "--reason", "better [far]", "--storage-root", storage)

    last = model_json("history", "--storage-root", storage)[-1]
    table = model("history", "--storage-root", storage)

    assert (last["action"], last["version"], last["previous"]) == ("promote", "2", "1")
    assert (last["by"], last["took_effect"]) == (getpass.getuser(), True)
    assert last["reason"] == "gate overridden: better [far]"
    assert f"promote 2 (before: 1) by {getpass.getuser()}: gate overridden: better [far]" in table


@pytest.mark.usefixtures("started")
def test_promote_goes_through_the_gate_which_needs_test_windows(storage: Path) -> None:
    refused = seismic("model", "promote", "2", "--storage-root", storage)

    assert refused.returncode == 2
    assert refused.stderr.startswith("Error: version 2 cannot be judged")
    assert model_json("show", "--storage-root", storage)["version"] == "1"


def test_without_a_model_the_commands_say_so_and_make_nothing(tmp_path: Path) -> None:
    assert "no version of SeismicClassifier is registered; train one" in model("list", "--storage-root", tmp_path)
    assert model("history", "--storage-root", tmp_path) == "no version was staged or promoted yet\n"
    assert model_json("list", "--storage-root", tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("promote", "9"), "there is no version 9 of SeismicClassifier"),
        (("show", "9"), "there is no version 9 of SeismicClassifier"),
    ],
)
def test_an_error_is_one_sentence_and_status_two(storage: Path, arguments: tuple[str, ...], sentence: str) -> None:
    result = seismic("model", *arguments, "--storage-root", storage)

    assert result.returncode == 2
    assert result.stderr.startswith(f"Error: {sentence}")
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


@pytest.fixture
def service(started: ModelRegistry, storage: Path) -> Iterator[str]:
    """`seismic serve` as a process; the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [SEISMIC, "serve", "--storage-root", str(storage), "--port", str(port)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(model_poll_seconds="0.1")
    ) as process:
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        try:
            process.wait(60)
        finally:
            process.kill()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_a_running_service_serves_a_promotion_and_its_rollback(service: str, storage: Path) -> None:
    body = {"traces": windows(3)[0].tolist()}

    with httpx.Client(base_url=service, timeout=60, trust_env=False) as client:

        def answers_with(version: str) -> bool:
            try:
                response = client.post("/predict", json=body)
            except httpx.ConnectError:
                return False
            assert response.status_code == 200, response.text
            return bool(response.json()["model_version"] == version)

        wait_until(lambda: answers_with("1"))
        overridden = ("--override", "--reason", "a try", "--storage-root", storage)
        assert seismic("model", "promote", "2", *overridden).returncode == 0
        wait_until(lambda: answers_with("2"))
        assert seismic("model", "rollback", "--storage-root", storage).returncode == 0
        wait_until(lambda: answers_with("1"))
        assert client.get("/health").json()["reason"] is None
