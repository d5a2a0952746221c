from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from seismic_assets.knowledge import (
    Document,
    Loaded,
    docs_root,
    gathered,
    header_documents,
    load_reports,
    project_docs,
    table_documents,
)
from seismic_assets.knowledge.plain import html_text, json_text
from seismic_assets.lake import MONITORING_TABLES


def sources(loaded: Loaded) -> list[str]:
    return [each.source for each in loaded.documents]


def write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def test_the_pages_of_the_checkout_are_found_with_their_titles():
    titles = {each.source: each.title for each in project_docs().documents}
    assert titles["README.md"] == "seismic-assets"
    assert titles["docs/user.md"] == "For the geophysicist"


def test_no_picture_stands_in_a_page(tmp_path):
    write(tmp_path / "README.md", '# Read me\n\nBefore.\n\n<img src="a.png" alt="A thing">\n\nAfter.\n')
    write(tmp_path / "docs" / "user.md", "# Use\n")

    assert project_docs(tmp_path).documents[0].text == "# Read me\n\nBefore.\n\nAfter.\n"


def test_a_folder_without_pages_is_named(tmp_path):
    assert docs_root(tmp_path) is None
    loaded = project_docs(tmp_path)
    assert loaded.documents == ()
    assert str(tmp_path) in loaded.problems[0]


def test_a_broken_page_is_passed_over_and_named(tmp_path):
    write(tmp_path / "README.md", "# Read me\n")
    write(tmp_path / "docs" / "bad.md", b"\xff\xfe\x00")
    write(tmp_path / "docs" / "empty.md", " \n")
    write(tmp_path / "docs" / "good.md", "no heading")
    loaded = project_docs(tmp_path)
    assert sources(loaded) == ["README.md", "docs/good.md"]
    assert loaded.documents[1].title == "docs/good.md"
    assert [each.split(":")[0] for each in loaded.problems] == ["docs/bad.md", "docs/empty.md"]


def test_a_file_that_is_too_large_is_named(tmp_path):
    write(tmp_path / "README.md", "# Read me\n")
    write(tmp_path / "docs" / "large.md", "a" * (4 * 2**20 + 1))
    assert "4 MB" in project_docs(tmp_path).problems[0]


def test_reports_of_every_kind_are_found(tmp_path):
    reports = tmp_path / "reports"
    write(reports / "quality" / "below" / "a.sgy.md", "# a.sgy\n\nscore 99")
    write(reports / "evaluation" / "v1" / "model_card.md", "# Card\n")
    write(reports / "evaluation" / "v1" / "evaluation_results.json", json.dumps({"scores": {"model": {"f1": 0.5}}}))
    write(reports / "monitoring" / "latest.json", json.dumps({"summary": "nothing drifted"}))
    write(reports / "monitoring" / "latest.html", "<p>nothing drifted</p>")
    write(reports / "features" / "feature_catalog.json", json.dumps({"features": [{"feature": "energy"}]}))
    write(reports / "insights" / "quality_report.md", "# Quality\n")
    write(reports / "insights" / "quality_report.json", "{}")
    loaded = load_reports(tmp_path)
    assert loaded.problems == ()
    assert sources(loaded) == [
        "reports/evaluation/v1/evaluation_results.json",
        "reports/evaluation/v1/model_card.md",
        "reports/features/feature_catalog.json",
        "reports/insights/quality_report.md",
        "reports/monitoring/latest.json",
        "reports/quality/below/a.sgy.md",
    ]
    assert loaded.documents[0].title == "Evaluation results of version 1"


def test_a_broken_report_is_named_and_its_other_form_is_read(tmp_path):
    write(tmp_path / "reports" / "monitoring" / "latest.json", '{"summary": ')
    write(tmp_path / "reports" / "monitoring" / "latest.html", "<h1>Monitoring</h1><p>nothing drifted</p>")
    loaded = load_reports(tmp_path)
    assert sources(loaded) == ["reports/monitoring/latest.html"]
    assert "no JSON" in loaded.problems[0]


def test_a_deployment_without_reports_is_no_problem(tmp_path):
    assert load_reports(tmp_path) == Loaded()


def test_a_report_that_is_a_folder_is_named(tmp_path):
    (tmp_path / "reports" / "quality" / "a.md").mkdir(parents=True)
    assert load_reports(tmp_path).problems[0].startswith("reports/quality/a.md:")


def test_tables_tell_their_columns_and_meanings():
    by_source = {each.source: each for each in table_documents().documents}
    text = by_source["lake/drift_verdicts"].text
    assert "column farthest (string): features that drifted, the farthest first" in text
    assert {f"lake/{table.name}" for table in MONITORING_TABLES} <= set(by_source)


def test_text_headers_are_not_trusted_and_lose_what_no_terminal_should_get():
    text = "C 1 LINE 7\x1b[31m\nC 2                \nC 3 SHOT \u202eBY NOBODY\nC 4"
    (document,) = header_documents([("a\x07.sgy", text)]).documents
    assert not document.trusted
    assert document.source == "a.sgy, text header"
    assert document.text == "C 1 LINE 7[31m\nC 3 SHOT BY NOBODY"


def test_an_empty_and_a_long_text_header_are_named():
    loaded = header_documents([("a.sgy", "C 1\nC 2  \n"), ("b.sgy", "x" * 30_000)])
    assert "empty" in loaded.problems[0]
    assert "longer" in loaded.problems[1]
    assert len(loaded.documents[0].text) == 20_000


def test_two_documents_of_one_name_are_said():
    one, other = (Document("a", "A", text, "page") for text in ("one", "other"))
    loaded = gathered([Loaded((one,), ("p",)), Loaded((other, one))])
    assert loaded.documents == (one,)
    assert loaded.problems[0] == "p"
    assert "two documents" in loaded.problems[1]


@pytest.mark.parametrize("field", ["source", "title", "text"])
def test_a_digest_is_of_every_field(field):
    plain = Document("a", "b", "c", "page")
    changed = Document(**{**{"source": "a", "title": "b", "text": "c", "kind": "page"}, field: "x"})
    assert plain.digest() != changed.digest()
    assert plain.digest() != Document("a", "b", "c", "page", trusted=False).digest()


def test_json_becomes_lines_with_the_names_that_lead_to_it():
    value = {"severity": "none", "subjects": [{"name": "a.sgy", "drift_ratio": 0.123456789, "drifted": []}], "x": None}
    assert json_text(value) == "severity none, x none.\nsubjects: name a.sgy, drift ratio 0.123457, drifted none."


def test_html_becomes_lines_without_scripts():
    page = "<html><style>p {}</style><h2>Drift</h2><p>a &amp; b</p><script>x()</script><tr><td>1</td><td>2</td></tr>"
    assert html_text(page) == "## Drift\na & b\n| 1 | 2"


def test_a_copy_of_the_pages_within_the_package_serves_where_there_is_no_checkout(tmp_path, monkeypatch):
    from seismic_assets.knowledge import pages

    root = docs_root()
    assert root is not None
    shutil.copy(root / "README.md", tmp_path / "README.md")
    shutil.copytree(root / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("images", "*.py"))
    monkeypatch.setattr(pages, "_CHECKOUT", tmp_path / "nowhere")
    monkeypatch.setattr(pages, "_SHIPPED", tmp_path)
    assert docs_root() == tmp_path
