from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from seismic_assets.llm.errors import AnswerError, LanguageModelError, UnavailableError
from seismic_assets.llm.explaining import ask, explain
from seismic_assets.llm.facts import Fact, Facts
from seismic_assets.llm.language import Question, Reply

FACTS = Facts([
    Fact("traces", "traces", 12034, "count", "traces"),
    Fact("dead", "dead traces", 1004, "count", "traces"),
    Fact("verdict", "quality verdict", "warn", "verdict"),
])  # fmt: skip
TRUE = {"kind": "observation", "text": "There are 12,034 traces.", "facts": ["traces"]}
ALSO = {"kind": "concern", "text": "1,004 traces are dead.", "facts": ["dead"]}
FALSE = {"kind": "observation", "text": "There are 9,999 traces.", "facts": ["traces"]}


class Listed:
    """A language model that answers from a list."""

    name = "listed:1b"

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[Question] = []

    def answer(self, question: Question, on_text: Callable[[str], None] | None = None) -> Reply:
        self.asked.append(question)
        data = self.answers.pop(0)
        if isinstance(data, LanguageModelError):
            raise data
        return Reply(json.dumps(data), self.name, data, prompt_tokens=10, answer_tokens=5, seconds=1.5)


def said(*statements: Any) -> dict[str, Any]:
    return {"statements": list(statements)}


def test_what_the_facts_back_is_an_explanation() -> None:
    explanation = explain(Listed(said(TRUE, ALSO)), "quality_statistics", FACTS)
    assert (explanation.status, explanation.reason, explanation.refused) == ("explained", "", ())
    assert [each.text for each in explanation.statements] == [TRUE["text"], ALSO["text"]]
    assert (explanation.model, explanation.prompt) == ("listed:1b", "quality_statistics/1")
    assert (explanation.seconds, explanation.prompt_tokens, explanation.answer_tokens) == (1.5, 10, 5)


def test_a_planted_falsehood_is_kept_apart_and_counted() -> None:
    explanation = explain(Listed(said(TRUE, FALSE)), "quality_statistics", FACTS)
    assert explanation.status == "partly" and "1 of 2" in explanation.reason
    assert [each.text for each in explanation.refused] == [FALSE["text"]]


def test_without_a_model_there_is_a_reason() -> None:
    explanation = explain(None, "quality_statistics", FACTS)
    assert explanation.status == "without" and "SEISMIC_LLM is off" in explanation.reason


@pytest.mark.parametrize("error", [UnavailableError("no server at host."), AnswerError("the answer was cut off.")])
def test_an_error_of_the_model_is_the_reason(error: LanguageModelError) -> None:
    explanation = explain(Listed(error), "quality_statistics", FACTS)
    assert (explanation.status, explanation.reason) == ("without", str(error))


def test_a_prompt_that_cannot_be_made_is_the_reason() -> None:
    model = Listed()
    assert "no prompt 'ghost'" in explain(model, "ghost", FACTS).reason
    assert "'passages' was not given" in explain(model, "answer", FACTS, question="?").reason
    assert model.asked == []


def test_without_facts_nothing_is_asked() -> None:
    model = Listed()
    assert explain(model, "quality_statistics", Facts([])).status == "without"
    assert model.asked == []


def test_where_nothing_was_let_through_the_model_is_told_why_and_asked_once_more() -> None:
    model = Listed(said(FALSE), said(TRUE))
    explanation = explain(model, "quality_statistics", FACTS)
    assert explanation.status == "partly"
    assert [each.text for each in explanation.statements] == [TRUE["text"]]
    assert [each.text for each in explanation.refused] == [FALSE["text"]]
    assert "'9,999 " in model.asked[1].messages[-1].content or "9,999" in model.asked[1].messages[-1].content
    assert (explanation.seconds, explanation.answer_tokens) == (3.0, 10)


def test_two_refusals_in_a_row_are_the_end() -> None:
    model = Listed(said(FALSE), said(FALSE), said(TRUE))
    explanation = explain(model, "quality_statistics", FACTS)
    assert (explanation.status, explanation.statements, len(explanation.refused)) == ("refused", (), 2)
    assert len(model.asked) == 2


def test_an_error_at_the_second_try_leaves_the_first_answer() -> None:
    explanation = explain(Listed(said(FALSE), UnavailableError("gone.")), "quality_statistics", FACTS)
    assert explanation.status == "refused" and len(explanation.refused) == 1


@pytest.mark.parametrize(
    "garbage",
    [None, [], "text", {}, {"statements": "none"}, said(5), said({"kind": 1, "text": "x", "facts": []}),
     said({"kind": "observation", "text": "There are 12,034 traces.", "facts": [1]}),
     said({"kind": "poem", "text": "There are 12,034 traces.", "facts": ["traces"]}),
     said({"kind": "observation", "text": "There are 12,034 traces.", "facts": ["ghosts"]})],
)  # fmt: skip
def test_garbage_is_refused_and_raises_nothing(garbage: Any) -> None:
    explanation = explain(Listed(garbage, garbage), "quality_statistics", FACTS)
    assert explanation.status == "refused" and explanation.refused and not explanation.statements


def test_saying_nothing_is_no_explanation() -> None:
    explanation = explain(Listed(said()), "quality_statistics", FACTS)
    assert (explanation.status, explanation.reason) == ("refused", "It said nothing.")


def test_the_number_of_statements_and_the_length_of_refused_text_are_bounded() -> None:
    long = {**FALSE, "text": "x" * 5000}
    many = [{**TRUE, "text": f"{TRUE['text']} Check the traces{'.' * number}"} for number in range(1, 12)]
    explanation = explain(Listed(said(long, *many)), "quality_statistics", FACTS)
    assert len(explanation.statements) <= 8
    assert all(len(each.text) < 1100 for each in explanation.refused)
    assert any("more than 8" in each.reason for each in explanation.refused)


def test_more_facts_than_fit_are_cut_and_the_reason_says_so() -> None:
    facts = Facts(Fact(f"f{number}", f"files of group{number}", number, "count", "files") for number in range(100))
    fitting = {"kind": "observation", "text": "There are 3 files of group3.", "facts": ["f3"]}
    beyond = {"kind": "observation", "text": "There are 90 files of group90.", "facts": ["f90"]}
    explanation = explain(Listed(said(fitting, beyond)), "quality_statistics", facts)
    assert "first 80 of 100 facts" in explanation.reason
    assert [each.facts for each in explanation.statements] == [("f3",)]


def test_an_answer_with_more_than_statements_gives_the_rest_as_it_is() -> None:
    statement = {"kind": "reason", "text": "There are 12,034 traces.", "facts": ["traces"]}
    model = Listed({"families": ["b", "a"], "statements": [statement]})
    answer = ask(model, "model_advice", FACTS, families="a, b")
    assert answer.explanation.status == "explained"
    assert answer.data == {"families": ["b", "a"]}
