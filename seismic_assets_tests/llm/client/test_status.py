import json

import pytest

from seismic_assets.llm.client import ServerStatus
from seismic_assets_tests.llm.client.asking import model
from seismic_assets_tests.llm.client.test_faults import free_address
from seismic_assets_tests.ollama.scripted import (
    ScriptedServer,
    Turn,
    closes,
    endless_line,
    fails,
    hangs,
    redirects,
    sends_whole,
    trickles_bytes,
)


def test_a_server_with_the_model_is_ready() -> None:
    with ScriptedServer(models=["mistral:7b", "llama3.1:8b"]) as server:
        status = model(server).status()

    assert status == ServerStatus(
        reachable=True,
        has_model=True,
        version="0.12.3",
        models=("llama3.1:8b", "mistral:7b"),
        sentence=f"the language model llama3.1:8b at {server.host} is ready",
    )
    assert server.asked == []


def test_a_server_without_the_model_says_how_to_get_it() -> None:
    with ScriptedServer(models=["mistral:7b"]) as server:
        status = model(server).status()

    assert status.reachable
    assert not status.has_model
    assert "ollama pull llama3.1:8b" in status.sentence


def test_a_model_without_a_tag_is_the_latest() -> None:
    with ScriptedServer(models=["llama3.1:latest"]) as server:
        assert model(server, model="llama3.1").status().has_model


def test_no_server_is_said() -> None:
    status = model(free_address()).status()

    assert (status.reachable, status.has_model, status.models) == (False, False, ())
    assert "ollama serve" in status.sentence


FAULTS = [
    hangs(),
    trickles_bytes(),
    closes(),
    fails(500),
    fails(404),
    redirects("http://127.0.0.1:9/"),
    endless_line(),
    sends_whole(200, b"<html>"),
    sends_whole(200, b"[]"),
    sends_whole(200, b'{"models": null}'),
    sends_whole(200, b"[" * 100_000),
]


@pytest.mark.parametrize("fault", FAULTS, ids=range(len(FAULTS)))
def test_whatever_listens_there_it_never_raises(fault: Turn) -> None:
    with ScriptedServer(others={"/api/tags": fault}) as server:
        status = model(server, timeout_s=1.0).status()

    assert not status.reachable
    assert server.host in status.sentence


@pytest.mark.parametrize(
    "fault",
    [hangs(), fails(500), sends_whole(200, b"3"), sends_whole(200, b'{"version": 3}')],
    ids=["hangs", "fails", "number", "no text"],
)
def test_a_server_that_does_not_tell_its_version_is_a_server(fault: Turn) -> None:
    with ScriptedServer(others={"/api/version": fault}) as server:
        status = model(server, timeout_s=1.0).status()

    assert status.has_model
    assert status.version is None


def test_names_that_would_write_over_the_screen_are_left_out() -> None:
    with ScriptedServer(models=["llama3.1:8b", "\x1b[2J", "x" * 300]) as server:
        assert model(server).status().models == ("llama3.1:8b",)


def test_it_is_what_json_holds() -> None:
    with ScriptedServer() as server:
        assert json.loads(json.dumps(model(server).status().to_dict()))["models"] == ["llama3.1:8b"]
