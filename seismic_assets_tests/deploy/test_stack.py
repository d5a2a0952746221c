"""The stack of processes: how compose files are read, which ports it takes, and what it refuses."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.stack import compose, ports
from deploy.stack.errors import StackError
from deploy.stack.programs import Places
from deploy.stack.supervisor import processes_of
from seismic_assets_tests.deploy.programs import need
from seismic_assets_tests.ordinary_user import open_folder
from seismic_assets_tests.postgres import programs_of_postgres


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A}", "one"),
        ("x${A}y${A}", "xoneyone"),
        ("${B:-two}", "two"),
        ("${A:-two}", "one"),
        ("${EMPTY:-two}", "two"),
        ("${EMPTY-two}", ""),
        ("${B}", ""),
        ("$$A $${A}", "$A ${A}"),
        ("plain", "plain"),
    ],
)
def test_variables_are_put_in_as_the_specification_says(text: str, expected: str) -> None:
    assert compose.interpolated([{"key": text}], {"A": "one", "EMPTY": ""}) == [{"key": expected}]


def test_a_variable_that_is_demanded_is_named() -> None:
    with pytest.raises(StackError, match="DOMAIN is not set: name the domain"):
        compose.interpolated("${DOMAIN:?name the domain}", {"DOMAIN": ""})


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"a": 1, "b": {"c": 1}}, {"b": {"d": 2}}, {"a": 1, "b": {"c": 1, "d": 2}}),
        ({"command": ["a", "b"]}, {"command": ["c"]}, {"command": ["c"]}),
        ({"ports": ["1:1"]}, {"ports": ["2:2", "1:1"]}, {"ports": ["2:2", "1:1"]}),
        ({"volumes": ["a:/x", "b:/y"]}, {"volumes": ["./c:/x:ro"]}, {"volumes": ["b:/y", "./c:/x:ro"]}),
        ({"restart": "no"}, {"restart": "always"}, {"restart": "always"}),
    ],
)
def test_a_later_file_changes_an_earlier_one(first: Any, second: Any, expected: Any) -> None:
    assert compose.merge(first, second) == expected


def test_a_service_comes_after_those_that_it_waits_for() -> None:
    order = compose.in_order(compose.load("dev", {})["services"])

    assert order.index("postgres") < order.index("mlflow") < order.index("code") < order.index("daemon")


def test_services_in_a_circle_are_refused() -> None:
    with pytest.raises(StackError, match="in a circle"):
        compose.in_order({"a": {"depends_on": {"b": {}}}, "b": {"depends_on": {"a": {}}}})


def test_a_profile_adds_its_services() -> None:
    services = compose.load("dev", {})["services"]

    assert set(compose.active(services, ["redis"])) - set(compose.active(services, [])) == {"redis"}
    with pytest.raises(StackError, match="no profile s4; choose from llm, redis, s3"):
        compose.active(services, ["s4"])


@pytest.mark.parametrize(("text", "expected"), [("10s", 10), ("1m30s", 90), ("2h", 7200), ("0s", 0)])
def test_a_duration_in_seconds(text: str, expected: float) -> None:
    assert compose.seconds(text) == expected


def test_ports_are_those_that_are_published_or_given_or_free() -> None:
    with socket.socket() as one, socket.socket() as two:
        for each in (one, two):
            each.bind(("127.0.0.1", 0))
        published, given = one.getsockname()[1], two.getsockname()[1]
    services = {"api": {"expose": ["8000"], "ports": [f"127.0.0.1:{published}:8000"]}, "daemon": {}}

    assert ports.chosen(services, {}, free=False) == {"api": published}
    assert ports.chosen(services, {"api": given}, free=False) == {"api": given}
    assert ports.chosen(services, {}, free=True)["api"] not in (8000, published)


def test_a_port_that_is_taken_is_named_with_its_service() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StackError, match=rf"port {port} of api cannot be used .* --port api=N"):
            ports.chosen({"api": {"expose": ["8000"]}}, {"api": port}, free=False)


def test_a_port_that_two_ask_for_or_that_nobody_has_is_refused() -> None:
    services = {"api": {"expose": ["8000"]}, "page": {"expose": ["3000"]}, "daemon": {}}

    with pytest.raises(StackError, match="asked for by"):
        ports.chosen(services, {"api": 45671, "page": 45671}, free=False)
    with pytest.raises(StackError, match="daemon has no port to choose; these have: api, page"):
        ports.chosen(services, {"daemon": 45671}, free=False)


def test_paths_of_the_container_become_those_of_this_machine(tmp_path: Path) -> None:
    service = {"volumes": ["data:/data", "./deploy:/etc/x:ro"], "tmpfs": ["/tmp", "/run/y:uid=1"]}
    places = Places("s3", service, tmp_path)

    assert (
        places.translated("-dir=/data/a /etc/x/f.yml")
        == f"-dir={tmp_path}/volumes/data/a {compose.REPOSITORY}/deploy/f.yml"
    )
    assert places.translated("/run/secrets/k /run/y/z") == f"{tmp_path}/run/s3/secrets/k {tmp_path}/run/s3/run/y/z"
    assert places.translated("/database http://h/data2 /tmp/x x/data") == "/database http://h/data2 /tmp/x x/data"


def up(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.stack", "up", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=compose.REPOSITORY,
        env={**os.environ, **variables},
        timeout=580,
    )


def test_a_program_that_is_missing_is_named_with_its_package(tmp_path: Path) -> None:
    done = up("--work", tmp_path / "stack", "--free-ports", PATH="/nowhere")

    assert done.returncode == 2
    assert "prometheus, promtool for prometheus (apt-get install prometheus)" in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2
    assert processes_of(tmp_path / "stack") == []


def test_a_taken_port_ends_it_before_anything_starts(tmp_path: Path) -> None:
    need("prometheus", "prometheus-alertmanager")
    programs_of_postgres()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = up("--work", tmp_path / "stack", "--free-ports", "--port", f"mlflow={port}")

    assert done.returncode == 2
    assert f"port {port} of mlflow cannot be used" in done.stderr
    assert not (tmp_path / "stack" / "volumes").exists()
    assert processes_of(tmp_path / "stack") == []


@pytest.mark.parametrize("given", ["api", "api=x", "api=0", "=80"])
def test_a_wrong_option_for_a_port_is_refused(tmp_path: Path, given: str) -> None:
    done = up("--work", tmp_path / "stack", "--port", given)

    assert done.returncode == 2
    assert "port" in done.stderr
    assert "Traceback" not in done.stderr


def test_where_no_stack_is_up_it_says_so(tmp_path: Path) -> None:
    for command in ("stop", "status"):
        done = subprocess.run(
            [sys.executable, "-m", "deploy.stack", command, "--work", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
            cwd=compose.REPOSITORY,
        )
        assert (done.returncode, done.stderr.strip()) == (2, f"no stack is up in {tmp_path}.")


@pytest.mark.load
def test_a_stack_that_does_not_come_up_leaves_no_process_and_says_what_was_wrong() -> None:
    need("prometheus", "prometheus-alertmanager")
    programs_of_postgres()
    with open_folder() as folder:
        (folder / "settings.env").write_text("SEISMIC_SEED=-1\n")

        done = up("--work", folder / "stack", "--free-ports", "--settings", folder / "settings.env")

        assert done.returncode == 2
        assert "does not start" in done.stderr
        assert "SEISMIC_SEED='-1' is not allowed" in done.stderr
        assert processes_of(folder / "stack") == []
