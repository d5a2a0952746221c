from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from sklearn.metrics import f1_score

from seismic_assets.monitoring import (
    Baseline,
    DegradationLimits,
    Known,
    MonitoringError,
    Period,
    ServingPerformance,
    serving_performance,
)
from seismic_assets.serving.recording import RecordedCall, RecordedFeedback
from seismic_assets_tests.monitoring.serving_rows import (
    DAY,
    HOUR,
    NAMES,
    NOW,
    START,
    call,
    feedback,
    requests,
    served,
    truth,
)

VERSIONS = {"7": NAMES, "8": NAMES}


def performance(
    calls: list[RecordedCall], told: list[RecordedFeedback], losses: tuple = (), **known: Any
) -> ServingPerformance:
    return performance_of(DAY, calls, told, losses, **known)


def performance_of(
    period: Period, calls: list[RecordedCall], told: list[RecordedFeedback], losses: tuple = (), **known: Any
) -> ServingPerformance:
    facts = Known(**({"class_names": VERSIONS, "champion": "7"} | known))
    return serving_performance(requests(*calls), feedback(*told), period, facts, NOW, losses)


def test_scores_are_those_of_the_traces_with_truth() -> None:
    calls, told = served(0, 60, 0.8, traces=3)
    found = performance(calls, told[:150]).champion
    assert found is not None
    scores = found.scores
    assert scores is not None
    by_id = {each.request_id: each for each in calls}
    truths = [each.true_class for each in told[:150]]
    answers = [
        int.from_bytes((by_id[each.request_id].trace_classes or b"")[2 * (each.trace_id or 0) :][:2], "little")
        for each in told[:150]
    ]
    assert scores.traces == 150
    assert scores.accuracy.value == pytest.approx(sum(map(int.__eq__, truths, answers)) / 150)
    assert scores.f1_macro.value == pytest.approx(f1_score(truths, answers, average="macro"))
    assert scores.f1_weighted.value == pytest.approx(f1_score(truths, answers, average="weighted"))
    assert sum(map(sum, scores.confusion)) == 150
    assert found.truth_share == pytest.approx(150 / 180)


def test_traffic_is_counted_by_version_with_mistakes_of_callers_apart_from_those_of_the_service() -> None:
    calls = [call(START + n * HOUR, [0], latency_ms=float(n)) for n in range(10)]
    calls += [call(START + n * HOUR, [], None, status=503, model_version="7", latency_ms=900.0) for n in range(2)]
    calls += [call(START, [], None, status=422, model_version=None)]
    found = performance(calls, [])
    champion, unanswered = found.versions
    traffic = champion.traffic
    assert (traffic.requests, traffic.answered, traffic.failed, traffic.refused) == (12, 10, 2, 0)
    assert traffic.failed_rate == pytest.approx(2 / 12)
    assert (traffic.latency_p50, traffic.latency_p95) == (pytest.approx(4.5), pytest.approx(8.55))
    assert traffic.requests_per_hour == pytest.approx(12 / 24)
    assert (unanswered.version, unanswered.role, unanswered.traffic.refused_rate) == (None, "none", 1.0)
    assert found.total.traffic.requests == 13


def test_requests_an_hour_are_over_the_hours_that_have_passed() -> None:
    calls = [call(START + timedelta(minutes=n), [0]) for n in range(12)]
    known = Known(VERSIONS, "7")
    found = serving_performance(requests(*calls), pl.DataFrame(), DAY, known, START + 3 * HOUR)
    assert found.total.traffic.requests_per_hour == pytest.approx(4)


@pytest.mark.parametrize("latency", [float("nan"), float("inf"), -1.0])
def test_latencies_that_are_none_are_left_out_and_counted(latency: float) -> None:
    found = performance([call(START, [0], latency_ms=latency), call(START, [0], latency_ms=3.0)], [])
    assert (found.total.traffic.latency_p99, found.total.traffic.unsound_latencies) == (3.0, 1)


