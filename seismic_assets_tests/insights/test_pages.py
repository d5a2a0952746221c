import json
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from seismic_assets.evaluation.document import Bullets, Paragraph, Section, Table
from seismic_assets.insights import INSIGHT_FILES, Insight, insight_page, write_insight
from seismic_assets.llm.explanation import Explanation, Refused, Statement
from seismic_assets.llm.facts import Fact, Facts

MADE = datetime(2026, 3, 13, 9, 30, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script> | *x*"
INSIGHT = Insight(
    "some_report",
    f"Report on {HOSTILE}",
    "4 traces are dead.",
    "WARN",
    Facts([Fact("dead", "dead traces", 4, "count", "traces"), Fact("file", "file", HOSTILE, "name")]),
    (Section("Figures", (Paragraph(HOSTILE), Bullets((HOSTILE,)), Table(("a", "n"), ((HOSTILE, "1"),)))),),
)
WITHOUT = Explanation("without", "no server answers")
SAID = Explanation(
    "partly",
    "One statement was refused.",
    (Statement("observation", f"Few traces are dead {HOSTILE}", ("dead",)),),
    (Refused("9 traces are dead.", "9 is not among the facts"),),
    "gemma3",
    "schema/1",
)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.words = set(), ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.words += data


@pytest.mark.parametrize(
    ("explanation", "order"),
    [(WITHOUT, ("WARN: 4 traces", "Figures", "In words")), (SAID, ("WARN: 4 traces", "In words", "Figures"))],
    ids=["without", "said"],
)
def test_all_files_are_written_with_the_result_first_and_nothing_said_last(tmp_path, explanation, order):
    paths = write_insight(tmp_path / "made" / "here", INSIGHT, explanation, MADE)

    assert set(paths) == set(INSIGHT_FILES)
    assert {path.name for path in (tmp_path / "made" / "here").iterdir()} == {f"some_report.{x}" for x in INSIGHT_FILES}
    text = paths["txt"].read_text()
    assert sorted(order, key=text.index) == list(order)
    assert "Made 2026-03-13 09:30 UTC." in text


def test_without_a_model_the_page_says_why():
    sections = insight_page(INSIGHT, WITHOUT, MADE)

    assert sections[-1].blocks == (Paragraph("No text of a language model: no server answers."),)
    assert sections[1:-1] == INSIGHT.sections


def test_what_a_model_said_is_told_apart_from_what_was_measured(tmp_path):
    text = write_insight(tmp_path, INSIGHT, SAID, MADE)["txt"].read_text()
    plain = " ".join(text.split())

    assert "Written by gemma3 (prompt schema/1)" in plain
    assert "Few traces are dead" in plain
    assert "One statement was refused." in plain
    assert "9 traces" not in plain


def test_refused_text_is_kept_apart_in_the_json(tmp_path):
    record = json.loads(write_insight(tmp_path, INSIGHT, SAID, MADE)["json"].read_text())

    assert record["explanation"]["refused"] == [{"text": "9 traces are dead.", "reason": "9 is not among the facts"}]
    assert record["facts"] == {"dead": 4, "file": HOSTILE}
    assert (record["name"], record["verdict"], record["made"]) == ("some_report", "WARN", MADE.isoformat())


def test_no_verdict_is_not_shown():
    quiet = Insight("r", "t", "All told.", "", Facts([]), ())
    assert insight_page(quiet, WITHOUT, MADE)[0].blocks[0] == Paragraph("All told.")


def test_hostile_names_stay_text_in_every_form(tmp_path):
    paths = write_insight(tmp_path, INSIGHT, SAID, MADE)
    page = Tags()
    page.feed(paths["html"].read_text())

    assert "script" not in page.tags
    assert page.words.count(HOSTILE) >= 5
    assert "<script>" not in paths["md"].read_text().replace("\\<script", "")


def test_writing_again_replaces_what_was_there(tmp_path):
    write_insight(tmp_path, INSIGHT, SAID, MADE)
    paths = write_insight(tmp_path, INSIGHT, WITHOUT, MADE)

    assert "gemma3" not in paths["md"].read_text()
    assert len(list(tmp_path.iterdir())) == len(INSIGHT_FILES)
