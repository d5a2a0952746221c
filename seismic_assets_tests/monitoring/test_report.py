from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import polars as pl
import pytest

from seismic_assets.drift import Severity, feature_drift
from seismic_assets.monitoring import (
    HISTORY_SCHEMA,
    ModelInfo,
    MonitoringError,
    MonitoringReport,
    compose_report,
    drift_subject,
    feature_drift_part,
    prediction_drift_part,
    prediction_subject,
)
from seismic_assets.monitoring.report_parts import ACTIONS, SEVERITIES
from seismic_assets.serving.metrics.monitoring import MonitoringCollector
from seismic_assets.serving.monitoring import latest_monitoring
from seismic_assets_tests.monitoring.drifted import FEATURES, file_drift, reference, sample, too_small
from seismic_assets_tests.monitoring.reports import NORTH, calm, empty, troubled
from seismic_assets_tests.monitoring.serving_rows import NOW

MAKERS = [troubled, calm, empty]


def test_a_report_has_the_keys_of_the_contract() -> None:
    report = json.loads(troubled().to_json())
    assert {"timestamp", "model_info", "feature_drift", "prediction_drift", "alerts", "llm_analysis"} <= set(report)
    assert (
        report["feature_drift"].items()
        >= {
            "features_tested": 11,
            "features_drifted": 6,
            "drift_ratio": 6 / 11,
            "severity": "high",
            "action": "retrain",
        }.items()
    )
    assert report["prediction_drift"]["drift_detected"] is True
    assert 0 <= report["prediction_drift"]["chi2_pvalue"] < 0.001
    assert report["llm_analysis"] is None
    assert report["schema_version"] == 1


@pytest.mark.parametrize("make", MAKERS)
def test_a_report_comes_back_from_its_json_and_holds_no_nan(make) -> None:
    report = make()
    text = report.to_json()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in the JSON"))
    assert MonitoringReport.from_json(text) == report


@pytest.mark.parametrize("make", MAKERS)
def test_the_service_reads_every_report(make, tmp_path) -> None:
    report = make()
    path = tmp_path / "reports" / "monitoring" / "latest.json"
    path.parent.mkdir(parents=True)
    path.write_text(report.to_json())
    shown = latest_monitoring(tmp_path)
    assert shown is not None
    assert (shown["severity"], shown["summary"]) == (report.feature_drift.severity, report.summary)
    gauges = {metric.name: metric.samples[0].value for metric in MonitoringCollector(path).collect()}
    assert gauges["seismic_features_drifted_count"] == report.feature_drift.features_drifted
    assert gauges.get("seismic_model_accuracy") == report.performance.accuracy
    assert gauges.get("seismic_model_f1_weighted") == report.performance.f1_weighted


def test_the_figures_at_the_top_are_those_of_the_subject_that_drifted_most() -> None:
    part = feature_drift_part([file_drift("a", 12, start=60), too_small("b"), file_drift("c", 11, moved=2, start=60)])
    assert (part.worst, part.severity, part.features_drifted) == ("c", "medium", 2)
    assert feature_drift_part([too_small("b"), file_drift("a", 12, start=60)]).severity == "none"
    assert feature_drift_part([too_small("b")]).severity == "undecided"
    assert feature_drift_part([]).severity == "undecided"


def test_a_subject_keeps_all_that_drifted_the_farthest_first_and_a_bounded_map() -> None:
    met = sample(11, moved=10)
    found = feature_drift(met, reference(), FEATURES)
    tiles = np.repeat(found.tiles, 50, axis=0)
    subject = drift_subject("served", "sample", asdict(replace(found, tiles=tiles)))
    assert (subject.features_drifted, len(subject.drifted)) == (10, 10)
    distances = [each.wasserstein for each in subject.features]
    assert distances == sorted(distances, reverse=True)
    assert 0 < len(subject.tiles) <= 256
    assert drift_subject("file", "x", asdict(replace(found, placed=False))).tiles == []


def test_severities_and_actions_are_those_of_the_drift_package() -> None:
    assert [str(each) for each in Severity] == list(SEVERITIES)
    assert {str(each): each.action for each in Severity} == ACTIONS


def test_a_figure_that_is_not_finite_becomes_null() -> None:
    figures = {"severity": "low", "features": [{"name": "a", "drifted": True, "psi": float("inf")}], "tiles": []}
    subject = drift_subject("file", "x", figures)
    assert subject.features[0].psi is None


def test_answers_that_were_not_compared_have_no_p_value() -> None:
    undecided = {
        "decided": False,
        "reason": "3 traces are too few to decide",
        "drifted": False,
        "shares": (),
        "chi2_p": 1.0,
        "cohens_w": 0.0,
        "cramers_v": 0.0,
        "confidence_p": 1.0,
        "confidence_ks": 0.0,
        "confidence_shift": 0.0,
    }
    part = prediction_drift_part([prediction_subject("file", "x", ["a", "b"], undecided)], {})
    assert (part.decided, part.drift_detected, part.chi2_pvalue) == (False, False, None)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (troubled, ["Drift is high (6 of 11 features of", "have drifted", "worse than in the test"]),
        (calm, ["No feature has drifted in 1 file,", "version 7 is right in 9"]),
        (empty, ["No data to test for drift yet", "no requests were served"]),
    ],
)
def test_the_summary_is_one_sentence(make, words) -> None:
    summary = make().summary
    assert all(each in summary for each in words)
    assert summary.endswith(".")
    assert "\n" not in summary


def test_advice_names_what_to_look_at_and_that_labels_are_needed() -> None:
    advice = troubled().advice
    assert advice[0].startswith(f"Look at {NORTH}")
    assert any("31 % of what the model leans on" in each for each in advice)
    assert any(each.startswith("Label windows") for each in advice)
    assert calm().advice == []


def test_a_row_of_the_history_has_the_columns_of_its_schema() -> None:
    rows = pl.concat([make().history_row() for make in MAKERS])
    assert rows.schema == pl.Schema(HISTORY_SCHEMA)
    assert rows["severity"].to_list() == ["high", "none", "undecided"]
    assert rows["accuracy"].null_count() == 1
    assert rows["alerts"].to_list()[1] == 0


def test_a_report_of_no_zone_or_no_report_at_all_is_refused_in_one_sentence() -> None:
    with pytest.raises(MonitoringError, match="no zone"):
        compose_report(NOW.replace(tzinfo=None), ModelInfo())
    with pytest.raises(MonitoringError, match=r"no monitoring report \(timestamp: "):
        MonitoringReport.from_json(json.dumps({"schema_version": 1}))
    with pytest.raises(MonitoringError, match="make it again"):
        MonitoringReport.from_json("{")


def test_keys_of_a_later_version_are_passed_over() -> None:
    text = calm().to_json().replace('"schema_version"', '"later": {"a": 1},\n"schema_version"')
    assert MonitoringReport.from_json(text) == calm()
