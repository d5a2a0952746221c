from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.monitoring import (
    MonitoringError,
    PastRetraining,
    RetrainingFacts,
    RetrainingPolicy,
    decide,
)

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CALM = RetrainingFacts("3", NOW - timedelta(days=2), "set-1")
DRIFTED = replace(CALM, severity="high", drift="14 of 41 features of north.sgy")
POLICY = RetrainingPolicy()


def past(hours: float, **fields: object) -> PastRetraining:
    values = {"conditions": ("drift",), "training_set": "set-0", "champion": "2", "outcome": "promoted"}
    return PastRetraining(NOW - hours * HOUR, **(values | fields))


@pytest.mark.parametrize(
    ("facts", "condition"),
    [
        (DRIFTED, "drift"),
        (replace(CALM, degraded=True), "performance"),
        (replace(CALM, new_windows=1000), "labels"),
        (replace(CALM, trained_at=NOW - timedelta(days=90)), "age"),
    ],
    ids=["drift", "performance", "labels", "age"],
)
def test_each_condition_alone_asks_for_a_retraining_and_is_named(facts: RetrainingFacts, condition: str) -> None:
    decision = decide(facts, POLICY, [], NOW)
    assert decision.retrain
    assert decision.met == (condition,)
    (met,) = [each for each in decision.conditions if each.met]
    assert decision.reason == f"retrained because {met.sentence}"


def test_nothing_is_retrained_while_all_is_calm_and_the_reason_says_what_was_looked_at() -> None:
    decision = decide(replace(CALM, new_windows=999, severity="medium"), POLICY, [], NOW)
    assert not decision.retrain
    assert decision.guard is None
    for words in ("drift is medium", "999 labelled windows", "2 days old", "no fall of the performance"):
        assert words in decision.reason


@pytest.mark.parametrize("severity", ["undecided", "none", "low", "medium"])
def test_less_than_high_drift_retrains_nothing(severity: str) -> None:
    assert not decide(replace(CALM, severity=severity), POLICY, [], NOW).retrain


def test_conditions_that_are_switched_off_are_not_looked_at() -> None:
    old = replace(CALM, trained_at=NOW - timedelta(days=900), new_windows=10**6)
    decision = decide(old, replace(POLICY, new_windows=None, age_days=None), [], NOW)
    assert not decision.retrain
    assert [each.name for each in decision.conditions] == ["drift", "performance"]


def test_without_a_champion_there_is_nothing_to_replace() -> None:
    decision = decide(replace(DRIFTED, champion=None, trained_at=None), POLICY, [], NOW)
    assert (decision.retrain, decision.guard) == (False, "no_champion")
    assert "train and promote a first model" in decision.reason


def test_of_two_asked_at_once_the_second_is_told_that_one_is_under_way() -> None:
    first = decide(DRIFTED, POLICY, [], NOW)
    assert first.retrain
    second = decide(DRIFTED, POLICY, [PastRetraining(NOW, first.met, "set-1", "3")], NOW)
    assert (second.retrain, second.guard) == (False, "under_way")
    assert "one is under way, asked for at 2026-03-10 12:00 UTC" in second.reason


def test_a_retraining_that_never_ended_does_not_hold_up_for_ever() -> None:
    lost = past(30, outcome="under_way")
    assert decide(DRIFTED, replace(POLICY, timeout_hours=31), [lost], NOW).guard == "under_way"
    assert decide(DRIFTED, POLICY, [lost], NOW).retrain


@pytest.mark.parametrize(("hours", "retrains"), [(23.99, False), (24.0, True)])
def test_the_cool_down_ends_after_its_hours(hours: float, retrains: bool) -> None:
    decision = decide(DRIFTED, POLICY, [past(hours, outcome="failed")], NOW)
    assert decision.retrain is retrains
    assert (decision.guard == "cool_down") is not retrains


@pytest.mark.parametrize(("oldest", "retrains"), [(29 * 24.0, False), (30 * 24.0, True)])
def test_the_budget_is_of_a_rolling_span(oldest: float, retrains: bool) -> None:
    history = [past(hours, training_set=f"set-{hours}") for hours in (oldest, 300, 200, 100)]
    decision = decide(DRIFTED, POLICY, history, NOW)
    assert decision.retrain is retrains
    assert (decision.guard == "budget") is not retrains


