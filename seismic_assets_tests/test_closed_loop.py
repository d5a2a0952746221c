"""The closed loop with the real daemon, the real service and a real webhook: what lands is judged, told and learnt."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from seismic_assets.defs.build import build_definitions
from seismic_assets.deployment import registry_of
from seismic_assets.driver import materialise_stale, open_instance
from seismic_assets.lake import RETRAINING_DECISIONS, Lake
from seismic_assets.monitoring import MonitoringReport
from seismic_assets.registry import PRODUCTION
from seismic_assets.settings import Settings
from seismic_assets_tests.closed_loop import Loop, closed_loop, first_champion, forget_labels, write_wavelet

pytestmark = [pytest.mark.load, pytest.mark.timeout(900)]
HEALTHY, OTHER = "survey_001_002.sgy", "survey_002.sgy"


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    root = tmp_path_factory.mktemp("loop")
    landing, aside = root / "landing", root / "aside"
    *_, healthy = write_wavelet(landing, seed=1, hertz=32, inlines=48, files=3)
    forget_labels(landing, healthy)
    aside.mkdir()
    healthy.rename(aside / HEALTHY)
    write_wavelet(aside, seed=2, hertz=16, inlines=32)
    first_champion(root)
    with closed_loop(root, aside) as running:
        yield running


def test_a_healthy_file_is_predicted_and_judged_and_trains_nothing(loop: Loop) -> None:
    version, trainings, messages = loop.version(), loop.trainings(), loop.messages()

    loop.land(loop.aside / HEALTHY)

    loop.wait_for(lambda: HEALTHY in loop.predicted(), "its predictions")
    loop.wait_for(lambda: HEALTHY in {each.name for each in loop.reports()[-1].feature_drift.subjects}, "its report")
    loop.wait_for_rest()
    assert loop.verdicts()[HEALTHY]["severity"] == "none"
    assert loop.reports()[-1].feature_drift.severity == "none"
    assert not loop.decisions()[-1]["retrain"]
    assert loop.version() == version
    assert loop.trainings() == trainings
    assert loop.messages() == messages


def test_a_survey_with_another_wavelet_is_told_of_and_learnt_and_then_is_well(loop: Loop) -> None:
    assert loop.version() == "1"
    known = len(loop.trainings())

    loop.land(loop.aside / OTHER, loop.aside / "survey_002.npz")

    def alarming() -> list[MonitoringReport]:
        return [report for report in loop.reports() if report.feature_drift.severity == "high"]

    loop.wait_for(alarming, "a report of high drift")
    report = alarming()[0]
    assert report.feature_drift.worst == OTHER
    assert report.feature_drift.features_drifted > 0.3 * report.feature_drift.features_tested
    assert report.model_info.version == "1"
    assert "feature_drift" in {alert.key for alert in report.alerts}

    loop.wait_for(loop.messages, "the alert")
    alert = loop.messages()[0]
    assert (alert["status"], alert["severity"]) == ("firing", "critical")
    assert OTHER in alert["sentence"]
    assert alert["details"]["model version"] == "1"

    loop.wait_for(lambda: loop.version() == "2", "the service to answer with the new version")
    # The service may follow before the asset that promotes has recorded what it did.
    loop.wait_for(lambda: loop.verdict_of_the_gate()["version"] == "2", "the verdict on it")
    verdict = loop.verdict_of_the_gate()
    assert (verdict["version"], verdict["promoted"]) == ("2", True)
    assert "of version 1" in verdict["reason"]

    loop.wait_for(lambda: loop.messages()[-1]["status"] == "resolved", "the message that it is over")
    assert len(loop.messages()) == 2
    loop.wait_for_rest()
    again = loop.reports()[-1]
    assert again.model_info.version == "2"
    assert again.feature_drift.severity in ("none", "low")
    assert {verdict["model_version"] for verdict in loop.verdicts().values()} == {"2"}

    assert len(loop.trainings()) == known + 1
    assert "seismic/retraining" not in loop.trainings()[0].tags
    told = [each for each in loop.decisions() if "drift is high" in each["reason"]]
    assert told, [each["reason"] for each in loop.decisions()]
    assert all(each["guard"] == "under_way" for each in told)


def test_drift_of_a_file_without_labels_asks_for_one_search_and_then_for_no_other(tmp_path: Path) -> None:
    settings = Settings(
        landing_dir=tmp_path / "landing",
        storage_root=tmp_path / "storage",
        model_families=("logistic_regression",),
        tuning_trials=2,
    )
    write_wavelet(settings.landing_dir, seed=1, hertz=32, inlines=32)
    instance, lake, registry = open_instance(settings), Lake(settings.lake_dir), registry_of(settings)
    repository = build_definitions(settings).get_repository_def()
    sensor = repository.get_sensor_def("retraining_sensor")

    def settle() -> None:
        outcome = materialise_stale(settings, instance, progress=lambda _: None)
        assert not outcome.errors

    def asked(cursor: str | None) -> tuple[list[dg.RunRequest], str | None]:
        tick = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, cursor=cursor))
        return list(tick.run_requests or []), tick.cursor

    def decisions() -> list[dict[str, Any]]:
        return lake.read(RETRAINING_DECISIONS).to_dicts()

    settle()
    assert not asked(None)[0]

    (strange,) = write_wavelet(tmp_path / "aside", seed=2, hertz=60, inlines=24)
    strange.rename(settings.landing_dir / strange.name)
    settle()
    decision = decisions()[-1]
    assert (decision["retrain"], decision["number"], decision["outcome"]) == (True, 1, "under_way")
    assert decision["reason"].startswith("retrained because the severity of the feature drift is high (survey_002.sgy")

    (request,), cursor = asked(None)
    assert request.tags["seismic/retraining"] == "1"
    assert request.tags["seismic/reason"] == decision["reason"][:200]
    assert not asked(cursor)[0]
    searched = repository.get_job(sensor.job_name).execute_in_process(instance=instance, tags=request.tags)
    assert searched.success
    assert [version.version for version in registry.versions()] == ["1", "2"]

    settle()  # where the gate let the challenger pass, drift is judged against its reference
    schedule = repository.get_schedule_def("monitoring_schedule")
    assert repository.get_job(schedule.job_name).execute_in_process(instance=instance).success
    known = decisions()
    assert [each["retrain"] for each in known].count(True) == 1
    asked_for = next(each for each in known if each["retrain"])
    assert asked_for["outcome"] == ("promoted" if registry.version_of(PRODUCTION) == "2" else "refused")
    assert known[-1]["guard"] == "cool_down"
    assert "24 hours must lie between two" in known[-1]["reason"]
    assert not asked(cursor)[0]
