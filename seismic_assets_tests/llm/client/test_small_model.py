"""The wire with a real model behind it: what it says does not matter, that and how it comes does."""

import time
from pathlib import Path

import httpx
import pytest

from seismic_assets.llm import UnavailableError
from seismic_assets.llm.client import CallCounts, ClientConfig, OllamaModel
from seismic_assets_tests.llm.client.asking import SCHEMA, question
from seismic_assets_tests.ollama.fixtures import small_model  # noqa: F401
from seismic_assets_tests.ollama.running import SmallModel

pytestmark = pytest.mark.slow
GENEROUS_S = 240.0


def config(server: SmallModel, **more: object) -> ClientConfig:
    options = {"host": server.host, "model": server.name, "timeout_s": GENEROUS_S, "most_tokens": 40, **more}
    return ClientConfig(**options)  # type: ignore[arg-type]


def wait_until_idle(server: SmallModel) -> None:
    deadline = time.monotonic() + GENEROUS_S
    while server.generating():
        assert time.monotonic() < deadline, "the server still works for a client that went away"
        time.sleep(0.05)


def test_an_answer_comes_in_pieces_with_counts(small_model: SmallModel) -> None:  # noqa: F811
    pieces: list[str] = []

    reply = OllamaModel(config(small_model)).answer(question(), pieces.append)

    assert len(pieces) > 1
    assert "".join(pieces) == reply.text
    assert reply.answer_tokens is not None and 1 <= reply.answer_tokens <= 40
    assert reply.prompt_tokens is not None and reply.prompt_tokens > 5


def test_the_same_seed_gives_the_same_answer(small_model: SmallModel) -> None:  # noqa: F811
    model = OllamaModel(config(small_model, most_tokens=12))

    assert model.answer(question()).text == model.answer(question()).text


def test_a_schema_is_kept(small_model: SmallModel) -> None:  # noqa: F811
    schema = {**SCHEMA, "properties": {**SCHEMA["properties"], "text": {"type": "string", "maxLength": 60}}}  # type: ignore[dict-item]

    reply = OllamaModel(config(small_model, most_tokens=120)).answer(question("Two traces are dead.", schema=schema))

    assert reply.data["kind"] in ("observation", "advice")
    assert set(reply.data) == {"kind", "text"}


def test_a_time_out_ends_the_work_at_the_server(small_model: SmallModel) -> None:  # noqa: F811
    wait_until_idle(small_model)
    asked = small_model.answered()

    with pytest.raises(UnavailableError, match=r"did not answer within 3 s"):
        OllamaModel(config(small_model, timeout_s=3.0, most_tokens=3_500)).answer(question("Tell a long story."))

    assert small_model.answered() == asked + 1
    wait_until_idle(small_model)
    assert OllamaModel(config(small_model, most_tokens=3)).answer(question("Again?")).text


def test_who_stops_listening_ends_the_work_at_the_server(small_model: SmallModel) -> None:  # noqa: F811
    def stop(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        OllamaModel(config(small_model, most_tokens=3_500)).answer(question("Tell a long story."), stop)

    wait_until_idle(small_model)


def test_the_status_names_the_model(small_model: SmallModel) -> None:  # noqa: F811
    status = OllamaModel(config(small_model)).status()

    assert status.has_model
    assert status.models == (small_model.name,)
    assert status.version


def test_another_model_is_not_there(small_model: SmallModel) -> None:  # noqa: F811
    model = OllamaModel(config(small_model, model="llama3.1:8b"))

    assert not model.status().has_model
    with pytest.raises(UnavailableError, match=r"ollama pull llama3\.1:8b"):
        model.answer(question())


def test_an_answer_is_remembered(small_model: SmallModel, tmp_path: Path) -> None:  # noqa: F811
    counts = CallCounts()
    model = OllamaModel(config(small_model, most_tokens=8), tmp_path, (counts,))
    first = model.answer(question("What is a horizon?"))
    asked = small_model.answered()

    again = model.answer(question("What is a horizon?"))

    assert again.text == first.text
    assert small_model.answered() == asked
    assert counts.snapshot().calls["remembered"] == 1


def test_without_a_stream_it_answers_too(small_model: SmallModel) -> None:  # noqa: F811
    body = {
        "model": small_model.name,
        "messages": [{"role": "user", "content": "What is a trace?"}],
        "stream": False,
        "options": {"num_predict": 5, "temperature": 0, "seed": 1},
    }

    answer = httpx.post(f"{small_model.host}/api/chat", json=body, timeout=GENEROUS_S, trust_env=False).json()

    assert answer["done"] is True
    assert answer["done_reason"] == "length"
    assert answer["message"]["content"]
    assert answer["eval_count"] == 5


def test_tools_are_passed_on(small_model: SmallModel) -> None:  # noqa: F811
    tool = {
        "type": "function",
        "function": {"name": "inspect", "description": "Look.", "parameters": {"type": "object", "properties": {}}},
    }

    reply = OllamaModel(config(small_model, most_tokens=8)).answer(question(tools=(tool,)))

    assert reply.text or reply.tool_calls
