import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from seismic_assets.cli.language import llm
from seismic_assets.llm import UnavailableError
from seismic_assets.settings import SettingsError
from seismic_assets_tests.ollama.scripted import MODEL, ScriptedServer, missing_model, says

Seismic = Callable[..., Result]


@pytest.fixture
def seismic_llm(monkeypatch: pytest.MonkeyPatch) -> Seismic:
    monkeypatch.setattr("rich.console.Console.width", 160)

    def call(host: str, *arguments: str) -> Result:
        monkeypatch.setenv("OLLAMA_HOST", host)
        return CliRunner().invoke(llm, arguments)

    return call


def test_status_tells_that_the_model_is_there(seismic_llm: Seismic) -> None:
    with ScriptedServer() as server:
        result = seismic_llm(server.host, "status")

    assert result.exit_code == 0
    assert f"the language model {MODEL} at {server.host} is ready." in result.stdout
    assert "0.12.3" in result.stdout


def test_status_in_json(seismic_llm: Seismic) -> None:
    with ScriptedServer() as server:
        result = seismic_llm(server.host, "status", "--json")

    found = json.loads(result.stdout)
    assert (found["host"], found["model"], found["enabled"]) == (server.host, MODEL, False)
    assert (found["reachable"], found["has_model"], found["version"]) == (True, True, "0.12.3")
    assert found["models"] == [MODEL]


def test_status_of_a_model_that_is_not_there_is_one(seismic_llm: Seismic) -> None:
    with ScriptedServer() as server:
        result = seismic_llm(server.host, "status", "--model", "mistral:7b")

    assert result.exit_code == 1
    assert "ollama pull mistral:7b" in result.stdout


def test_try_prints_the_answer_alone_and_the_figures_beside_it(seismic_llm: Seismic) -> None:
    with ScriptedServer(says("[bold]a line :smile: of samples")) as server:
        result = seismic_llm(server.host, "try", "What is a trace?")

    assert result.stdout == "[bold]a line :smile: of samples\n"
    assert "7 tokens for 11" in result.stderr
    assert server.asked[0].body["messages"] == [{"role": "user", "content": "What is a trace?"}]


def test_try_does_not_let_an_answer_steer_the_terminal(seismic_llm: Seismic) -> None:
    with ScriptedServer(says("\x1b[2Jgone\x07")) as server:
        result = seismic_llm(server.host, "try", "Clear my screen.")

    assert result.stdout == "[2Jgone\n"


def test_try_ends_in_the_clients_sentence(seismic_llm: Seismic) -> None:
    with ScriptedServer(missing_model()) as server:
        result = seismic_llm(server.host, "try", "What is a trace?")

    assert isinstance(result.exception, UnavailableError)
    assert "ollama pull" in str(result.exception)


def test_an_address_that_no_server_can_have_is_a_wrong_setting(seismic_llm: Seismic) -> None:
    result = seismic_llm("http://a..b:11434", "status")

    assert isinstance(result.exception, SettingsError)
    assert str(result.exception).startswith("OLLAMA_HOST: 'http://a..b:11434' is no address")
