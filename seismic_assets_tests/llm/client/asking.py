"""Questions, and a model that asks a scripted server without waiting between its tries."""

from pathlib import Path
from typing import Any

from seismic_assets.llm import Message, Question
from seismic_assets.llm.client import CallObserver, ClientConfig, OllamaModel
from seismic_assets_tests.ollama.scripted import MODEL, ScriptedServer, says_json

SCHEMA = {
    "type": "object",
    "properties": {"kind": {"enum": ["observation", "advice"]}, "text": {"type": "string"}},
    "required": ["kind", "text"],
    "additionalProperties": False,
}
STATEMENT = {"kind": "observation", "text": "two traces are dead"}


def question(text: str = "What is a trace?", **more: Any) -> Question:
    return Question("answer", "1", (Message("system", "Be brief."), Message("user", text)), **more)


def config(server: ScriptedServer | str, **more: Any) -> ClientConfig:
    host = server if isinstance(server, str) else server.host
    return ClientConfig(**{"host": host, "model": MODEL, "timeout_s": 30.0, "first_wait_s": 0.0, **more})


def load_all() -> None:
    """Ask once, so that what a call imports is there before the time of others is counted."""
    with ScriptedServer(says_json(STATEMENT)) as server:
        model(server).answer(question(schema=SCHEMA))


def model(
    server: ScriptedServer | str, cache_dir: Path | None = None, observers: tuple[CallObserver, ...] = (), **more: Any
) -> OllamaModel:
    return OllamaModel(config(server, **more), cache_dir, observers)
