"""The index that a service follows, and what stands for one that cannot be used."""

from __future__ import annotations

import json

from structlog.testing import capture_logs

from seismic_assets.knowledge import Document, FollowedIndex, KnowledgeIndex, current_or_provisional, index_state
from seismic_assets_tests.knowledge.building import documents

PASSWORDS = [Document("a.md", "A", "The word of this deployment is basalt.", "report")]


def test_another_version_is_followed(tmp_path):
    KnowledgeIndex.build(documents()).save(tmp_path / "index")
    followed = FollowedIndex(tmp_path / "index", tmp_path)
    first = followed.index()
    assert followed.index() is first
    KnowledgeIndex.build(PASSWORDS).save(tmp_path / "index")
    assert followed.index().sources == ("a.md",)


def test_without_an_index_documentation_and_reports_are_looked_through(tmp_path):
    report = tmp_path / "reports" / "insights" / "quality_report.md"
    report.parent.mkdir(parents=True)
    report.write_text("# Quality\n\nThe rarest rock here is basalt of the cretaceous.\n")
    index = current_or_provisional(tmp_path / "index", tmp_path)
    assert "docs/user.md" in index.sources
    assert index.search("rarest basalt", 1)[0].passage.source == "reports/insights/quality_report.md"
    assert "was not made yet" in index.notes[0]


def test_a_damaged_index_is_stood_for_without_its_path_and_logged(tmp_path):
    place = KnowledgeIndex.build(PASSWORDS).save(tmp_path / "index")
    (place / "passages.json").write_bytes(b"\x00")
    with capture_logs() as logs:
        index = current_or_provisional(tmp_path / "index", tmp_path)
    assert "docs/user.md" in index.sources
    assert "cannot be used" in index.notes[0]
    assert str(tmp_path) not in " ".join(index.notes)
    assert "passages.json" in logs[0]["reason"]


def test_an_index_that_was_mended_is_followed(tmp_path):
    index = KnowledgeIndex.build(PASSWORDS)
    (index.save(tmp_path / "index") / "passages.json").write_bytes(b"\x00")
    followed = FollowedIndex(tmp_path / "index", tmp_path)
    assert followed.index().sources != ("a.md",)
    index.save(tmp_path / "index")
    assert followed.index().sources == ("a.md",)


def test_an_index_of_an_earlier_form_is_said_to_be_that(tmp_path):
    path = KnowledgeIndex.build(PASSWORDS).save(tmp_path / "index") / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 1}))
    with capture_logs() as logs:
        current_or_provisional(tmp_path / "index", tmp_path)
    assert "another version of this program" in logs[0]["reason"]


def test_the_state_of_an_index(tmp_path):
    assert index_state(tmp_path) == "missing"
    place = KnowledgeIndex.build(PASSWORDS).save(tmp_path)
    assert index_state(tmp_path) == "sound"
    (place / "bm25.npz").unlink()
    assert index_state(tmp_path) == "unusable"
