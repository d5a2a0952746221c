from datetime import timedelta

import pytest

from seismic_assets.insights.monitoring import monitoring_insight
from seismic_assets.monitoring import DataQualityPart, ModelInfo, compose_report, feature_drift_part
from seismic_assets_tests.insights.saying import assert_sound, text_of
from seismic_assets_tests.monitoring.drifted import file_drift, too_small
from seismic_assets_tests.monitoring.reports import NORTH, calm, empty, troubled
from seismic_assets_tests.monitoring.serving_rows import NOW


def told(report, before=None):
    insight = monitoring_insight(report, before)
    assert_sound(insight)
    return insight


def report_of(subjects=(), **parts):
    return compose_report(NOW, ModelInfo(version="7"), feature_drift=feature_drift_part(list(subjects)), **parts)


def section(insight, title):
    return next(each for each in insight.sections if each.title == title)


def test_health_is_a_word_and_a_verdict():
    assert (told(calm()).facts["health"].value, told(calm()).verdict) == ("healthy", "PASS")
    assert (told(troubled()).facts["health"].value, told(troubled()).verdict) == ("critical", "FAIL")
    assert (told(empty()).facts["health"].value, told(empty()).verdict) == ("unknown", "")


def test_trouble_is_told_with_what_drifted_where_and_what_to_do():
    insight = told(troubled())
    text = " ".join(text_of(insight).split())

    assert f"drift is high, 6 of 11 features of {NORTH}" in insight.summary
    assert insight.facts["drift.worst"].value == NORTH
    assert "farthest around inline" in text
    assert "features that the model leans on: feature_1" in text
    assert "Label windows where the data have changed" in text
    assert insight.facts["degraded"].value == "yes"
    assert {"alert.feature_drift", "alert.performance"} <= set(insight.facts.names)


def test_each_subject_stands_once_the_worst_first_and_what_was_not_decided_says_why():
    rows = section(told(troubled()), "Drift of the features").blocks[0].rows

    assert [row[0] for row in rows] == [NORTH, "west.sgy", "south.sgy", "tiny.sgy"]
    assert "too few to decide" in rows[-1][2]


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (empty(), "nothing was tested for drift; no requests were served"),
        (report_of([too_small("tiny.sgy")]), "drift could not be judged"),
        (report_of([file_drift("a.sgy", 12, start=60)]), "no feature drifted in 1 file"),
    ],
)
def test_what_is_missing_is_said(report, said):
    assert said in told(report).summary


def test_nothing_in_production_asks_for_a_first_model():
    assert "Train and promote a first model" in text_of(told(empty()))


def test_a_little_drift_or_a_quarantined_file_is_a_warning():
    assert told(report_of([file_drift("west.sgy", 13, moved=1, start=130)])).verdict == "WARN"
    quarantined = report_of(
        [file_drift("a.sgy", 12, start=60)], data_quality=DataQualityPart(files=3, quarantined=1, mean_score=80.0)
    )
    assert told(quarantined).verdict == "WARN"
    assert "Look at the files in quarantine" in text_of(told(quarantined))


def test_changes_since_the_report_before_are_figures_and_trends():
    before = calm().model_copy(update={"timestamp": NOW - timedelta(days=1)})
    insight = told(troubled(), before)

    rows = {row[0]: row[1:] for row in section(insight, "Since the report before").blocks[1].rows}
    assert rows["requests"] == ("300", "580", "+280")
    assert rows["alerts"] == ("0", "6", "+6")
    assert insight.facts["trend.accuracy"].value == "falling"
    assert insight.facts["trend.drift"].value == "rising"
    same = told(calm(), before)
    assert {same.facts[name].value for name in same.facts.names if name.startswith("trend.")} == {"steady"}


def test_without_a_report_before_nothing_is_compared():
    insight = told(calm())
    assert "There is no report before this one." in text_of(insight)
    assert not any(name.startswith("trend.") for name in insight.facts.names)


def test_what_one_of_both_reports_does_not_have_is_not_compared():
    insight = told(troubled(), empty())
    assert {"trend.requests", "trend.alerts"} == {name for name in insight.facts.names if name.startswith("trend.")}


def test_facts_stay_few_of_many_files():
    subjects = [replace_name(number) for number in range(30)]
    insight = told(report_of(subjects), calm())
    assert "of 30" in text_of(insight)


def replace_name(number):
    return file_drift(f"line {number}?.sgy", 11, moved=6).model_copy(update={"tiles": []})


def test_shares_of_the_answers_stand_below_the_reference_in_order_of_the_files():
    rows = section(told(calm()), "Drift of the answers").blocks[0].rows

    assert rows[0][0] == "the reference"
    assert [row[0] for row in rows[1:]] == sorted(row[0] for row in rows[1:])
