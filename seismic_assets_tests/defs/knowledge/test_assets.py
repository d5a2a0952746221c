"""The reports in words, in one deployment: without a model, with one that is away, with one that lies."""

import json
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

import dagster as dg
import pytest

from seismic_assets.insights import INSIGHT_FILES
from seismic_assets.insights.quality import gather_quality
from seismic_assets.knowledge import FollowedIndex, answer, load_reports
from seismic_assets.knowledge.asked import asked_by_source
from seismic_assets.lake import QUALITY_HISTORY
from seismic_assets_tests.defs.world import World
from seismic_assets_tests.ollama.scripted import ScriptedServer, says_json
from seismic_assets_tests.surveys import add_labelled, add_unlabelled

pytestmark = [pytest.mark.slow]

OF_DATA = {"quality_report", "schema_report"}
OF_MODELS = {
    "model_advice",
    "tuning_insight",
    "evaluation_insight",
    "model_documentation",
    "monitoring_insight",
    "prediction_judgement",
}
REPORTS = OF_DATA | OF_MODELS | {"answer_judgement"}

# Plain questions on one's own data and model, and the sections that answer them.
PLAIN = {
    "is the model ready for production?": {"evaluation_insight > Result", "evaluation_insight > Criteria"},
    "which file has the worst quality?": {"quality_report > Statistics"},
    "did anything drift?": {"monitoring_insight > Result", "monitoring_insight > Drift of the features"},
    "which classes does the model know?": {"model_documentation > What it does"},
    "how accurate is my model?": {"model_documentation > Result", "model_documentation > How it was evaluated"},
    "where does the model make mistakes?": {"evaluation_insight > Where it fails", "model_documentation > Limits"},
    "which features matter most?": {"model_documentation > What it looks at"},
    "were hyperparameters searched for?": {"tuning_insight > Result", "tuning_insight > Search"},
    "should I retrain the model?": {"monitoring_insight > Retraining", "decision > The latest decision on retraining"},
    "what do I have to fix in my data?": {"quality_report > Actions"},
    "which predictions look wrong?": {"prediction_judgement > Worst examples", "prediction_judgement > Edge cases"},
    "from which header bytes were inline and crossline read in my files?": {
        "schema_report > Where positions were read"
    },
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("knowledge") / "world", knowledge=True)
    world.reconfigure(ask_method="tfidf")  # vectors take most of the time of an index
    return world


def report(world: World, name: str) -> dict:
    return json.loads((world.settings.insights_dir / f"{name}.json").read_text())


def test_files_without_labels_have_reports_on_the_data_alone(world: World) -> None:
    add_unlabelled(world.landing, 11)

    done = world.settle()

    assert not world.outcome.errors
    assert set(done) >= {*OF_DATA, "knowledge_index"}
    assert not OF_MODELS & set(done)


def test_labelled_files_lead_to_every_report_complete_without_a_model(world: World) -> None:
    for seed in (1, 2):
        add_labelled(world.landing, seed)

    done = world.settle()

    assert not world.outcome.errors
    assert set(done) >= REPORTS
    for name in REPORTS:
        assert all((world.settings.insights_dir / f"{name}.{suffix}").stat().st_size for suffix in INSIGHT_FILES)
        told = report(world, name)
        assert told["summary"]
        assert told["explanation"]["status"] == "without"
        assert told["explanation"]["reason"]


def test_a_sound_index_answers_what_every_deployment_is_asked(world: World) -> None:
    assert report(world, "answer_judgement")["verdict"] == "PASS"


def test_nothing_new_asks_for_nothing(world: World) -> None:
    assert not world.settle()


def test_each_state_of_the_data_is_a_row_of_the_history(world: World) -> None:
    history = world.lake.read(QUALITY_HISTORY)

    assert history["files"].to_list() == [1, 3]
    assert gather_quality(world.lake).history.height == 2


