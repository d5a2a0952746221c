"""A question answered with tools: what is shown rests on what they gave, else the passages are the answer."""

import pytest

from seismic_assets.knowledge import Answered, Found, Passage
from seismic_assets.llm.errors import AnswerError, UnavailableError
from seismic_assets.llm.language import LanguageModel
from seismic_assets.llm.tool_use import Called
from seismic_assets.tools.answering import LookedUp, look_up
from seismic_assets_tests.llm.test_tool_use import LONG, QUALITY, Scripted, said, wants

ASKED = "How many dead traces has a.sgy?"
USED = wants(("file_quality", {"file_id": "a.sgy"}))
PASSAGE = Passage("reports/quality/a.sgy.md", "a.sgy", "dead traces: 3", 0, "0" * 32)


def passages() -> Answered:
    return Answered(ASKED, "[1] dead traces: 3", (Found(PASSAGE, 1.0, 0.9),), reason="no language model was asked")


def looked_up(model: LanguageModel | None) -> LookedUp:
    return look_up(model, (QUALITY, LONG), ASKED, passages)


def test_an_answer_that_rests_on_a_tool_is_shown_and_no_passages() -> None:
    found = looked_up(Scripted(USED, said("It has 3 dead traces.")))

    assert (found.answer, found.model, found.reason) == ("It has 3 dead traces.", "scripted", "")
    assert found.passages is None
    told = found.to_dict()
    assert (told["answer"], told["model"], told["sources"]) == ("It has 3 dead traces.", "scripted", [])
    (call,) = told["calls"]
    assert (call["tool"], call["arguments"], call["ok"]) == ("file_quality", {"file_id": "a.sgy"}, True)
    assert '"dead_traces": 3' in call["answer"]


@pytest.mark.parametrize("text", ["It has 5 dead traces.", "It has three hundred dead traces.", "3 of 900 are dead."])
def test_a_number_that_no_tool_gave_is_kept_apart(text: str) -> None:
    found = looked_up(Scripted(USED, said(text)))

    assert (found.answer, found.refused, found.model) == ("", text, "")
    assert "stands in no tool's answer" in found.reason
    told = found.to_dict()
    assert (told["answer"], told["refused"], told["model"]) == ("[1] dead traces: 3", text, None)


def test_an_answer_without_any_tool_rests_on_nothing() -> None:
    found = looked_up(Scripted(said("All is well.")))

    assert (found.answer, found.refused) == ("", "All is well.")


def test_a_tool_that_failed_gives_nothing_to_rest_on() -> None:
    found = looked_up(Scripted(wants(("file_quality", {"file_id": "b"})), said("It has 3.")))

    assert found.answer == ""
    assert [each.ok for each in found.calls] == [False]


@pytest.mark.parametrize(
    "error", [UnavailableError("no server answers at http://127.0.0.1:1"), AnswerError("the answer was cut off")]
)
def test_a_model_that_fails_is_a_reason_beside_the_passages(error: UnavailableError | AnswerError) -> None:
    found = looked_up(Scripted(USED, error))

    assert (found.answer, found.reason, len(found.calls)) == ("", str(error), 1)
    assert found.to_dict()["sources"][0]["source"] == PASSAGE.source


def test_without_a_model_the_passages_are_the_answer() -> None:
    found = looked_up(None)

    assert (found.calls, found.model) == ((), "")
    assert "SEISMIC_LLM=true" in found.reason
    assert found.to_dict()["answer"] == "[1] dead traces: 3"


def test_a_text_does_not_steer_the_terminal() -> None:
    assert looked_up(Scripted(USED, said("\x1b[JIt has 3.\x9b"))).answer == "[JIt has 3."


def test_each_call_is_told_as_it_is_made() -> None:
    told: list[Called] = []

    look_up(Scripted(USED, USED, said("It has 3.")), (QUALITY,), ASKED, passages, told.append)

    assert [each.name for each in told] == ["file_quality", "file_quality"]
