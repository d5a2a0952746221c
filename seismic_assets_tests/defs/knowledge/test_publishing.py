"""What a report in words is given: the model for the time of one report, and documents without their judgement."""

from pathlib import Path

import pytest

from seismic_assets.defs.knowledge.publishing import Language, publish_insight
from seismic_assets.defs.knowledge.sources import documents_of
from seismic_assets.insights import Insight
from seismic_assets.lake import Lake
from seismic_assets.llm.facts import Fact, Facts
from seismic_assets.settings import Settings
from seismic_assets_tests.llm.client.asking import load_all, model
from seismic_assets_tests.ollama.scripted import ScriptedServer, hangs

INSIGHT = Insight("schema_report", "Schema", "12 traces.", "PASS", Facts([Fact("n", "traces", 12, "count")]), ())


@pytest.fixture(autouse=True, scope="module")
def _loaded() -> None:
    load_all()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in ("landing", "storage"):
        (tmp_path / name).mkdir()
    return Settings(landing_dir=tmp_path / "landing", storage_root=tmp_path / "storage", llm_report_seconds=1.0)


def test_a_report_whose_time_is_over_is_made_without_the_model_and_says_so(settings: Settings) -> None:
    with ScriptedServer(hangs()) as server:
        result = publish_insight(settings, Language(model(server)), INSIGHT, "schema")

        assert server.asked[0].disconnected
    page = (settings.insights_dir / "schema_report.txt").read_text()
    assert "12 traces." in page
    assert "the 1 s that the language model" in " ".join(page.split())
    assert "SEISMIC_LLM_REPORT_SECONDS" in str((result.metadata or {})["reason"])


def test_each_report_has_the_time_anew(settings: Settings) -> None:
    with ScriptedServer(hangs(), hangs()) as server:
        language = Language(model(server))
        for _ in range(2):
            publish_insight(settings, language, INSIGHT, "schema")

        assert len(server.asked) == 2


def test_without_a_model_there_is_none_for_a_report(settings: Settings) -> None:
    assert Language().for_a_report(settings) is None


def test_the_judgement_of_answers_is_no_document_to_answer_from(settings: Settings) -> None:
    settings.insights_dir.mkdir(parents=True)
    for name in ("answer_judgement", "schema_report"):
        (settings.insights_dir / f"{name}.md").write_text(f"# {name}\n\nWhat is the capital of Mongolia?\n")

    sources = {each.source for each in documents_of(Lake(settings.lake_dir), settings).documents}

    assert "reports/insights/schema_report.md" in sources
    assert "reports/insights/answer_judgement.md" not in sources