def test_questions_are_answered_from_the_reports_and_the_text_headers(world: World) -> None:
    index = FollowedIndex(world.settings.knowledge_index_dir, world.settings.storage_root).index()

    found = answer(index, "readiness of the version: which criteria were met?", None, k=10, method="tfidf")

    assert "reports/insights/evaluation_insight.md" in {each.passage.source for each in found.found}
    assert any(source.endswith("text header") for source in index.sources)


@pytest.mark.parametrize("question", PLAIN)
def test_a_plain_question_on_ones_own_data_and_model_is_answered_by_ones_own_reports(
    world: World, question: str
) -> None:
    index = FollowedIndex(world.settings.knowledge_index_dir, world.settings.storage_root).index()

    found = [each.passage for each in index.search(question, 3)]

    sections = {f"{PurePosixPath(each.source).stem} > {each.title.rsplit(' > ', 1)[-1]}" for each in found}
    assert sections & PLAIN[question], sections


def test_the_phrases_that_questions_stand_at_are_in_the_reports(world: World) -> None:
    texts = [(each.source, " ".join(each.text.split())) for each in load_reports(world.settings.storage_root).documents]
    missing = {
        (pattern, each.phrase)
        for pattern, entries in asked_by_source().items()
        for each in entries
        if pattern.startswith("reports/")
        and not any(fnmatchcase(source, pattern) and each.phrase in text for source, text in texts)
    }
    # There was neither a search nor a feature store; test_asked_reports.py looks at the report of a search.
    assert {pattern for pattern, _ in missing} == {
        "reports/insights/tuning_insight.md",
        "reports/features/feature_catalog.json",
    }


def test_a_model_that_is_away_changes_no_report_but_for_the_reason(world: World) -> None:
    before = {name: report(world, name)["facts"] for name in REPORTS}
    world.reconfigure(llm=True, ollama_host="http://127.0.0.1:1", llm_attempts=1, llm_timeout_s=5.0, llm_trace=False)

    done = world.settle()

    assert not world.outcome.errors
    assert set(done) >= OF_DATA | (OF_MODELS - {"prediction_judgement"})
    for name in REPORTS - {"prediction_judgement", "answer_judgement"}:
        assert report(world, name)["facts"] == before[name]
        assert "http://127.0.0.1:1" in report(world, name)["explanation"]["reason"]
    assert not world.settle()


def test_what_a_model_invents_is_kept_apart_and_the_true_sentence_is_shown(world: World) -> None:
    true = {"kind": "observation", "text": "The verdict on the statistics is PASS.", "facts": ["verdict.statistics"]}
    false = {"kind": "observation", "text": "There are 31,337 dead traces.", "facts": ["traces"]}
    with ScriptedServer(always=says_json({"statements": [true, false]})) as server:
        world.reconfigure(ollama_host=server.host, llm_timeout_s=30.0)
        done = world.settle()

    assert not world.outcome.errors
    assert "quality_report" in done
    told = report(world, "quality_report")["explanation"]
    assert any("31,337" in each["text"] for each in told["refused"])
    assert not any("31,337" in each["text"] for each in told["statements"])
    page = (world.settings.insights_dir / "quality_report.md").read_text()
    assert "31,337" not in page
    assert true["text"] in page


def test_what_a_model_says_of_monitoring_is_in_its_report_too(world: World) -> None:
    health = report(world, "monitoring_insight")["facts"]["health"]
    true = {"kind": "observation", "text": f"The health is {health}.", "facts": ["health"]}
    latest = world.settings.reports_dir / "monitoring" / "latest.json"
    assert json.loads(latest.read_text())["llm_analysis"] is None
    with ScriptedServer(always=says_json({"statements": [true]})) as server:
        world.reconfigure(ollama_host=server.host, llm_timeout_s=30.0)
        world.settle()

    assert not world.outcome.errors
    assert json.loads(latest.read_text())["llm_analysis"] == true["text"]


def test_a_search_may_begin_with_the_advice(world: World) -> None:
    world.reconfigure(tuning_prior=True, llm=False)
    graph = world.definitions.resolve_asset_graph()

    assert dg.AssetKey("model_advice") in graph.get(dg.AssetKey("tuning_study")).parent_keys
