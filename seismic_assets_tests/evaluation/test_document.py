from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from seismic_assets.evaluation.document import (
    Bullets,
    Paragraph,
    Picture,
    Section,
    Table,
    document_html,
    document_markdown,
    document_text,
)

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40)
MARKS = st.text("ab1 \\`*_{}[]()<>#+-=.!|~&;$:/\n", min_size=1, max_size=20)


class Words(HTMLParser):
    """The text of each element of some kinds."""

    def __init__(self, *kinds):
        super().__init__()
        self.kinds, self.found, self.inside, self.tags = kinds, [], False, set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag in self.kinds:
            self.found.append("")
            self.inside = True

    def handle_endtag(self, tag):
        if tag in self.kinds:
            self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.found[-1] += data


def rendered(markdown, *kinds):
    words = Words(*kinds)
    words.feed(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markdown))
    return words


def plain(text):
    return " ".join(text.split())


@settings(max_examples=150, deadline=None)
@given(text=TEXT | MARKS)
@example(text="1. not a list")
@example(text="- not a list")
@example(text="# not a heading #")
@example(text="<script>alert(1)</script>")
@example(text="a|b \\| c &amp; _x_ **y** [z](w) `code` ~~s~~ ![i](j)")
def test_text_renders_as_itself_wherever_it_stands(text):
    sections = [
        Section(text, (Paragraph(text), Bullets((text, text)), Table(("name", text), ((text, "1"), ("x", text))))),
    ]
    found = rendered(document_markdown("title", sections), "h1", "h2", "p", "li", "th", "td")
    line = plain(text)
    expected = ["title", line, line, line, line, "name", line, line, "1", "x", line]
    assert [plain(each) for each in found.found if each.strip()] == [each for each in expected if each]
    assert not found.tags & {"script", "a", "img", "em", "strong", "code", "s"}


def test_pages_hold_the_same_text_escaped_and_their_pictures():
    hostile = "<b>x</b> & |"
    sections = [
        Section(hostile, (Paragraph(hostile), Bullets((hostile,)), Picture(hostile, "map.png", b"\x89PNG"))),
        Section("sub", (Table((hostile, "n"), ((hostile, "1"),)), Table(("", ""), (("a", "b"),), words=2)), level=3),
    ]
    page = document_html(hostile, sections)
    words = Words("h1", "h2", "h3", "p", "li", "th", "td")
    words.feed(page)
    assert [each for each in words.found if each] == [hostile] * 4 + ["sub", hostile, "n", hostile, "1", "a", "b"]
    assert "b" not in words.tags
    assert 'src="data:image/png;base64,iVBORw==' in page
    assert "![" in document_markdown(hostile, sections)


@pytest.mark.parametrize("words", [1, 2])
def test_numbers_stand_to_the_right(words):
    table = Table(("a", "b", "c"), (("x", "y", "1"),), words)
    rule = document_markdown("t", [Section("s", (table,))]).splitlines()[5]
    assert rule == {1: "| --- | ---: | ---: |", 2: "| --- | --- | ---: |"}[words]
    page = document_html("t", [Section("s", (table,))])
    assert page.count('<td class="words">') == words - 1


def test_plain_text_has_titles_underlined_tables_in_columns_and_pictures_by_name():
    sections = [
        Section("Files", (Paragraph("word " * 40), Bullets(("first", "word " * 40)), Picture("Map", "map.png", b"x"))),
        Section("Sub", (Table(("file", "traces"), (("a.sgy", "7"), ("long name.sgy", "2,400"))),), level=3),
        Section("Facts", (Table(("", ""), (("version", "1"),), words=2),)),
    ]
    lines = document_text("Title\nof two", sections).splitlines()

    assert lines[:2] == ["Title of two", "============"]
    assert lines[lines.index("Files") + 1] == "-----"
    assert lines[lines.index("Sub") + 1] == "..."
    assert "- first" in lines
    assert "[Map: map.png]" in lines
    table = lines[lines.index("Sub") + 3 :][:3]
    assert table == ["file           traces", "a.sgy               7", "long name.sgy   2,400"]
    assert lines[-1] == "version  1"


@settings(max_examples=100, deadline=None)
@given(cells=st.lists(st.tuples(TEXT | MARKS, TEXT | MARKS), min_size=1, max_size=5))
def test_every_row_of_a_table_is_one_line_of_plain_text(cells):
    lines = document_text("t", [Section("s", (Table(("a", "b"), tuple(cells), words=2),))]).splitlines()
    assert [plain(line) for line in lines[6:]] == ["a b", *(plain(" ".join(row)) for row in cells)]


@settings(max_examples=100, deadline=None)
@given(text=st.text("abcd efg-", min_size=1, max_size=400))
def test_no_word_of_a_paragraph_is_lost_in_plain_text(text):
    lines = document_text("t", [Section("s", (Paragraph(text), Bullets((text,))))]).splitlines()
    assert "".join("".join(lines[5:]).split()).count("".join(text.split())) >= bool(text.split())
    assert all(len(line) <= 100 for line in lines) or max(map(len, text.split())) > 98
