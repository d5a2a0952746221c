"""Each fault of a server: one sentence, and what the server saw of it."""

import gzip
import json
import socket
import threading

import pytest

from seismic_assets.llm import AnswerError, LanguageModelError, Message, Question, UnavailableError
from seismic_assets.llm.client.failures import CallError
from seismic_assets_tests.llm.client.asking import SCHEMA, STATEMENT, model, question
from seismic_assets_tests.ollama.scripted import (
    MODEL,
    ScriptedServer,
    Stage,
    Turn,
    closes,
    cut_off,
    endless,
    endless_line,
    ends_early,
    fails,
    fails_inside,
    hangs,
    hangs_after,
    missing_model,
    redirects,
    says,
    says_json,
    sends_lines,
    sends_whole,
    slow,
    trickles,
    trickles_bytes,
    trickles_headers,
)

SHORT_S = 1.0


def free_address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_nobody_listens() -> None:
    host = free_address()

    with pytest.raises(UnavailableError) as raised:
        model(host).answer(question())

    assert host in str(raised.value)
    assert "ollama serve" in str(raised.value)
    assert "OLLAMA_HOST" in str(raised.value)


def test_a_name_that_nobody_has() -> None:
    with pytest.raises(UnavailableError, match=r"no Ollama server answers at http://nobody\.invalid:11434"):
        model("http://nobody.invalid:11434", timeout_s=10.0).answer(question())


@pytest.mark.parametrize(
    "turn", [hangs(), hangs_after("half of an "), trickles(), trickles_bytes(), trickles_headers()]
)
def test_the_time_is_over_and_the_server_is_told(turn: Turn) -> None:
    with ScriptedServer(turn) as server:
        with pytest.raises(UnavailableError, match=r"did not answer within 1 s; raise SEISMIC_LLM_TIMEOUT_S") as raised:
            model(server, timeout_s=SHORT_S).answer(question())

        assert server.asked[0].disconnected
        assert MODEL in str(raised.value)
        assert server.host in str(raised.value)
        assert len(server.asked) == 1


def test_a_slow_first_byte_is_waited_for() -> None:
    with ScriptedServer(slow(0.3, says("at last"))) as server:
        assert model(server).answer(question()).text == "at last"


def test_waiting_for_others_counts_towards_the_time() -> None:
    began = threading.Event()

    def busy(stage: Stage) -> None:
        began.set()
        stage.wait()

    with ScriptedServer(busy) as server:
        other = threading.Thread(target=_ask_in_vain, args=(server, 3.0))
        other.start()
        assert began.wait(20)
        with pytest.raises(UnavailableError, match=r"was busy with other questions for 1 s"):
            model(server, timeout_s=SHORT_S).answer(question())
        other.join()

        assert len(server.asked) == 1


def test_who_had_little_time_left_after_waiting_does_not_blame_the_server() -> None:
    began = threading.Event()

    def busy(stage: Stage) -> None:
        began.set()
        stage.wait()

    with ScriptedServer(busy, hangs()) as server:
        other = threading.Thread(target=_ask_in_vain, args=(server, 2.0))
        other.start()
        assert began.wait(20)
        with pytest.raises(UnavailableError, match=r"was busy with other questions for .* of 3 s") as raised:
            model(server, timeout_s=3.0).answer(question())
        other.join()

    assert isinstance(raised.value, CallError)
    assert not raised.value.blames_server


def test_half_a_character_in_a_question_is_not_sent() -> None:
    with ScriptedServer(says("yes")) as server:
        model(server).answer(Question("answer", "1", (Message("user", "file \udce4.sgy"),)))

    assert server.asked[0].body["messages"][0]["content"] == "file ?.sgy"


def test_half_a_character_in_an_answer_is_shown_as_such() -> None:
    line = r'{"message": {"role": "assistant", "content": "half: \ud800"}, "done": true}'
    with ScriptedServer(sends_lines(line)) as server:
        assert model(server).answer(question()).text == "half: ?"


def _ask_in_vain(server: ScriptedServer, seconds: float) -> None:
    with pytest.raises(UnavailableError):
        model(server, timeout_s=seconds).answer(question("first"))