def test_the_same_labels_are_not_searched_twice_for_the_same_reason_and_labels_are_asked_for() -> None:
    done = past(100, training_set="set-1", outcome="refused")
    decision = decide(DRIFTED, POLICY, [done], NOW)
    assert (decision.retrain, decision.guard) == (False, "nothing_new")
    assert decision.advice is not None
    assert "14 of 41 features of north.sgy" in decision.advice
    assert decide(replace(DRIFTED, training_set="set-2"), POLICY, [done], NOW).retrain
    assert decide(replace(DRIFTED, degraded=True), POLICY, [done], NOW).retrain
    assert decide(DRIFTED, replace(POLICY, per_training_set=2), [done], NOW).retrain


def test_a_retraining_that_failed_has_taught_nothing_and_may_be_repeated() -> None:
    assert decide(DRIFTED, POLICY, [past(100, training_set="set-1", outcome="failed")], NOW).retrain


def test_a_retraining_that_is_taken_for_dead_has_taught_nothing_either() -> None:
    dead = past(100, training_set="set-1", outcome="under_way")
    assert decide(DRIFTED, POLICY, [dead], NOW).retrain
    assert decide(DRIFTED, replace(POLICY, timeout_hours=101), [dead], NOW).guard == "under_way"


def test_what_nobody_started_counts_for_nothing() -> None:
    lapsed = [past(hours, training_set="set-1", outcome="lapsed") for hours in (1, 2, 3, 4, 5)]
    assert decide(DRIFTED, POLICY, lapsed, NOW).retrain


def test_a_retraining_from_the_future_counts_as_if_it_were_from_now() -> None:
    assert decide(DRIFTED, POLICY, [past(-50)], NOW).guard == "cool_down"
    assert decide(DRIFTED, POLICY, [past(-50, outcome="under_way")], NOW).guard == "under_way"


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(MonitoringError, match="no zone"):
        decide(CALM, POLICY, [], NOW.replace(tzinfo=None))


_POLICIES = st.builds(
    RetrainingPolicy,
    new_windows=st.none() | st.integers(1, 50),
    age_days=st.none() | st.floats(0.1, 40),
    cooldown_hours=st.floats(0, 100),
    budget=st.integers(0, 5),
    budget_days=st.floats(0.5, 40),
    timeout_hours=st.floats(0.1, 60),
    per_training_set=st.integers(1, 3),
)
_FACTS = st.builds(
    RetrainingFacts,
    champion=st.sampled_from([None, "3", "4", "4"]),
    trained_at=st.just(NOW - timedelta(days=20)),
    training_set=st.sampled_from(["a", "b", "c", "d", "e"]),
    new_windows=st.integers(0, 60),
    severity=st.sampled_from(["undecided", "none", "low", "medium", "high", "high"]),
    degraded=st.booleans(),
)
# Hours that pass before the next look, what is seen then, and how many hours a retraining takes if one is started:
# None for one that never reports.
_STEPS = st.lists(
    st.tuples(
        st.floats(0, 40),
        _FACTS,
        st.none() | st.floats(0.01, 80),
        st.sampled_from(["promoted", "refused", "failed"]),
    ),
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(policy=_POLICIES, steps=_STEPS)
def test_whatever_happens_the_loop_cannot_thrash(policy: RetrainingPolicy, steps: list) -> None:
    now, history, ends = NOW, [], []
    for hours, facts, length, outcome in steps:
        now += hours * HOUR
        history = [
            replace(each, outcome=how) if end is not None and end <= now else each
            for each, (end, how) in zip(history, ends, strict=True)
        ]
        running = [
            each
            for each in history
            if each.outcome == "under_way" and now - each.time < timedelta(hours=policy.timeout_hours)
        ]
        decision = decide(facts, policy, history, now)
        if not decision.retrain:
            continue
        assert decision.met
        assert facts.champion is not None
        assert not running
        assert all(now - each.time >= timedelta(hours=policy.cooldown_hours) for each in history)
        history.append(PastRetraining(now, decision.met, facts.training_set, facts.champion))
        ends.append((None if length is None else now + length * HOUR, outcome))
        span = timedelta(days=policy.budget_days)
        assert sum(now - each.time < span for each in history) <= policy.budget
        dead = timedelta(hours=policy.timeout_hours)
        same = [
            each
            for each in history
            if each.training_set == facts.training_set
            and each.outcome != "failed"
            and not (each.outcome == "under_way" and now - each.time >= dead)
        ]
        assert min(sum(name in each.conditions for each in same) for name in decision.met) <= policy.per_training_set
