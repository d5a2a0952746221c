"""A question answered with tools: what is shown rests on what they gave."""

import pytest

from seismic_assets.llm.errors import UnavailableError
from seismic_assets.tools.answering import look_up
from seismic_assets_tests.llm.test_tool_use import LONG, QUALITY, Scripted, said, wants

ASKED = "How many dead traces has a.sgy?"
USED = wants(("file_quality", {"file_id": "a.sgy"}))


def test_an_answer_that_rests_on_a_tool_is_shown() -> None:
    found = look_up(Scripted(USED, said("It has 3 dead traces.")), (QUALITY, LONG), ASKED)

    assert (found.answer, found.model, found.reason) == ("It has 3 dead traces.", "scripted", "")
    assert found.to_dict()["calls"][0]["tool"] == "file_quality"


@pytest.mark.parametrize("text", ["It has 5 dead traces.", "It has three hundred dead traces.", "3 of 900 are dead."])
def test_a_number_that_no_tool_gave_is_kept_apart(text: str) -> None:
    found = look_up(Scripted(USED, said(text)), (QUALITY, LONG), ASKED)

    assert found.answer == ""
    assert found.refused == text
    assert "stands in no tool's answer" in found.reason


def test_an_answer_without_any_tool_rests_on_nothing() -> None:
    found = look_up(Scripted(said("All is well.")), (QUALITY, LONG), ASKED)

    assert (found.answer, found.refused) == ("", "All is well.")


def test_a_tool_that_failed_gives_nothing_to_rest_on() -> None:
    found = look_up(Scripted(wants(("file_quality", {"file_id": "b"})), said("It has 3.")), (QUALITY, LONG), ASKED)

    assert found.answer == ""
    assert [each.ok for each in found.calls] == [False]


def test_a_model_that_is_away_is_a_reason() -> None:
    found = look_up(Scripted(UnavailableError("no server answers at http://127.0.0.1:1")), (QUALITY,), ASKED)

    assert (found.answer, found.calls) == ("", ())
    assert "no server" in found.reason
