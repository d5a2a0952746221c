"""Monitoring in the graph, tick by tick: chapters of one story in one deployment, in order."""

import dagster as dg
import pytest

from seismic_assets.defs.raw.discovery import report_decision
from seismic_assets.deployment import registry_of
from seismic_assets.lake import (
    DRIFT_TILES,
    DRIFT_VERDICTS,
    FEATURE_DRIFT,
    MONITORING_REPORTS,
    PREDICTION_DRIFT,
    RETRAINING_DECISIONS,
)
from seismic_assets.monitoring import MonitoringReport
from seismic_assets.registry import ModelRegistry
from seismic_assets_tests.defs.planting import plant
from seismic_assets_tests.defs.world import World
from seismic_assets_tests.surveys import add_labelled, add_unlabelled

pytestmark = [pytest.mark.slow]

MONITORING = ("feature_drift", "prediction_drift", "serving_performance", "retraining", "monitoring_report")
TRAINING = {"embedder", "tuning_study", "seismic_classifier", "evaluation_report", "promotion_gate", "champion"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("loop") / "world")


@pytest.fixture
def registry(world: World) -> ModelRegistry:
    return registry_of(world.settings)


def put_in_charge(world: World, registry: ModelRegistry, version: str) -> None:
    """What `seismic promote` does."""
    registry.promote(version, by="a person", reason="to see what happens")
    report_decision(world.instance, version, "to see what happens")


def metadata(world: World, asset: str) -> dict[str, object]:
    event = world.instance.get_latest_materialization_event(dg.AssetKey(asset))
    assert event is not None and event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def judged(world: World) -> dict[str, dict]:
    return {row["subject"]: row for row in world.lake.read(DRIFT_VERDICTS).to_dicts()}


def latest(world: World) -> MonitoringReport:
    return MonitoringReport.from_json((world.settings.reports_dir / "monitoring" / "latest.json").read_bytes())


def counts(done) -> dict[str, int]:
    return {asset: done[asset] for asset in MONITORING}


def test_the_first_champion_is_followed_by_one_report(world: World, registry: ModelRegistry) -> None:
    for seed in (1, 2):
        add_labelled(world.landing, seed)

    done = world.settle()

    assert world.outcome.errors == []
    assert counts(done) == dict.fromkeys(MONITORING, 1)
    assert set(judged(world)) == {"survey_001.sgy", "survey_002.sgy"}
    assert {row["severity"] for row in judged(world).values()} == {"none"}
    drift = registry.aliased()[1].drift
    assert drift is not None
    assert drift.features.names == registry.aliased()[1].manifest.feature_names
    assert latest(world).model_info.version == "1"
    assert latest(world).model_info.test_scores["accuracy"]
    assert metadata(world, "feature_drift")["judged"] == 2
    assert metadata(world, "monitoring_report")["severity"] == "none"


def test_nothing_new_asks_for_nothing(world: World) -> None:
    assert not world.settle()


def test_a_healthy_file_is_judged_once_and_retrains_nothing(world: World) -> None:
    before = judged(world)
    add_unlabelled(world.landing, 11)

    done = world.settle()

    assert counts(done)["feature_drift"] == counts(done)["monitoring_report"] == 1
    assert not TRAINING & set(done)
    assert metadata(world, "feature_drift")["kept"] == 2
    assert {name: row for name, row in judged(world).items() if name in before} == before
    assert judged(world)["unlabelled_011.sgy"]["severity"] != "high"
    assert not world.settle()


def test_a_report_on_schedule_sets_nothing_else_off(world: World) -> None:
    reports = world.lake.read(MONITORING_REPORTS).height
    job = world.definitions.resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(
        instance=world.instance, asset_selection=[dg.AssetKey(name) for name in MONITORING], raise_on_error=False
    )

    done = world.settle()

    assert result.success
    assert not done
    assert world.lake.read(MONITORING_REPORTS).height == reports + 1
    assert metadata(world, "feature_drift")["judged"] == 0


def test_another_champion_judges_every_file_anew_once(world: World, registry: ModelRegistry) -> None:
    before = judged(world)
    put_in_charge(world, registry, plant(registry, registry.bundle("1"), "logistic", drift=True))

    done = world.settle()

    assert counts(done) == dict.fromkeys(MONITORING, 1)
    assert done["champion"] == 1
    after = judged(world)
    assert metadata(world, "feature_drift")["judged"] == 3
    assert {row["model_version"] for row in after.values()} == {"2"}
    assert all(after[name]["identity"] != before[name]["identity"] for name in before)
    assert "seismic_classifier" not in done
    assert not world.settle()


def test_a_champion_of_an_earlier_version_of_the_package_says_train_it_again(
    world: World, registry: ModelRegistry
) -> None:
    put_in_charge(world, registry, plant(registry, registry.bundle("1"), "model", drift=False))

    done = world.settle()

    assert world.outcome.errors == []
    assert counts(done) == dict.fromkeys(MONITORING, 1)
    for asset in ("feature_drift", "prediction_drift"):
        assert metadata(world, asset)["reason"] == "the model version carries no drift reference; train it again"
    assert all(world.lake.read(table).height == 0 for table in (DRIFT_VERDICTS, FEATURE_DRIFT, DRIFT_TILES))
    assert world.lake.read(PREDICTION_DRIFT).height == 0
    assert latest(world).feature_drift.subjects == []
    assert latest(world).feature_drift.severity == "undecided"
    assert not world.settle()


def test_each_report_came_with_its_decision_and_none_asked_for_a_retraining(world: World) -> None:
    decisions = world.lake.read(RETRAINING_DECISIONS)

    assert decisions.height == world.lake.read(MONITORING_REPORTS).height == 5
    assert not decisions["retrain"].any()
    assert world.outcome.errors == []
