"""The gate in one deployment: worse challengers are refused, a better one is promoted, a rollback is served."""

import time

import dagster as dg
import pytest
from fastapi.testclient import TestClient

from seismic_assets.defs.model.verdict import load_verdict
from seismic_assets.defs.raw.discovery import report_decision
from seismic_assets.deployment import registry_of
from seismic_assets.lake import predictions_table
from seismic_assets.registry import PRODUCTION, STAGING, Bundle, ModelRegistry
from seismic_assets.serving.app import create_app
from seismic_assets_tests.defs.planting import plant
from seismic_assets_tests.defs.world import World
from seismic_assets_tests.surveys import add_labelled

pytestmark = [pytest.mark.slow]

JUDGED = ("evaluation_report", "promotion_gate", "champion", "model_card")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = World(tmp_path_factory.mktemp("gate") / "world")
    for seed in (1, 2):
        add_labelled(made.landing, seed)
    made.settle()
    return made


@pytest.fixture
def registry(world: World) -> ModelRegistry:
    return registry_of(world.settings)


def stage(registry: ModelRegistry, source: Bundle, graph: str) -> str:
    """A version in staging that answers as one of the graphs of a bundle does."""
    version = plant(registry, source, graph)
    registry.promote(version, STAGING)
    return version


def judge(world: World) -> dg.ExecuteInProcessResult:
    job = world.definitions.resolve_implicit_global_asset_job_def()
    return job.execute_in_process(
        instance=world.instance, asset_selection=[dg.AssetKey(name) for name in JUDGED], raise_on_error=False
    )


def findings(world: World, version: str) -> dict[str, bool]:
    return {each.name: each.passed for each in load_verdict(world.settings, version).findings}


def test_the_first_version_goes_to_production_and_has_a_card(world: World, registry: ModelRegistry) -> None:
    assert world.outcome.errors == []
    assert registry.version_of(PRODUCTION) == "1"
    assert [(each.action, each.version) for each in registry.history()] == [("stage", "1"), ("promote", "1")]
    card = (world.settings.reports_dir / "evaluation" / "v1" / "model_card.md").read_text()
    assert "survey_001.sgy" in card
    assert "Known failures" in card or "known failures" in card.lower()


@pytest.mark.parametrize("graph", ["shuffled", "logistic"])
def test_a_worse_challenger_is_refused_and_stays_in_staging(world: World, registry: ModelRegistry, graph: str) -> None:
    version = stage(registry, registry.bundle("1"), graph)

    result = judge(world)

    assert result.success
    assert registry.version_of(PRODUCTION) == "1"
    info = registry.version_info(version)
    assert info.stage == STAGING
    assert "macro-F1" in (info.rejected_because or "")
    assert not findings(world, version)["not_worse_than_champion"]
    assert registry.history()[-1].action == "reject"


def test_the_same_model_under_another_number_changes_nothing(world: World, registry: ModelRegistry) -> None:
    version = stage(registry, registry.bundle("1"), "model")

    result = judge(world)

    assert result.success
    assert registry.version_of(PRODUCTION) == "1"
    assert "the same model as version 1" in (registry.version_info(version).rejected_because or "")


def test_a_better_challenger_is_promoted(world: World, registry: ModelRegistry) -> None:
    champion = registry.bundle("1")
    worse = stage(registry, champion, "logistic")
    registry.promote(worse, by="a person", reason="to see what happens")
    better = stage(registry, champion, "model")

    result = judge(world)

    assert result.success
    assert registry.version_of(PRODUCTION) == better
    assert all(findings(world, better).values())
    assert registry.version_info(worse).stage == "archived"
    entry = registry.history()[-1]
    assert (entry.action, entry.version, entry.previous) == ("promote", better, worse)
    assert result.run_id == entry.by
    assert f"of version {worse}" in entry.reason


def test_a_rollback_is_served_by_a_running_service_and_predicted_by_the_graph(
    world: World, registry: ModelRegistry
) -> None:
    world.settle()
    better = registry.version_of(PRODUCTION)
    app = create_app(registry.aliased, current=registry.version_of, poll_seconds=0.1)
    with TestClient(app) as client:
        assert client.get("/model_info").json()["model_version"] == better

        worse = registry.rollback(by="a person", reason="it confuses gas with brine")
        deadline = time.monotonic() + 60
        while client.get("/model_info").json()["model_version"] != worse and time.monotonic() < deadline:
            time.sleep(0.1)
        assert client.get("/model_info").json()["model_version"] == worse

    report_decision(world.instance, worse, "it confuses gas with brine")
    done = world.settle()

    assert done["champion"] == 1
    assert done["predictions"] == 2
    assert "seismic_classifier" not in done
    assert registry.version_of(PRODUCTION) == worse, "the verdict on what was rolled back is not carried out again"
    predicted = world.lake.read(predictions_table(registry.bundle(worse).manifest.classes))
    assert predicted["model_version"].unique().to_list() == [worse]


def test_what_was_rolled_back_does_not_come_back_under_another_number(world: World, registry: ModelRegistry) -> None:
    production = registry.version_of(PRODUCTION)
    again = stage(registry, registry.bundle("1"), "model")

    judge(world)

    assert registry.version_of(PRODUCTION) == production
    assert findings(world, again)["not_worse_than_champion"]
    assert not findings(world, again)["not_rolled_back"]


def test_a_challenger_whose_files_were_altered_blocks_and_the_champion_stays(
    world: World, registry: ModelRegistry
) -> None:
    production = registry.version_of(PRODUCTION)
    broken = stage(registry, registry.bundle("1"), "logistic")
    run_id = registry.version_info(broken).run_id
    (graph,) = (world.settings.mlflow_artifacts).glob(f"{run_id}/artifacts/bundle/model.onnx")
    graph.write_bytes(graph.read_bytes()[:-8])

    result = judge(world)

    assert not result.success
    assert registry.version_of(PRODUCTION) == production
