"""Settings of language models, as the environment of a machine with Ollama has them."""

import pytest

from seismic_assets.deployment import language_model_of
from seismic_assets.settings import Settings, SettingsError, load_settings


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        (":8080", "http://127.0.0.1:8080"),
        ("gpu-box", "http://gpu-box:11434"),
        ("http://gpu-box:1234/", "http://gpu-box:1234"),
        ("https://models.example", "https://models.example"),
        ("[::1]:11434", "http://[::1]:11434"),
    ],
)
def test_an_address_is_taken_as_ollama_itself_takes_it(monkeypatch, given, address):
    monkeypatch.setenv("OLLAMA_HOST", given)

    assert load_settings().ollama_host == address


@pytest.mark.parametrize("given", ["http://me:hunter2@box:1", "box/path", "ftp://box:1", "a..b", "box:99999", "bo x"])
def test_an_address_that_is_none_is_refused_without_what_is_secret(monkeypatch, given):
    monkeypatch.setenv("SEISMIC_OLLAMA_HOST", given)

    with pytest.raises(SettingsError, match="SEISMIC_OLLAMA_HOST: ") as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_no_model_is_asked_unless_the_settings_say_so(monkeypatch, tmp_path):
    assert language_model_of(Settings(storage_root=tmp_path)) is None

    monkeypatch.setenv("ENABLE_LLM", "true")
    model = language_model_of(load_settings(storage_root=tmp_path, llm_model="gemma3:270m"))
    assert model is not None
    assert model.name == "gemma3:270m"
