from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.knowledge import Document, passages_of, project_docs
from seismic_assets.knowledge.spans import spans_of

_PROSE = [
    "A sentence ends here. ",
    "word ",
    "e.g. this ",
    "- item one\n",
    "x" * 70 + " ",
    "Frage? ",
    "é ß 地 ",
    "y" * 130 + " ",
]
_LINES = ["\n", "\n\n", "# Title\n", "## Below\n", "| a | b |\n", "```\n", "<img>\n", "    code = 1\n", "\t", "z\n"]
_PIECES = st.sampled_from([*_PROSE, *_LINES])
TEXTS = st.lists(_PIECES, max_size=60).map("".join)


def headings_of(text: str) -> list[tuple[int, int]]:
    """Where spans begin with a heading's mark."""
    return [(each.start, each.end) for each in spans_of(text) if each.headings and text.startswith("#", each.start)]


def document(text: str) -> Document:
    return Document("a.md", "A", text, "page")


@given(TEXTS)
def test_spans_cover_the_text_without_a_gap(text):
    spans = spans_of(text)
    assert "".join(text[each.start : each.end] for each in spans) == text
    assert all(one.end == other.start for one, other in pairwise(spans))


@settings(max_examples=300)
@given(TEXTS, st.integers(20, 200), st.integers(0, 9))
def test_nothing_is_lost_and_nothing_is_too_long(text, size, overlap):
    passages = passages_of([document(text)], size, overlap)
    covered = set()
    for each in passages:
        assert each.text == text[each.start : each.start + len(each.text)]
        assert 0 < len(each.text) <= size
        covered.update(range(each.start, each.start + len(each.text)))
    heading_alone = {place for start, end in headings_of(text) for place in range(start, end)}
    left_out = {place for place in range(len(text)) if place not in covered and not text[place].isspace()}
    assert left_out <= heading_alone


@pytest.mark.parametrize("text", ["# Title\n\n## Below\n\nSaid here.", "# Title\n## Below\n\n## More\n\nSaid here.\n"])
def test_no_passage_is_a_heading_alone(text):
    assert [each.text.splitlines()[-1] for each in passages_of([document(text)])] == ["Said here."]


def test_comments_in_code_are_no_headings():
    text = "# Title\n\n```\n# one\n# two\n```\n"
    assert "# two" in passages_of([document(text)])[0].text


@given(TEXTS, st.integers(20, 200), st.integers(0, 9))
def test_neighbours_share_no_more_than_the_overlap(text, size, overlap):
    passages = passages_of([document(text)], size, overlap)
    for one, other in pairwise(passages):
        assert other.start > one.start
        assert one.start + len(one.text) - other.start <= overlap


@given(TEXTS)
def test_no_word_is_cut_that_fits_into_a_passage(text):
    for each in passages_of([document(text)], 140, 20):
        end = each.start + len(each.text)
        assert each.start == 0 or text[each.start - 1].isspace()
        assert end == len(text) or text[end].isspace()


def test_a_passage_ends_at_the_end_of_a_sentence():
    text = "The first sentence is here. The second one is a little longer. The third says e.g. this and that."
    assert [each.text for each in passages_of([document(text)], 70, 0)] == [
        "The first sentence is here. The second one is a little longer.",
        "The third says e.g. this and that.",
    ]


def test_a_passage_begins_with_whole_words_of_the_one_before():
    text = "Alpha beta gamma delta epsilon. " * 4
    first, second, *_ = passages_of([document(text)], 70, 20)
    assert first.text.endswith("delta epsilon.")
    assert second.text.startswith("gamma delta epsilon. Alpha")


def test_a_row_of_a_table_is_not_torn_and_an_overlap_is_a_whole_row():
    rows = [f"| row {number} | {'v' * 12} |" for number in range(9)]
    passages = passages_of([document("\n".join(rows))], 100, 30)
    assert all(line in rows for each in passages for line in each.text.split("\n"))
    assert passages[1].text.split("\n")[0] == passages[0].text.split("\n")[-1]


def test_a_passage_has_the_headings_above_it_and_holds_text_of_one_section():
    text = "# User\n\nIntro.\n\n## Labels\n\nOf windows.\n\n### Picks\n\nPoints.\n\n## Drift\n\nFar.\n"
    titles = [(each.title, each.text.split("\n")[-1]) for each in passages_of([document(text)])]
    assert titles == [
        ("A > User", "Intro."),
        ("A > User > Labels", "Of windows."),
        ("A > User > Labels > Picks", "Points."),
        ("A > User > Drift", "Far."),
    ]


def test_a_hash_in_code_is_no_heading():
    text = "# Real\n\n```\n# comment\nrun\n```\n"
    assert {each.title for each in passages_of([document(text)])} == {"A > Real"}


def test_the_projects_pages_are_cut_as_said():
    pages = project_docs().documents
    passages = passages_of(pages)
    assert {each.source for each in passages} == {each.source for each in pages}
    assert max(len(each.text) for each in passages) <= 500
    assert len(passages) > 300


@pytest.mark.parametrize("overlap", [-1, 250])
def test_an_overlap_that_cannot_be_is_refused(overlap):
    with pytest.raises(ValueError, match="below half"):
        passages_of([document("text")], 500, overlap)
