"""The reports in words, in one deployment: without a model, with one that is away, with one that lies."""

import json

import dagster as dg
import pytest

from seismic_assets.insights import INSIGHT_FILES
from seismic_assets.insights.quality import gather_quality
from seismic_assets.knowledge import FollowedIndex, answer
from seismic_assets.lake import QUALITY_HISTORY
from seismic_assets_tests.defs.world import World
from seismic_assets_tests.ollama.scripted import ScriptedServer, says_json
from seismic_assets_tests.surveys import add_labelled, add_unlabelled

pytestmark = [pytest.mark.load]

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


def test_nothing_new_asks_for_nothing(world: World) -> None:
    assert not world.settle()


def test_each_state_of_the_data_is_a_row_of_the_history(world: World) -> None:
    history = world.lake.read(QUALITY_HISTORY)

    assert history["files"].to_list() == [1, 3]
    assert gather_quality(world.lake).history.height == 2


def test_questions_are_answered_from_the_reports_and_the_text_headers(world: World) -> None:
    index = FollowedIndex(world.settings.knowledge_index_dir).index()

    found = answer(index, "readiness of the version: which criteria were met?", None, k=10, method="tfidf")

    assert "reports/insights/evaluation_insight.md" in {each.passage.source for each in found.found}
    assert any(source.endswith("text header") for source in index.sources)


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
