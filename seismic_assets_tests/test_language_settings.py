"""Settings of language models, as the environment of a machine with Ollama has them."""

import json

import pytest

from seismic_assets.deployment import client_config_of, language_model_of
from seismic_assets.llm import Fact, Facts, Message, Question
from seismic_assets.llm.explaining import explain
from seismic_assets.settings import Settings, SettingsError, load_settings
from seismic_assets_tests.ollama.scripted import MODEL, ScriptedServer, says, sends_whole

MODELS = json.dumps({"models": [{"name": MODEL, "model": MODEL}]}).encode()
FACTS = Facts([Fact("traces", "traces", 960, "count")])


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        (":8080", "http://127.0.0.1:8080"),
        ("gpu-box", "http://gpu-box:11434"),
        ("http://gpu-box:1234/", "http://gpu-box:1234"),
        ("http://gpu-box", "http://gpu-box"),
        ("https://models.example", "https://models.example"),
        ("https://gateway.example/ollama/", "https://gateway.example/ollama"),
        ("box/path", "http://box:11434/path"),
        ("[::1]:11434", "http://[::1]:11434"),
    ],
)
def test_an_address_is_taken_as_ollama_itself_takes_it(monkeypatch, given, address):
    monkeypatch.setenv("OLLAMA_HOST", given)

    assert load_settings().ollama_host == address


NONE = [
    "http://me:hunter2@box:1",
    "me:hun/ter?hunter2@box",
    "ftp://box:1",
    "a..b",
    "box:99999",
    "bo x",
    "http://box/api",
]


@pytest.mark.parametrize("given", NONE)
def test_an_address_that_is_none_is_refused_where_a_model_is_asked_without_what_is_secret(monkeypatch, given):
    monkeypatch.setenv("SEISMIC_OLLAMA_HOST", given)
    settings = load_settings()

    with pytest.raises(SettingsError, match=r"^SEISMIC_OLLAMA_HOST: .* is no address of an Ollama server") as caught:
        client_config_of(settings)
    assert "hunter2" not in f"{caught.value} {settings.ollama_host}"


def test_the_variable_that_was_set_is_named(monkeypatch):
    monkeypatch.setenv("OLLAMA_HOST", "a..b")

    with pytest.raises(SettingsError, match=r"^OLLAMA_HOST: 'http://a\.\.b:11434' is no address"):
        client_config_of(load_settings())


def test_a_model_at_an_address_that_is_none_is_missing_with_the_reason(monkeypatch, tmp_path):
    monkeypatch.setenv("OLLAMA_HOST", "a..b")
    monkeypatch.setenv("SEISMIC_LLM", "true")

    told = explain(language_model_of(load_settings(storage_root=tmp_path)), "tuning", FACTS)

    assert told.status == "without"
    assert "OLLAMA_HOST: 'http://a..b:11434' is no address" in told.reason


def test_a_model_behind_a_gateway_is_asked_below_its_path(monkeypatch, tmp_path):
    asked_below = {"/ollama/api/chat": says("a trace"), "/ollama/api/tags": sends_whole(200, MODELS)}
    with ScriptedServer(others=asked_below) as server:
        monkeypatch.setenv("OLLAMA_HOST", f"{server.host}/ollama/")
        settings = load_settings(storage_root=tmp_path, llm=True, llm_trace=False, llm_attempts=1)
        model = language_model_of(settings)

        assert model.answer(Question("try", "1", (Message("user", "What is it?"),))).text == "a trace"
        assert model.status().has_model


def test_no_model_is_asked_unless_the_settings_say_so(monkeypatch, tmp_path):
    assert language_model_of(Settings(storage_root=tmp_path)) is None

    monkeypatch.setenv("ENABLE_LLM", "true")
    model = language_model_of(load_settings(storage_root=tmp_path, llm_model="gemma3:270m"))
    assert model is not None
    assert model.name == "gemma3:270m"