def test_a_version_that_fell_below_its_baseline_by_more_than_the_margin_is_degraded() -> None:
    calls, told = served(1, 400, 0.75)
    found = performance(calls, told, baselines={"7": Baseline(0.9)}).champion
    assert found is not None
    assert found.degradation.degraded
    assert "worse by more than 5 points" in found.degradation.sentence


@pytest.mark.parametrize(
    ("accuracy", "count", "state"), [(0.98, 400, "held"), (0.86, 400, "unclear"), (0.3, 99, "too_few")]
)
def test_nothing_is_degraded_without_enough_truth_to_exclude_the_margin(
    accuracy: float, count: int, state: str
) -> None:
    calls, told = served(2, count, accuracy)
    found = performance(calls, told, baselines={"7": Baseline(0.9)}).champion
    assert found is not None
    assert found.degradation.state == state


def test_a_hundred_wrong_traces_of_one_request_decide_nothing() -> None:
    asked = call(START, [0] * 300)
    told = [truth(asked, trace, "boundary") for trace in range(300)]
    found = performance([asked], told, baselines={"7": Baseline(0.9)}).champion
    assert found is not None
    assert found.degradation.state == "unclear"
    assert "one request" in found.degradation.sentence


def test_the_margin_and_the_truths_needed_can_be_set() -> None:
    calls, told = served(3, 50, 0.8)
    limits = DegradationLimits(margin=0.0, fewest_truths=50)
    found = performance(calls, told, baselines={"7": Baseline(0.99)}, limits=limits).champion
    assert found is not None
    assert found.degradation.degraded


def test_windows_hold_the_truth_of_their_own_requests() -> None:
    early, late = call(START + HOUR / 2, [0], 0.6), call(START + 5 * HOUR, [0, 1], 0.8)
    found = performance([late, early], [truth(late, 0, "boundary", 9 * HOUR)])
    first, last = found.total.windows
    assert (first.start, first.end) == (START, START + HOUR)
    assert (first.truths, first.accuracy, first.estimated_accuracy) == (0, None, pytest.approx(0.6))
    assert last.accuracy is not None
    assert (last.start, last.truths, last.accuracy.value) == (START + 5 * HOUR, 1, 0.0)


def test_a_canary_is_compared_with_the_champion_while_both_answered() -> None:
    calls, told = served(4, 600, 0.9)
    # What the champion did before the canary came must not count for it.
    calls = [each for each in calls if each.received_at >= START + 12 * HOUR]
    bad = [call(START + n * timedelta(minutes=1), [1]) for n in range(300)]
    others, more = served(5, 300, 0.6, "8", second_role="canary", second_version="8", second_agreement=0.7)
    others = [each for each in others if each.received_at >= START + 12 * HOUR]
    ids = {each.request_id for each in (*calls, *others)}
    told = [each for each in (*told, *more) if each.request_id in ids] + [truth(each, 0, "normal") for each in bad]
    found = performance([*calls, *bad, *others], told)
    assert [each.role for each in found.versions] == ["champion", "canary"]
    (compared,) = found.canaries
    assert compared.champion_accuracy is not None
    assert compared.champion_accuracy.value > 0.85
    assert compared.difference is not None
    assert compared.difference.high is not None
    assert compared.difference.high < 0
    assert "canary 8 is right less often than champion 7" in compared.sentence
    (agreed,) = found.agreements
    assert (agreed.version, agreed.role, agreed.share) == ("8", "canary", pytest.approx(0.7))


def test_equal_canaries_cannot_be_told_apart_and_without_truth_not_compared() -> None:
    ours, told = served(6, 200, 0.8)
    theirs, more = served(7, 200, 0.8, "8", second_role="canary", second_version="8")
    assert "cannot be told apart" in performance([*ours, *theirs], [*told, *more]).canaries[0].sentence
    assert "cannot be compared yet" in performance([*ours, *theirs], told).canaries[0].sentence


def test_a_shadow_is_no_version_that_answers() -> None:
    calls = [call(START, [0], second_role="shadow", second_version="8", second_agreement=0.5) for _ in range(2)]
    found = performance(calls, [])
    assert [each.version for each in found.versions] == ["7"]
    assert found.agreements[0].role == "shadow"
    assert found.canaries == ()


