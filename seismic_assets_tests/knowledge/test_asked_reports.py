"""Questions in people's words beside the reports of a deployment, as the code that makes reports writes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

import polars as pl
import pytest
import yaml

from benchmarks.retrieval import same_blanks
from seismic_assets import knowledge
from seismic_assets.evaluation import card_markdown
from seismic_assets.insights import Insight, write_insight
from seismic_assets.insights.advice import TrainingProfile, advice_insight, advise
from seismic_assets.insights.documentation import documentation_insight
from seismic_assets.insights.monitoring import monitoring_insight
from seismic_assets.insights.quality import quality_insight
from seismic_assets.insights.quality.gathering import FOLD_SCHEMA
from seismic_assets.insights.readiness import readiness_insight
from seismic_assets.insights.schema import bronze_statistics, schema_insight
from seismic_assets.insights.tuning import tuning_insight
from seismic_assets.knowledge import Document, KnowledgeIndex, load_reports
from seismic_assets.knowledge.asked import asked_by_source
from seismic_assets.lake import BRONZE_TRACES
from seismic_assets.llm.explanation import Explanation
from seismic_assets.quality import quality_page
from seismic_assets_tests.insights.evaluated import card_of, evaluated, gate_verdict
from seismic_assets_tests.insights.quality.building import made
from seismic_assets_tests.insights.test_schema import survey
from seismic_assets_tests.insights.test_tuning import trial
from seismic_assets_tests.monitoring.reports import troubled
from seismic_assets_tests.quality.test_report import quality_row

ENTRIES: Mapping[str, list[dict]] = yaml.safe_load(
    (Path(knowledge.__file__).parent / "asked" / "reports.yaml").read_text(encoding="utf-8")
)
# What only a whole pipeline makes; defs/knowledge/test_assets.py looks at these.
OF_A_PIPELINE = {
    "reports/insights/prediction_judgement.md",
    "reports/insights/validation_results.json",
    "reports/evaluation/*/gate.json",
    "reports/evaluation/*/evaluation_results.json",
    "reports/monitoring/decision.json",
    "reports/features/feature_catalog.json",
}
FAMILIES = ("hist_gradient_boosting", "random_forest", "logistic_regression")
SEARCHED = [trial(number, score) for number, score in enumerate([0.8, 0.85, 0.9] + [0.88] * 15)]


def insights() -> list[Insight]:
    record = evaluated()
    files = made({"north.sgy": {}, "south.sgy": {}}, classes={"salt": 5, "sand": 5})
    statistics = bronze_statistics(pl.concat([survey()]).lazy(), 13_500_000)
    profile = TrainingProfile({"normal": 35_512, "anomaly": 1_828}, 80, 16, 3)
    return [
        quality_insight(replace(files, folds=pl.DataFrame([("train", 0, 5)], FOLD_SCHEMA, orient="row"))),
        schema_insight(statistics, BRONZE_TRACES),
        advice_insight(advise(profile, FAMILIES), profile),
        readiness_insight(record, gate_verdict(record)),
        documentation_insight(card_of(record)),
        monitoring_insight(troubled()),
    ]


def write_reports(root: Path, told: Insight) -> None:
    """Reports below a storage root, those of a search as `told`."""
    reports, at = root / "reports", datetime(2026, 3, 13, tzinfo=UTC)
    for each in [*insights(), told]:
        write_insight(reports / "insights", each, Explanation("without", "no server answers"), at)
    pages = {
        "quality/north.sgy.md": quality_page("north.sgy", quality_row(), []),
        "evaluation/v3/model_card.md": card_markdown(card_of(evaluated())),
        "monitoring/latest.json": troubled().to_json(),
    }
    for name, text in pages.items():
        (reports / name).parent.mkdir(parents=True, exist_ok=True)
        (reports / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[Document]:
    """Reports of two deployments, with a search and without one, as they are read for the index."""
    found: list[Document] = []
    for name, trials in (("searched", SEARCHED), ("default", [])):
        root = tmp_path_factory.mktemp(name)
        write_reports(root, tuning_insight(trials, {"family": 0.7}, "plateau"))
        found += load_reports(root).documents
    return found


def test_every_phrase_stands_in_the_reports_as_they_are_written(documents: list[Document]) -> None:
    texts = [(each.source, same_blanks(each.text)) for each in documents]
    missing = [
        (pattern, entry["phrase"])
        for pattern in ENTRIES.keys() - OF_A_PIPELINE
        for entry in ENTRIES[pattern]
        if not any(fnmatchcase(source, pattern) and same_blanks(entry["phrase"]) in text for source, text in texts)
    ]
    assert missing == []


def test_a_question_stands_at_one_fact_alone() -> None:
    questions = Counter(each for entries in ENTRIES.values() for entry in entries for each in entry["asked"])
    elsewhere = {
        each
        for source, entries in asked_by_source().items()
        if source not in ENTRIES
        for entry in entries
        for each in entry.questions
    }
    assert [each for each, times in questions.items() if times > 1] == []
    assert questions.keys() & elsewhere == set()


def test_the_reports_of_any_version_and_file_carry_questions() -> None:
    pages = [
        Document("reports/evaluation/v12/model_card.md", "Card", "# Card\n\n## Known failures\n\nNone.\n", "report"),
        Document("reports/quality/north/line_7.sgy.md", "line_7.sgy", "Quality score **61.3** of 100.\n", "report"),
    ]
    index = KnowledgeIndex.build(pages)

    assert all(any(each.asked for each in index.passages if each.source == page.source) for page in pages)


def test_a_question_without_a_word_of_the_report_finds_it(documents: list[Document]) -> None:
    index = KnowledgeIndex.build({each.source: each for each in documents}.values())

    found = index.search("is everything fine?", 1, "tfidf")[0].passage
    assert found.source == "reports/insights/monitoring_insight.md"
    assert not {"everything", "fine"} & set(found.text.lower().split())