@pytest.mark.parametrize(
    "fault", [fails(500), fails(503), closes(), cut_off(), ends_early(), fails_inside(), sends_lines('{"error": "oh"}')]
)
def test_what_may_pass_is_tried_again(fault: Turn) -> None:
    with ScriptedServer(fault, fault, says("at last")) as server:
        assert model(server, attempts=3).answer(question()).text == "at last"

    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("fault", "kind", "sentence"),
    [
        (fails(500), UnavailableError, r"failed \(status 500: the model runner has crashed\)"),
        (closes(), UnavailableError, "ended the connection without an answer"),
        (cut_off(), AnswerError, "broke off after 10 characters"),
        (ends_early(), AnswerError, "broke off before its end"),
        (fails_inside(), AnswerError, "failed in the middle of its answer"),
    ],
)
def test_what_does_not_pass_is_said(fault: Turn, kind: type[LanguageModelError], sentence: str) -> None:
    with ScriptedServer(always=fault) as server, pytest.raises(kind, match=sentence) as raised:
        model(server, attempts=2).answer(question())

    assert len(server.asked) == 2
    assert MODEL in str(raised.value)
    assert server.host in str(raised.value)


def test_trying_again_ends_with_the_time() -> None:
    with ScriptedServer(always=fails(500)) as server, pytest.raises(UnavailableError):
        model(server, attempts=1_000, timeout_s=3.0, first_wait_s=0.2).answer(question())

    assert 2 <= len(server.asked) <= 5


def test_a_missing_model_is_not_asked_for_again() -> None:
    sentence = r"get it with `ollama pull llama3\.1:8b`"
    with ScriptedServer(always=missing_model()) as server, pytest.raises(UnavailableError, match=sentence) as raised:
        model(server).answer(question())

    assert len(server.asked) == 1
    assert server.host in str(raised.value)


def test_a_question_that_is_refused_is_not_asked_again() -> None:
    refusal = fails(400, f"{MODEL} does not support tools")
    with ScriptedServer(always=refusal) as server, pytest.raises(UnavailableError, match="does not support tools"):
        model(server).answer(question())

    assert len(server.asked) == 1


def test_a_redirect_is_not_followed() -> None:
    with ScriptedServer(says("here")) as other, ScriptedServer(always=redirects(f"{other.host}/api/chat")) as server:
        with pytest.raises(UnavailableError, match=r"status 307.* is not followed"):
            model(server).answer(question())

        assert other.asked == []


NOT_OLLAMA = [
    b"<html>hello</html>",
    b'{"message": ',
    b"[]",
    b"3",
    b"null",
    b"",
    b"\xff\xfe\x00",
    b'{"done": true}',
    b'{"message": {"role": "assistant", "content": 3}}',
    b'{"message": {"role": "assistant", "tool_calls": [{"function": "no"}]}}',
    b'{"error": {"code": 3}}',
    b"[" * 100_000,
    b"9" * 10_000,
]


@pytest.mark.parametrize("line", NOT_OLLAMA, ids=range(len(NOT_OLLAMA)))
def test_lines_of_another_kind_are_said_to_be_that_after_one_more_try(line: bytes) -> None:
    sentence = "sent what no Ollama server sends"
    with ScriptedServer(always=sends_lines(line)) as server, pytest.raises(AnswerError, match=sentence) as raised:
        model(server).answer(question())

    assert len(server.asked) == 2
    assert server.host in str(raised.value)


@pytest.mark.parametrize("body", [b"[]", b'"no"', b"null", b"<html>", b'{"error": 3}', b"\x1b[2J" + b"x" * 5_000])
def test_whatever_comes_with_a_failure_ends_in_a_short_printable_sentence(body: bytes) -> None:
    with ScriptedServer(always=sends_whole(502, body)) as server, pytest.raises(LanguageModelError) as raised:
        model(server, attempts=1).answer(question())

    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 500


def test_malformed_once_is_forgiven() -> None:
    with ScriptedServer(sends_lines("{"), says("yes")) as server:
        assert model(server).answer(question()).text == "yes"


