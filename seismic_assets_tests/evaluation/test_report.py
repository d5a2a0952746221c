import base64
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from seismic_assets.evaluation import report_page, score

HOSTILE = "<script>alert('x')</script> & \"quoted\""


class Tags(HTMLParser):
    """Which elements a page has."""

    def __init__(self):
        super().__init__()
        self.seen, self.sources, self.divisions, self.loose = [], [], [], 0

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        if tag == "div":
            self.divisions.append(dict(attrs).get("class"))
        self.loose += tag == "table" and "wide" not in self.divisions
        self.sources += [value for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag):
        if tag == "div":
            self.divisions.pop()


@pytest.fixture(scope="module")
def page():
    truth = np.array([0, 1, 1, 0], np.int32)
    good, flat = (
        score(truth, np.eye(2)[truth], ["sand", HOSTILE]),
        score(truth[:1], np.full((1, 2), 0.5), ["sand", "b"]),
    )
    return report_page(
        f"Report {HOSTILE}",
        HOSTILE,
        {f"model {HOSTILE}": good, "flat": flat},
        {HOSTILE: b"\x89PNG"},
        {HOSTILE: HOSTILE},
    )


def test_every_text_is_escaped(page):
    tags = Tags()
    tags.feed(page)
    assert "script" not in tags.seen
    assert page.count("&lt;script&gt;") >= 8
    assert "<script" not in page


def test_nothing_is_loaded_from_elsewhere(page):
    tags = Tags()
    tags.feed(page)
    assert tags.sources == ["data:image/png;base64," + base64.b64encode(b"\x89PNG").decode()]
    assert "http" not in page


def test_scores_of_every_model_stand_there_and_a_missing_one_is_a_dash(page):
    rows = re.findall(r"<tr><th>.*?</tr>", page, re.DOTALL)
    assert any("model" in row and row.count("1.000") == 7 for row in rows)
    assert any("flat" in row and "<td>-</td>" in row for row in rows)


def test_every_table_scrolls_by_itself_where_the_window_is_narrow(page):
    tags = Tags()
    tags.feed(page)

    assert tags.seen.count("table") == 3
    assert tags.loose == 0
    assert ".wide { overflow-x: auto; }" in page
