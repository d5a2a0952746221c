from dataclasses import replace

import pytest

from seismic_assets.judges import AnswerSample, JudgedQuestion, answer_samples
from seismic_assets.judges.answers import answered, groundedness, is_good, numbers_grounded, refusal, relevance_by
from seismic_assets.knowledge import Answered, Found, Passage
from seismic_assets.knowledge.answering import NOTHING

PASSAGE = "docs/serving.md\nA request may hold up to 512 traces."
SAMPLE = AnswerSample("1", "How many traces may a request hold?", "A request may hold up to 512 traces.", (PASSAGE,))
FOREIGN = replace(SAMPLE, question="Who won the football championship in Brazil?")


def test_answers_of_the_knowledge_index_become_samples() -> None:
    passage = Passage("docs/serving.md", "Serving", "A request may hold up to 512 traces.", 0, "0" * 32)
    (sample,) = answer_samples([Answered("How many?", "512 [1].", (Found(passage, 0.5, 0.5),), "llama3.1:8b")])

    assert (sample.id, sample.question, sample.answer, sample.model) == ("1", "How many?", "512 [1].", "llama3.1:8b")
    assert "docs/serving.md" in sample.passages[0] and "512 traces" in sample.passages[0]


def test_a_grounded_and_relevant_answer_has_full_marks() -> None:
    values = [each(SAMPLE).value for each in (groundedness, numbers_grounded, relevance_by(None))]

    assert values == [1.0, 1.0, 1.0]
    assert is_good(SAMPLE)


def test_a_wrong_number_takes_groundedness_away() -> None:
    wrong = replace(SAMPLE, answer="A request may hold up to 1024 traces.")

    assert (groundedness(wrong).value, numbers_grounded(wrong).value) == (0.0, 0.0)
    assert "1024" in numbers_grounded(wrong).reason
    assert not is_good(wrong)


def test_a_short_answer_is_relevant_by_the_passage_it_is_from() -> None:
    assert relevance_by(None)(replace(SAMPLE, answer="512 traces.")).value == 1.0


def test_an_answer_about_something_else_is_not_relevant() -> None:
    other = replace(SAMPLE, question="Which colours show the horizon on the map?")

    value = relevance_by(None)(other).value
    assert value is not None and value < 0.3
    assert not is_good(other)


def test_likeness_of_meaning_counts_where_words_differ() -> None:
    other = replace(SAMPLE, question="What is the upper bound of a batch?")

    assert relevance_by(lambda question, answer: 0.8)(other).value == 0.8


def test_an_answer_to_a_question_that_no_passage_speaks_of_should_have_been_refused() -> None:
    assert (refusal(FOREIGN).value, is_good(FOREIGN)) == (0.0, False)


@pytest.mark.parametrize(
    "text",
    [NOTHING, "The documents do not say.", "That is not mentioned in the passages.", "I cannot answer this.", ""],
)
def test_a_refusal_is_right_where_no_passage_speaks_of_the_question(text: str) -> None:
    refused = replace(FOREIGN, answer=text, model="llama3.1:8b")

    assert (refusal(refused).value, is_good(refused)) == (1.0, True)
    assert groundedness(refused).value is relevance_by(None)(refused).value is None


def test_a_passage_that_is_alike_in_meaning_speaks_of_the_question() -> None:
    other = replace(SAMPLE, question="What is the upper bound of a batch?", similarity=0.55)

    assert (refusal(other).value, relevance_by(None)(other).value, is_good(other)) == (None, 0.55, True)
    assert refusal(replace(other, similarity=0.1)).value == 0.0


def test_without_a_passage_only_a_refusal_is_right() -> None:
    assert refusal(replace(SAMPLE, passages=())).value == 0.0
    assert refusal(replace(SAMPLE, passages=(), answer=NOTHING)).value == 1.0


def test_a_refusal_is_wrong_where_a_passage_has_the_answer() -> None:
    withheld = replace(SAMPLE, answer=NOTHING, model="llama3.1:8b")

    assert (answered(withheld).value, refusal(withheld).value, is_good(withheld)) == (0.0, None, False)
    assert (answered(SAMPLE).value, refusal(SAMPLE).value, is_good(SAMPLE)) == (1.0, None, True)


@pytest.mark.parametrize("text", ["There is no answer to a file that does not say its interval.", "No information."])
def test_passages_that_are_shown_refuse_nothing_whatever_they_speak_of(text: str) -> None:
    shown = replace(SAMPLE, answer=text, passages=(f"docs/user.md\n{text}",))

    assert not shown.refuses
    assert groundedness(shown).value == 1.0


@pytest.mark.parametrize("text", ["A trace that does not contain samples is dead [1].", "It cannot say more [1]."])
def test_a_model_that_writes_of_what_is_not_there_still_answers(text: str) -> None:
    assert not replace(SAMPLE, answer=text, model="llama3.1:8b").refuses


def test_an_answer_from_elsewhere_does_not_answer_a_question_whose_section_is_known() -> None:
    known = replace(SAMPLE, answerable=True, in_place=False)

    assert (answered(known).value, answered(replace(known, in_place=True)).value) == (0.0, 1.0)


def test_a_question_that_is_known_to_have_no_answer_is_to_get_none_however_near_a_passage_is() -> None:
    known = replace(SAMPLE, answerable=False, similarity=0.9)

    assert (answered(known).value, refusal(known).value, is_good(known)) == (None, 0.0, False)
    assert relevance_by(None)(known).value is None
    withheld = replace(known, answer=NOTHING, passages=())
    assert (refusal(withheld).value, is_good(withheld)) == (1.0, True)


def test_a_question_that_has_an_answer_is_not_rightly_withheld_where_nothing_was_found() -> None:
    nothing = Answered("How many traces may a request hold?", NOTHING, (), grounded=False)
    (sample,) = answer_samples([nothing], [JudgedQuestion(nothing.question, ("docs/serving.md: Limits",))])

    assert (answered(sample).value, refusal(sample).value, is_good(sample)) == (0.0, None, False)


def test_questions_and_answers_are_as_many() -> None:
    with pytest.raises(ValueError, match="zip"):
        answer_samples([], [JudgedQuestion("Who?")])
