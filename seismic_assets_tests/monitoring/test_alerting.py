from __future__ import annotations

import pytest

from seismic_assets.monitoring import AlertLimits, alerts_of, feature_drift_part
from seismic_assets.monitoring.alerting import drift_alerts
from seismic_assets_tests.monitoring.drifted import file_drift
from seismic_assets_tests.monitoring.reports import NORTH, calm, empty, troubled


def test_each_trouble_has_its_key_and_its_severity() -> None:
    assert [(each.key, each.severity) for each in troubled().alerts] == [
        ("feature_drift", "critical"),
        ("prediction_drift", "warning"),
        ("performance", "critical"),
        ("error_rate", "critical"),
        ("rows_lost", "warning"),
        ("labels_needed", "warning"),
    ]


def test_a_calm_report_gives_no_alert() -> None:
    assert calm().alerts == []


def test_a_report_without_data_says_so_for_information() -> None:
    (alert,) = empty().alerts
    assert (alert.key, alert.severity) == ("no_data", "info")


@pytest.mark.parametrize(("moved", "severity"), [(1, None), (2, "warning"), (4, "critical")])
def test_medium_drift_warns_and_high_drift_is_critical_under_one_key(moved: int, severity: str | None) -> None:
    drift = feature_drift_part([file_drift("a.sgy", 11, moved=moved, start=60)])
    alerts = alerts_of(calm().model_copy(update={"feature_drift": drift}))
    assert [(each.key, each.severity) for each in alerts] == ([] if severity is None else [("feature_drift", severity)])


def test_the_sentence_of_the_answers_names_a_file_once() -> None:
    report = troubled()
    assert alerts_of(report)[1].sentence.endswith(f" on {NORTH}, Cohen's w {report.prediction_drift.cohens_w:.2f}.")


def test_the_sentence_names_the_files_the_features_and_what_to_do() -> None:
    sentence = troubled().alerts[0].sentence
    assert f"{NORTH}: 6 of 11 features (" in sentence
    assert sentence.endswith("): retrain.")
    many = feature_drift_part([file_drift(f"file-{n}", 11, moved=4, start=60) for n in range(5)])
    (alert,) = alerts_of(calm().model_copy(update={"feature_drift": many}))
    assert "; and 2 more" in alert.sentence


def test_drift_is_told_by_file_the_worst_first_and_not_where_it_is_low() -> None:
    subjects = [
        file_drift("low.sgy", 11, moved=1, start=60),
        file_drift("medium.sgy", 11, moved=2, start=60),
        file_drift("high.sgy", 11, moved=4, start=60),
    ]
    high, medium = drift_alerts(subjects)
    assert (high.key, high.severity) == ("feature_drift/high.sgy", "critical")
    assert (medium.key, medium.severity) == ("feature_drift/medium.sgy", "warning")
    assert high.title == "Feature drift of high.sgy is high"
    assert high.sentence.startswith("Other than the training data is high.sgy: 4 of 11 features (")
    assert high.sentence.endswith("): retrain.")


def test_a_few_requests_or_a_small_share_of_failures_are_no_alert() -> None:
    report = troubled()

    def fails(limits: AlertLimits) -> bool:
        return "error_rate" in [each.key for each in alerts_of(report, limits)]

    share, count = report.performance.failed_rate, report.performance.requests
    assert fails(AlertLimits(failed_rate=share - 1e-9, fewest_requests=count))
    assert not fails(AlertLimits(failed_rate=share, fewest_requests=count))
    assert not fails(AlertLimits(failed_rate=0.0, fewest_requests=count + 1))
