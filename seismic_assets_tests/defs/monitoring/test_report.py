"""The report from the tables, as the API and the exporter read it."""

import json
from datetime import timedelta

import dagster as dg
import polars as pl
import pytest

from seismic_assets.defs.monitoring.performance import save_performance, served_performance
from seismic_assets.defs.monitoring.report import make_report, write_report
from seismic_assets.defs.monitoring.retraining import decide_now
from seismic_assets.lake import (
    DRIFT_VERDICTS,
    FEATURE_DRIFT,
    MONITORING_HISTORY,
    MONITORING_REPORTS,
    PREDICTION_DRIFT,
    SEGY_CATALOGUE,
)
from seismic_assets.monitoring import MonitoringReport
from seismic_assets.serving.metrics.monitoring import MonitoringCollector
from seismic_assets.serving.monitoring import latest_monitoring
from seismic_assets_tests.defs.monitoring.building import NOW, TRAINING, Place, earth, served_calls, truths_of
from seismic_assets_tests.monitoring.test_sql import frame_of


def report(place: Place, now=NOW, decision=None) -> MonitoringReport:
    return make_report(place.lake, place.registry, place.settings, decision, now)


def write(place: Place, made: MonitoringReport):
    return write_report(place.lake, place.settings, made)


def many(place: Place, count: int) -> None:
    """Verdicts on so many files; the number of a file is the number of its features that drifted."""
    names = [f"f{number:04d}.sgy" for number in range(count)]
    place.lake.replace(
        DRIFT_VERDICTS,
        frame_of(
            DRIFT_VERDICTS,
            *(
                {"subject": name, "kind": "file", "severity": "high" if number > 30 else "none", "judged_at": NOW,
                 "features_tested": count, "features_drifted": number, "drift_ratio": number / count}
                for number, name in enumerate(names)
            ),
        ),
    )  # fmt: skip
    place.lake.replace(
        FEATURE_DRIFT,
        frame_of(FEATURE_DRIFT, *({"subject": name, "feature": "envelope", "drifted": True} for name in names)),
    )
    row = {"kind": "file", "decided": True, "shares": "{}", "chi2_p": 0.5, "confidence_p": 0.5, "judged_at": NOW}
    answers = [
        {**row, "subject": name, "cohens_w": 0.01 * number, "drifted": number == 3} for number, name in enumerate(names)
    ]
    place.lake.replace(PREDICTION_DRIFT, frame_of(PREDICTION_DRIFT, *answers))


def test_before_anything_was_judged_there_is_a_report_that_says_so(place: Place) -> None:
    place.lake.replace(SEGY_CATALOGUE, frame_of(SEGY_CATALOGUE))

    made = report(place)

    assert made.summary == "No data to test for drift yet, no requests were served."
    assert made.model_info.version == "1"
    assert made.model_info.test_scores["accuracy"] == 0.95
    write(place, made)


def test_what_drifted_is_in_the_report_with_its_places_and_what_the_model_leans_on(place: Place) -> None:
    place.add("smooth.sgy", earth(2, smooth=11))
    place.add("tiny.sgy", earth(5, 4, 5), 4, 5)
    place.judge()
    instance = dg.DagsterInstance.ephemeral()
    settings = place.settings.model_copy(update={"tuning_trials": 5})

    made = report(place, decision=decide_now(place.lake, place.registry, settings, instance, NOW))

    assert made.feature_drift.severity == "high"
    assert made.feature_drift.worst == "smooth.sgy"
    assert {each.name: each.severity for each in made.feature_drift.subjects} == {
        "smooth.sgy": "high",
        TRAINING: "none",
        "tiny.sgy": "undecided",
    }
    worst = made.feature_drift.subjects[0]
    assert len(worst.tiles) == 12
    assert min(tile.inline for tile in worst.tiles) == 14.5
    assert made.retraining.retrain
    assert "embedding" in made.importance_drift.top
    assert made.importance_drift.weight > 0
    assert made.data_quality.files == 3
    assert {each.name for each in made.prediction_drift.subjects} == {"smooth.sgy", TRAINING, "tiny.sgy"}
    assert made.prediction_drift.reference_shares.keys() == {"quiet", "loud"}
    assert "feature_drift" in {each.key for each in made.alerts}


def test_undecided_answers_are_in_the_report_and_count_as_not_drifted(place: Place) -> None:
    place.add("tiny.sgy", earth(5, 4, 5), 4, 5)
    place.judge()

    answers = {each.name: each for each in report(place).prediction_drift.subjects}

    assert not answers["tiny.sgy"].decided
    assert not answers["tiny.sgy"].drifted
    assert "too few to decide" in answers["tiny.sgy"].reason


