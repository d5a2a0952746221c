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
