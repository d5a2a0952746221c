import pytest

from seismic_assets.llm import AnswerError, LanguageModelError, UnavailableError
from seismic_assets.llm.client.leaving_alone import FAILURES, server_of
from seismic_assets_tests.llm.client.asking import SCHEMA, STATEMENT, model, question
from seismic_assets_tests.ollama.scripted import (
    ScriptedServer,
    Turn,
    cut_off,
    fails,
    missing_model,
    says,
    says_json,
    sends_lines,
)


def fail(server: ScriptedServer, times: int) -> None:
    for number in range(times):
        with pytest.raises(LanguageModelError):
            model(server, attempts=1).answer(question(f"{number}?", schema=SCHEMA))


@pytest.mark.parametrize("fault", [fails(500), cut_off(), sends_lines("no")])
def test_after_three_failed_calls_the_server_is_left_alone_and_it_is_said(fault: Turn) -> None:
    with ScriptedServer(always=fault) as server:
        fail(server, 3)
        with pytest.raises(UnavailableError, match=r"failed 3 times in a row and is left alone for another \d+ s"):
            model(server).answer(question())

    assert len(server.asked) == 3


def test_all_models_of_a_server_leave_it_alone() -> None:
    with ScriptedServer(always=fails(500)) as server:
        fail(server, FAILURES)
        with pytest.raises(UnavailableError, match="left alone"):
            model(server, model="mistral:7b").answer(question())


def test_another_server_is_asked() -> None:
    with ScriptedServer(always=fails(500)) as broken, ScriptedServer(says("yes")) as well:
        fail(broken, FAILURES)

        assert model(well).answer(question()).text == "yes"


def test_further_tries_within_a_call_are_one_failure() -> None:
    with ScriptedServer(*[fails(500)] * 6, says("yes")) as server:
        for _ in range(2):
            with pytest.raises(UnavailableError, match="status 500"):
                model(server, attempts=3).answer(question())

        assert model(server).answer(question()).text == "yes"


def test_an_answer_between_starts_the_count_anew() -> None:
    turns = [fails(500), fails(500), says_json(STATEMENT), fails(500), fails(500), says("yes")]
    with ScriptedServer(*turns) as server:
        fail(server, 2)
        model(server).answer(question(schema=SCHEMA))
        fail(server, 2)

        assert model(server).answer(question()).text == "yes"


@pytest.mark.parametrize(("turn", "kind"), [(missing_model(), UnavailableError), (says("of no form"), AnswerError)])
def test_a_server_that_is_not_to_blame_is_asked_on(turn: Turn, kind: type[LanguageModelError]) -> None:
    with ScriptedServer(always=turn) as server:
        for number in range(5):
            with pytest.raises(kind):
                model(server, attempts=1).answer(question(f"{number}?", schema=SCHEMA))

    assert len(server.asked) == 5


def test_when_the_time_is_over_it_is_asked_again_and_counted_anew() -> None:
    turns = [*[fails(500)] * 3, says_json(STATEMENT), fails(500), fails(500), says("still asked")]
    with ScriptedServer(*turns) as server:
        fail(server, FAILURES)
        server_of(server.host).seconds_alone = 0.0
        model(server).answer(question(schema=SCHEMA))
        server_of(server.host).seconds_alone = 60.0
        fail(server, 2)

        assert model(server).answer(question()).text == "still asked"


def test_one_more_failure_then_and_it_is_left_alone_again() -> None:
    with ScriptedServer(always=fails(500)) as server:
        fail(server, FAILURES)
        server_of(server.host).seconds_alone = 0.0
        fail(server, 1)
        server_of(server.host).seconds_alone = 60.0
        with pytest.raises(UnavailableError, match="left alone"):
            model(server).answer(question())

    assert len(server.asked) == 4
