"""A question that does not fit is not asked, and one that the server cut is not taken for answered."""

import pytest

from seismic_assets.llm import AnswerError, Message, ToolCall, TooLongError
from seismic_assets.llm.client.room import estimated_tokens
from seismic_assets.llm.explaining import explain
from seismic_assets.llm.facts import Fact, Facts
from seismic_assets_tests.llm.client.asking import model, question
from seismic_assets_tests.ollama.scripted import ScriptedServer, says, says_json

LONG = "The file survey_001.sgy holds 12,034 traces. " * 100  # 4,500 bytes


def test_a_question_that_does_not_fit_is_not_asked_and_the_sentence_says_what_to_do() -> None:
    with ScriptedServer(says("yes")) as server:
        with pytest.raises(
            TooLongError, match=r"about 1,5\d\d tokens.*room for 1,024.*SEISMIC_LLM_CONTEXT_TOKENS"
        ) as raised:
            model(server, context_tokens=2048, most_tokens=1024).answer(question(LONG))

        assert server.asked == []
    assert raised.value.tokens > raised.value.room == 1024


def test_what_fits_is_asked() -> None:
    with ScriptedServer(says("yes")) as server:
        assert model(server, context_tokens=4096, most_tokens=1024).answer(question(LONG)).text == "yes"


def test_an_answer_takes_no_more_than_half_of_the_context() -> None:
    with ScriptedServer(says("yes")) as server:
        assert model(server, context_tokens=512, most_tokens=1024).answer(question("Is it?")).text == "yes"


def test_letters_of_several_bytes_calls_of_tools_and_descriptions_of_tools_count() -> None:
    plain, accented = question("a" * 300), question("é" * 300)
    called = question("a", tools=({"type": "function", "function": {"name": "x" * 300}},))
    asked_for = Message("assistant", "", (ToolCall("query_table", {"sql": "x" * 300}),))

    assert estimated_tokens(accented) - estimated_tokens(plain) == 100
    assert estimated_tokens(called) > 100
    assert estimated_tokens(question("a")) < 100 < estimated_tokens(question_with(asked_for))


def question_with(message: Message):  # type: ignore[no-untyped-def]
    asked = question("a")
    return type(asked)(asked.prompt, asked.version, (*asked.messages, message))


def test_a_server_that_read_all_that_its_context_holds_dropped_the_rest() -> None:
    with (
        ScriptedServer(says("yes", prompt_eval_count=2048)) as server,
        pytest.raises(AnswerError, match=r"read 2,048 tokens, all that its context holds.*SEISMIC_LLM_CONTEXT_TOKENS"),
    ):
        model(server, context_tokens=2048, most_tokens=64).answer(question(LONG))


def test_a_server_with_a_shorter_context_of_its_own_is_told_of() -> None:
    with (
        ScriptedServer(says("yes", prompt_eval_count=512)) as server,
        pytest.raises(AnswerError, match=r"read 512 tokens only of a question of about 1,5\d\d.*its own context"),
    ):
        model(server, context_tokens=8192).answer(question(LONG))

        assert len(server.asked) == 1


def test_a_count_of_what_is_new_to_the_server_alone_is_no_cut() -> None:
    with ScriptedServer(says("yes", prompt_eval_count=1)) as server:
        assert model(server).answer(question(LONG)).text == "yes"


def test_a_server_that_does_not_count_is_believed() -> None:
    with ScriptedServer(says("yes", prompt_eval_count=None)) as server:
        assert model(server).answer(question(LONG)).prompt_tokens is None


def facts(count: int) -> Facts:
    return Facts(
        Fact(f"traces.survey_{number}", f"traces of the file survey_{number}.sgy", number, "count", "traces")
        for number in range(count)
    )


def test_fewer_of_the_first_facts_are_given_where_all_do_not_fit_and_it_is_said() -> None:
    true = {"kind": "observation", "text": "There are 0 traces of the file survey_0.sgy.", "facts": ["traces.survey_0"]}
    with ScriptedServer(always=says_json({"statements": [true]})) as server:
        told = explain(model(server, context_tokens=2048, most_tokens=512), "quality_statistics", facts(70))

    (asked,) = server.asked
    prompt = asked.body["messages"][-1]["content"]
    given = prompt.count("traces.survey_")
    assert 10 <= given < 70
    assert f"traces.survey_{given - 1} " in prompt
    assert [each.text for each in told.statements] == [true["text"]]
    assert told.reason == f"It was given the first {given} of 70 facts, as it has no room for more."


def test_where_not_even_one_fact_fits_nobody_is_asked_and_the_report_says_why() -> None:
    with ScriptedServer(says("yes")) as server:
        told = explain(model(server, context_tokens=256, most_tokens=128), "quality_statistics", facts(5))

        assert server.asked == []
    assert told.status == "without"
    assert "raise SEISMIC_LLM_CONTEXT_TOKENS" in told.reason


def test_a_cut_question_is_no_explanation() -> None:
    with ScriptedServer(always=says_json({"statements": []}, prompt_eval_count=2048)) as server:
        told = explain(model(server, context_tokens=2048), "quality_statistics", facts(5))

    assert told.status == "without"
    assert "dropped the rest of the question" in told.reason
