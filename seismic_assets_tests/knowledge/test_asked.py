"""Questions in people's words beside the passages that answer them."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.retrieval import ROOT, questions, same_blanks
from seismic_assets.knowledge import Document, KnowledgeIndex, passages_of, project_docs
from seismic_assets.knowledge.asked import Asked, asked_by_source, with_questions

TEXT = "# Telling\n\nAlarms of one\nkind are put together.\n\n" + "Something else is said here at length. " * 20
ASKED = {"docs/telling.md": (Asked("of one kind are put", ("will my inbox be flooded",)),)}


def telling() -> Document:
    return Document("docs/telling.md", "Telling", TEXT, "page")


def same(question: str) -> str:
    return question.strip(" ?.").lower()


def of_the_documentation() -> dict[str, tuple[Asked, ...]]:
    return {source: asked for source, asked in asked_by_source().items() if not source.startswith("reports/")}


def test_every_phrase_stands_in_its_document():
    texts = {each.source: same_blanks(each.text) for each in project_docs(ROOT).documents}
    missing = [
        (source, each.phrase)
        for source, entries in of_the_documentation().items()
        for each in entries
        if each.phrase not in texts.get(source, "")
    ]
    assert missing == []


def test_nearly_every_question_is_searched_with_a_passage():
    searched = {each for passage in with_questions(passages_of(project_docs(ROOT).documents)) for each in passage.asked}
    wanted = {each for entries in of_the_documentation().values() for entry in entries for each in entry.questions}
    assert len(wanted - searched) <= 0.02 * len(wanted)  # a phrase may be cut where a passage ends


def test_the_questions_of_the_benchmark_are_not_among_them():
    asked = {same(each) for entries in asked_by_source().values() for entry in entries for each in entry.questions}
    assert [each.question for each in questions() if same(each.question) in asked] == []


def test_questions_stand_with_the_fact_and_nowhere_else():
    first, *others = with_questions(passages_of([telling()]), ASKED)
    assert first.asked == ("will my inbox be flooded",)
    assert not any(each.asked for each in others)


def test_a_question_makes_another_digest_and_no_other_text():
    (plain, *_), (asked, *_) = (with_questions(passages_of([telling()]), each) for each in ({}, ASKED))
    assert plain.digest != asked.digest
    assert (plain.text, plain.context) == (asked.text, asked.context)
    assert "inbox" in asked.searched


def test_what_came_with_data_has_no_questions():
    untrusted = replace(telling(), trusted=False)
    assert not any(each.asked for each in with_questions(passages_of([untrusted]), ASKED))


def test_a_pattern_stands_for_many_documents():
    report = replace(telling(), source="reports/evaluation/v3/gate.json")
    asked = {"reports/evaluation/*/gate.json": ASKED["docs/telling.md"]}
    assert with_questions(passages_of([report]), asked)[0].asked == ("will my inbox be flooded",)


def test_a_passage_without_a_word_of_the_question_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr("seismic_assets.knowledge.asked.asked_by_source", lambda: ASKED)
    KnowledgeIndex.build([telling()]).save(tmp_path)
    found = KnowledgeIndex.load(tmp_path).search("is my inbox flooded?", 1)
    assert found[0].passage.asked == ("will my inbox be flooded",)
    assert "inbox" not in found[0].passage.text