def test_the_api_reads_the_report(place: Place) -> None:
    place.add("smooth.sgy", earth(2, smooth=11))
    place.judge()
    calls = served_calls(place, earth(9))
    place.record(*calls, *truths_of(calls, 0.9))
    save_performance(place.settings, served_performance(place.settings, place.registry, NOW))
    made = report(place)

    write(place, made)

    shown = latest_monitoring(place.settings.storage_root)
    assert shown is not None
    assert (shown["severity"], shown["summary"], shown["reported_at"]) == ("high", made.summary, NOW)
    assert shown["drifted_features"] == made.feature_drift.features_drifted > 0
    assert shown["accuracy"] == made.performance.accuracy == pytest.approx(0.9, abs=0.02)
    collector = MonitoringCollector(place.settings.reports_dir / "monitoring" / "latest.json")
    gauges = {metric.name: metric.samples[0].value for metric in collector.collect()}
    assert gauges == {
        "seismic_drift_score": made.feature_drift.drift_ratio,
        "seismic_features_drifted_count": made.feature_drift.features_drifted,
        "seismic_model_accuracy": made.performance.accuracy,
        "seismic_model_f1_weighted": made.performance.f1_weighted,
    }


def test_the_json_is_the_contract_and_comes_back_as_it_was(place: Place) -> None:
    place.judge()
    made = report(place)
    write(place, made)

    text = (place.settings.reports_dir / "monitoring" / "latest.json").read_text()

    assert MonitoringReport.from_json(text) == made
    content = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert {"timestamp", "model_info", "feature_drift", "prediction_drift", "alerts", "llm_analysis"} <= content.keys()
    assert {"features_tested", "features_drifted", "drift_ratio", "severity"} <= content["feature_drift"].keys()
    assert {"drift_detected", "chi2_pvalue"} <= content["prediction_drift"].keys()


def test_the_page_names_what_drifted(place: Place) -> None:
    place.add("smooth.sgy", earth(2, smooth=11))
    place.judge()

    page = write(place, report(place))

    assert page.name == "latest.html"
    assert "smooth.sgy" in page.read_text()


def test_each_report_adds_to_the_history(place: Place) -> None:
    place.judge()
    for hour in range(3):
        write(place, report(place, NOW + timedelta(hours=hour)))

    history, reports = place.lake.read(MONITORING_HISTORY), place.lake.read(MONITORING_REPORTS)

    assert reports["timestamp"].to_list() == [NOW + timedelta(hours=hour) for hour in range(3)]
    assert reports["severity"].to_list() == ["none"] * 3
    assert history["file_id"].to_list() == [TRAINING] * 3
    assert history["timestamp"].to_list() == reports["timestamp"].to_list()
    assert history["features_tested"].unique().to_list() == [13]


def test_of_many_files_the_worst_are_in_the_report_and_all_in_the_history(place: Place) -> None:
    many(place, 120)
    made = report(place)

    write(place, made)

    assert [each.name for each in made.feature_drift.subjects] == [f"f{n:04d}.sgy" for n in range(119, 69, -1)]
    names = [each.name for each in made.prediction_drift.subjects]
    assert names[:2] == ["f0003.sgy", "f0119.sgy"]
    assert len(names) == 50
    assert made.prediction_drift.drift_detected
    assert place.lake.read(MONITORING_HISTORY).height == 120
    assert (place.settings.reports_dir / "monitoring" / "latest.json").stat().st_size < 200_000


def test_old_reports_are_dropped_and_the_latest_stay(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seismic_assets.defs.monitoring.report._MOST_FILES", 3)
    monkeypatch.setattr("seismic_assets.defs.monitoring.report._MOST_ROWS", 4)
    place.judge()
    for hour in range(6):
        write(place, report(place, NOW + timedelta(hours=hour)))

    folder = place.settings.reports_dir / "monitoring"
    kept = sorted(path.name for path in folder.iterdir())
    hours = ("20260310T150000Z", "20260310T160000Z", "20260310T170000Z")
    assert kept == [f"{hour}.{kind}" for hour in hours for kind in ("html", "json")] + ["latest.html", "latest.json"]
    reports = place.lake.read(MONITORING_REPORTS)
    assert reports["timestamp"].to_list() == [NOW + timedelta(hours=hour) for hour in range(2, 6)]


def test_a_quarantined_file_is_a_finding(place: Place) -> None:
    place.catalogue("broken.sgy")

    quality = report(place).data_quality

    assert (quality.files, quality.quarantined) == (2, 1)
    assert quality.findings == ["broken.sgy is quarantined: it is bad"]


def test_rows_that_the_lake_cannot_hold_as_numbers_are_null(place: Place) -> None:
    place.judge()
    features = place.lake.read(FEATURE_DRIFT)
    place.lake.replace(FEATURE_DRIFT, features.with_columns(ks=pl.lit(float("nan")), p=pl.lit(float("inf"))))

    made = report(place)
    write(place, made)

    assert {each.ks for each in made.feature_drift.subjects[0].features} == {None}
    assert MonitoringReport.from_json((place.settings.reports_dir / "monitoring" / "latest.json").read_text()) == made