WRONG = [
    says("two traces are dead"),
    says_json({"kind": "joke", "text": "a trace walks into a bar"}),
    says_json({"kind": "advice"}),
    says_json([STATEMENT]),
    says('{"kind": "advice", "text": NaN}'),
    says('{"kind": "advice", "text": 1e999}'),
    says("[" * 3_000),
    says("9" * 5_000),
    says(r'{"kind": "advice", "text": "half a character: \ud800"}'),
    says(""),
]


@pytest.mark.parametrize("turn", WRONG, ids=range(len(WRONG)))
def test_an_answer_of_another_form_is_asked_for_once_more_with_another_seed(turn: Turn) -> None:
    sentence = "did not answer in the form asked for"
    with ScriptedServer(always=turn) as server, pytest.raises(AnswerError, match=sentence):
        model(server, attempts=5).answer(question(schema=SCHEMA))

    assert [each.body["options"]["seed"] for each in server.asked] == [42, 43]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_none(number: str) -> None:
    with ScriptedServer(always=says(number)) as server, pytest.raises(AnswerError, match="form asked for: it holds"):
        model(server).answer(question(schema={"type": "number"}))

    assert len(server.asked) == 2


def test_the_right_form_at_the_second_time_is_an_answer() -> None:
    with ScriptedServer(says("no"), says_json(STATEMENT)) as server:
        assert model(server).answer(question(schema=SCHEMA)).data == STATEMENT


def test_an_answer_that_needs_more_words_than_allowed_is_not_asked_for_again() -> None:
    turn, sentence = says('{"kind": "adv', done_reason="length"), "after 20 tokens; raise SEISMIC_LLM_MOST_TOKENS"
    with ScriptedServer(always=turn) as server, pytest.raises(AnswerError, match=sentence):
        model(server, most_tokens=20).answer(question(schema=SCHEMA))

    assert len(server.asked) == 1


def test_nothing_is_no_answer() -> None:
    with ScriptedServer(always=says(" \n")) as server, pytest.raises(AnswerError, match="answered with nothing"):
        model(server).answer(question())

    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("turn", "sentence"),
    [
        (endless(), "sent more than 320 characters for an answer of 10 tokens"),
        (endless(piece=""), "sent more than [0-9,]+ bytes"),
        (endless_line(), "sent a line of more than 1,000,000 bytes"),
    ],
)
def test_a_server_that_does_not_stop_is_cut_off(turn: Turn, sentence: str) -> None:
    with ScriptedServer(turn) as server:
        with pytest.raises(AnswerError, match=sentence):
            model(server, most_tokens=10).answer(question())

        assert server.asked[0].disconnected
        assert len(server.asked) == 1


def test_a_failure_without_end_is_cut_off() -> None:
    def turn(stage: Stage) -> None:
        stage.start(500)
        while True:
            stage.send(b"x" * 65_536)

    with ScriptedServer(turn) as server:
        with pytest.raises(LanguageModelError, match="was cut off"):
            model(server).answer(question())

        assert server.asked[0].disconnected


def test_compressed_answers_are_not_unpacked() -> None:
    line = json.dumps({"message": {"role": "assistant", "content": "x"}, "done": True}).encode()
    packed = sends_whole(200, gzip.compress(line), Content_Encoding="gzip")
    with ScriptedServer(always=packed) as server, pytest.raises(AnswerError, match="compressed"):
        model(server).answer(question())

    assert server.asked[0].headers["accept-encoding"] == "identity"


def test_what_was_handed_out_is_not_asked_for_again() -> None:
    pieces: list[str] = []
    with ScriptedServer(cut_off("half of an"), says("whole")) as server, pytest.raises(AnswerError, match="broke off"):
        model(server).answer(question(), pieces.append)

    assert "".join(pieces) == "half of an"
    assert len(server.asked) == 1


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RuntimeError])
def test_who_stops_listening_ends_the_work_at_the_server(interruption: type[BaseException]) -> None:
    def stop(_: str) -> None:
        raise interruption

    with ScriptedServer(trickles(), says("well")) as server:
        with pytest.raises(interruption):
            model(server, timeout_s=600.0).answer(question(), stop)

        assert server.asked[0].disconnected
        assert model(server).answer(question()).text == "well"