def test_without_any_table_there_are_figures_of_nothing() -> None:
    found = serving_performance(pl.DataFrame(), pl.DataFrame(), DAY, Known({}), NOW)
    assert found.total.traffic.requests == 0
    assert found.total.scores is None
    assert found.versions == ()
    assert found.champion is None
    assert found.table.sentences == ()


def test_holes_losses_and_clocks_are_named() -> None:
    calls = [call(START + hour * HOUR, [0]) for hour in (0, 1, 4, 9)]
    calls += [call(NOW + HOUR, [0]), call(START, [0], trace_classes=None), call(START, [0], float("nan"))]
    losses = (
        {
            "settled_at": (START + HOUR).isoformat(),
            "lost": 12,
            "inference_log": {"dropped": 3},
            "feedback": {"dropped": 1},
        },
        {"settled_at": (START - HOUR).isoformat(), "lost": 100},
        {"process": "torn"},
    )
    told = [truth(calls[0], 0, "normal", -HOUR), truth(calls[1], 0, "normal", timedelta(days=5))]
    table = performance(calls, told, losses).table
    assert [(hole.start - START, hole.end - START) for hole in table.holes] == [
        (2 * HOUR, 4 * HOUR),
        (5 * HOUR, 9 * HOUR),
    ]
    assert (table.rows_lost, table.rows_dropped, table.unreadable_losses) == (12, 4, 1)
    assert (table.future_requests, table.future_feedback, table.feedback_before_request) == (1, 1, 1)
    assert (table.without_classes, table.without_confidence) == (1, 1)
    assert table.sentences[0].startswith("6 windows of 1 h have no request though others before and after have")
    assert len(table.sentences) == 9
    assert "rows taken by processes that ended before writing them: 12" in table.sentences


@pytest.mark.parametrize("window", [timedelta(0), timedelta(seconds=1)])
def test_windows_of_no_length_and_too_many_windows_are_refused(window: timedelta) -> None:
    with pytest.raises(MonitoringError, match="window"):
        Period(START, START + timedelta(days=1), window)


def test_a_period_has_a_zone_and_a_length() -> None:
    with pytest.raises(MonitoringError, match="without a zone"):
        Period(START.replace(tzinfo=None), NOW, HOUR)
    with pytest.raises(MonitoringError, match="empty"):
        Period(NOW, START, HOUR)
    with pytest.raises(MonitoringError, match="truth is asked for"):
        Period(START, NOW, HOUR, START + HOUR)
    assert Period(START, START + 2.5 * HOUR, HOUR).finish(2) == START + 2.5 * HOUR


def test_late_truth_counts_for_accuracy_and_its_requests_for_nothing_else() -> None:
    calls, told = served(3, 300, 0.6)
    later = Period(START + timedelta(days=1), START + timedelta(days=2), HOUR, START + timedelta(hours=12))
    today = [call(START + timedelta(hours=30), [0], model_version="7", latency_ms=5.0)]
    baseline = {"7": Baseline(0.9)}

    found = performance_of(later, [*calls, *today], told, baselines=baseline)
    champion = found.champion

    assert champion is not None
    assert champion.scores is not None
    assert champion.scores.traces == 150
    assert champion.degradation.degraded
    assert (champion.traffic.requests, champion.truth_share, len(champion.windows)) == (1, 0.0, 1)
    assert champion.estimate.traces == 1
    assert found.matching.elsewhere == 150
    assert found.table.holes == ()


def test_a_version_whose_truth_came_after_its_last_request_is_still_judged() -> None:
    calls, told = served(3, 200, 0.6, version="8")
    later = Period(START + timedelta(days=1), START + timedelta(days=2), HOUR, START)

    found = performance_of(later, calls, told, champion="8")

    assert found.champion is not None
    assert found.champion.scores is not None
    assert (found.champion.scores.traces, found.champion.traffic.requests) == (200, 0)
