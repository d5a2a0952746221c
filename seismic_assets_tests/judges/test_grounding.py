from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.judges.answers import GROUNDED
from seismic_assets.judges.grounding import grounding

CASES: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("pairs.yaml").read_text())
PAIRS = CASES["pairs"]
# Every answer may be made of any of the passages: a wrong number may well stand in another.
EVERY = tuple(CASES["passages"].values())


def test_there_are_at_least_twenty_pairs() -> None:
    assert len({pair["ungrounded"] for pair in PAIRS}) >= 20


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["grounded"][:40])
def test_an_answer_that_stands_in_its_passages_is_grounded(pair: dict[str, str]) -> None:
    found = grounding(pair["grounded"], EVERY)

    assert found.value >= GROUNDED, found.sentence()
    assert found.numbers == ()


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["ungrounded"][:40])
def test_an_answer_that_does_not_is_caught(pair: dict[str, str]) -> None:
    found = grounding(pair["ungrounded"], [CASES["passages"][pair["passage"]]])

    assert found.value < GROUNDED
    assert found.sentence() != "All of it stands in the passages."


def test_what_is_wrong_is_told() -> None:
    found = grounding("survey_777 has 12 dead traces. The champion was painted blue yesterday.", EVERY)

    assert (found.numbers, found.names) == (("12",), ("survey_777",))
    assert found.strange == ("paint", "blu", "yesterday")
    assert "12" in found.sentence()


@given(number=st.integers(0, 10**6))
def test_a_number_is_grounded_only_where_it_stands(number: int) -> None:
    passages = ["The file has 2,400 traces of 462 samples."]

    found = grounding(f"The file has {number} traces.", passages)

    assert (found.numbers == ()) == (number in (2400, 462))


@given(text=st.text(max_size=300))
def test_any_text_stands_in_itself_and_never_raises(text: str) -> None:
    assert grounding(text, [text]).numbers == ()
    assert 0 <= grounding(text, []).value <= 1


def test_a_sentence_that_stands_in_a_passage_word_by_word_is_grounded_also_where_it_is_cut() -> None:
    passage = "A version is in one stage: `none`, `staging` or `production`. It is 1e15 at most, and not more."

    assert grounding("A version is in one stage: `none`, ...", [passage]).value == 1.0
    assert grounding("At most it is 1e15.", [passage]).value == 1.0


def test_what_is_said_of_one_file_is_not_said_of_another() -> None:
    passage = "survey_001.sgy has 3 dead traces. survey_002.sgy has 8 dead traces. The file has 40 lines."

    assert grounding("survey_001.sgy has 8 dead traces.", [passage]).numbers == ("8",)
    assert grounding("survey_001.sgy has 40 lines.", [passage]).numbers == ()


def test_an_empty_answer_has_nothing_wrong() -> None:
    assert grounding("", EVERY).value == 1.0
