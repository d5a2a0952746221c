"""What a server that is well answers, and what it is asked."""

import json
import threading

import pytest

from seismic_assets.llm import Message, Question, ToolCall
from seismic_assets_tests.llm.client.asking import SCHEMA, STATEMENT, model, question
from seismic_assets_tests.ollama.scripted import MODEL, ScriptedServer, answers, says, says_json

TOOL = {
    "type": "function",
    "function": {
        "name": "inspect",
        "description": "Look at a file.",
        "parameters": {"type": "object", "properties": {"file": {"type": "string"}}, "required": ["file"]},
    },
}


def test_the_reply_has_text_counts_and_the_model() -> None:
    with ScriptedServer(says("a line of samples")) as server:
        reply = model(server).answer(question())

    assert reply.text == "a line of samples"
    assert (reply.model, reply.prompt_tokens, reply.answer_tokens) == (MODEL, 11, 7)
    assert reply.seconds > 0
    assert not reply.remembered
    assert reply.data is None


def test_pieces_are_handed_out_as_they_come_in_the_callers_thread() -> None:
    pieces: list[tuple[str, int]] = []
    with ScriptedServer(says(pieces=["a ", "line ", "of samples"])) as server:
        model(server).answer(question(), lambda piece: pieces.append((piece, threading.get_ident())))

    assert pieces == [(piece, threading.get_ident()) for piece in ("a ", "line ", "of samples")]


def test_the_server_is_asked_for_a_stream_with_the_options() -> None:
    with ScriptedServer(says("yes")) as server:
        model(server, temperature=0.5, seed=7, most_tokens=99, context_tokens=2048).answer(question("Is it?"))

    body = server.asked[0].body
    assert body["stream"] is True
    assert body["model"] == MODEL
    assert body["options"] == {"temperature": 0.5, "seed": 7, "num_predict": 99, "num_ctx": 2048}
    assert body["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Is it?"}]
    assert "format" not in body


def test_a_schema_goes_with_the_question_and_the_answer_is_read() -> None:
    with ScriptedServer(says_json(STATEMENT)) as server:
        reply = model(server).answer(question(schema=SCHEMA))

    assert server.asked[0].body["format"] == SCHEMA
    assert reply.data == STATEMENT
    assert json.loads(reply.text) == STATEMENT


def test_tool_calls_are_read() -> None:
    with ScriptedServer(says(tool_calls=[("inspect", {"file": "a.sgy"})])) as server:
        reply = model(server).answer(question(tools=(TOOL,)))

    assert reply.tool_calls == (ToolCall("inspect", {"file": "a.sgy"}),)
    sent = server.asked[0].body["tools"][0]["function"]
    assert sent["name"] == "inspect"
    assert sent["parameters"]["required"] == ["file"]


def test_what_a_tool_said_goes_back_with_its_name() -> None:
    asked = Question(
        "answer",
        "1",
        (
            Message("user", "How many traces?"),
            Message("assistant", "", (ToolCall("inspect", {"file": "a.sgy"}),)),
            Message("tool", "4,800 traces", tool_name="inspect"),
        ),
    )
    with ScriptedServer(says("4,800")) as server:
        model(server).answer(asked)

    _, called, told = server.asked[0].body["messages"]
    assert called["tool_calls"] == [{"function": {"name": "inspect", "arguments": {"file": "a.sgy"}}}]
    assert told == {"role": "tool", "content": "4,800 traces", "tool_name": "inspect"}


def test_several_threads_may_ask_one_at_a_time() -> None:
    together: list[int] = []
    inside = threading.Semaphore(1)

    def alone(_: dict[str, object]) -> str:
        together.append(inside.acquire(blocking=False))
        threading.Event().wait(0.05)
        inside.release()
        return "yes"

    with ScriptedServer(always=answers(alone)) as server:
        asked = model(server, concurrent=1)
        threads = [threading.Thread(target=asked.answer, args=(question(f"{n}?"),)) for n in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert together == [True] * 5


def test_as_many_as_allowed_ask_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=20)

    def together(_: dict[str, object]) -> str:
        both.wait()
        return "yes"

    with ScriptedServer(always=answers(together)) as server:
        asked = model(server, concurrent=2)
        threads = [threading.Thread(target=asked.answer, args=(question(f"{n}?"),)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert not both.broken


def test_it_can_be_asked_inside_an_event_loop() -> None:
    import asyncio

    async def inside() -> str:
        return model(server).answer(question()).text

    with ScriptedServer(says("yes")) as server:
        assert asyncio.run(inside()) == "yes"


def test_no_proxy_is_between_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with ScriptedServer(says("yes")) as server:
        assert model(server).answer(question()).text == "yes"
        assert model(server).status().reachable


@pytest.mark.parametrize("schema", [{"type": "no such"}, {"properties": 3}])
def test_a_schema_that_is_none_is_an_error_of_the_caller(schema: dict[str, object]) -> None:
    with ScriptedServer() as server, pytest.raises(ValueError, match="schema of the answer is none"):
        model(server).answer(question(schema=schema))

    assert server.asked == []


def test_a_tool_that_is_none_is_an_error_of_the_caller() -> None:
    with ScriptedServer() as server, pytest.raises(ValueError):
        model(server).answer(question(tools=({"function": "inspect"},)))

    assert server.asked == []
