"""Whether it is trained again: the facts of a real registry, and decisions kept in a real lake."""

import json
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier

import dagster as dg
import polars as pl
import pytest
from dagster._core.test_utils import create_run_for_test

from seismic_assets.defs.monitoring.performance import save_performance, served_performance
from seismic_assets.defs.monitoring.retraining import (
    RETRAINING_TAG,
    Asked,
    decide_now,
    facts_of,
    last_asked,
    load_decision,
    policy_of,
    save_decision,
)
from seismic_assets.file_locks import held
from seismic_assets.lake import DATASET_SPLIT, DRIFT_VERDICTS, RETRAINING_DECISIONS, TRACE_LABELS
from seismic_assets.monitoring import MonitoringError
from seismic_assets_tests.defs.monitoring.building import (
    NOW,
    Place,
    copy_of,
    earth,
    register,
    served_calls,
    train,
    truths_of,
)
from seismic_assets_tests.monitoring.test_sql import frame_of

DAY = timedelta(days=1)


@pytest.fixture
def instance() -> dg.DagsterInstance:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def drifted(place: Place, severity: str = "high") -> None:
    row = {"subject": "north.sgy", "severity": severity, "farthest": "envelope, rms", "judged_at": NOW}
    place.lake.replace(DRIFT_VERDICTS, frame_of(DRIFT_VERDICTS, row))


def decide(place: Place, instance: dg.DagsterInstance, now: datetime = NOW, **changes):
    settings = place.settings.model_copy(update={"tuning_trials": 5, **changes})
    return decide_now(place.lake, place.registry, settings, instance, now)


def ended(instance: dg.DagsterInstance, number: int, status: dg.DagsterRunStatus) -> None:
    create_run_for_test(instance, job_name="run", tags={RETRAINING_TAG: str(number)}, status=status)


def outcomes(place: Place) -> list[str | None]:
    return place.lake.read(RETRAINING_DECISIONS)["outcome"].to_list()


def test_without_drift_nothing_is_asked_for_and_the_reason_is_kept(place: Place, instance) -> None:
    decision = decide(place, instance)

    assert not decision.retrain
    row = place.lake.read(RETRAINING_DECISIONS).to_dicts()[0]
    assert (row["retrain"], row["number"], row["outcome"], row["champion"]) == (False, None, None, "1")
    assert row["reason"] == decision.reason
    assert last_asked(place.lake) is None


def test_high_drift_asks_once_and_the_next_decision_waits_for_it(place: Place, instance) -> None:
    drifted(place)

    first, second = decide(place, instance), decide(place, instance, NOW + timedelta(minutes=1))

    assert first.retrain
    assert "north.sgy: envelope, rms" in first.reason
    assert (second.retrain, second.guard) == (False, "under_way")
    rows = place.lake.read(RETRAINING_DECISIONS)
    assert rows["number"].to_list() == [1, None]
    assert json.loads(rows["conditions"][0]) == ["drift"]
    assert last_asked(place.lake) == Asked(1, first.reason, NOW)


@pytest.mark.parametrize("severity", ["undecided", "none", "low", "medium"])
def test_less_than_high_drift_asks_for_nothing(place: Place, instance, severity: str) -> None:
    drifted(place, severity)

    assert not decide(place, instance).retrain


def test_drift_asks_for_nothing_where_it_is_switched_off(place: Place, instance) -> None:
    drifted(place)

    assert not decide(place, instance, retrain_on_drift=False).retrain


def test_without_trials_of_a_search_nothing_is_asked_for_and_labels_are(place: Place, instance) -> None:
    drifted(place)

    decision = decide(place, instance, tuning_trials=0)

    assert (decision.retrain, decision.guard) == (False, "nothing_new")
    assert decision.reason.startswith("not retrained although the severity of the feature drift is high")
    assert "SEISMIC_TUNING_TRIALS=0" in decision.reason
    assert "Label windows" in str(decision.advice)
    assert outcomes(place) == [None]


def test_a_fall_of_the_accuracy_asks_for_it(place: Place, instance) -> None:
    calls = served_calls(place, earth(9))
    place.record(*calls, *truths_of(calls, 0.6))
    save_performance(place.settings, served_performance(place.settings, place.registry, NOW))

    decision = decide(place, instance)

    assert decision.retrain
    assert decision.met == ("performance",)


def other_labels(place: Place) -> datetime:
    """Let no version have seen the training set; gives the time of it."""
    drifted(place)
    split = place.lake.read(DATASET_SPLIT)
    place.lake.replace(DATASET_SPLIT, split.with_columns(pl.lit(0, pl.Int32).alias("class")))
    return datetime.now(UTC)


@dg.asset(name="seismic_classifier")
def classifier() -> None:
    raise dg.Failure("no memory")


def training(instance: dg.DagsterInstance, **tags: str) -> dg.ExecuteInProcessResult:
    """A run that was to make a model and failed."""
    return dg.materialize([classifier], instance=instance, raise_on_error=False, tags=tags)


def test_what_the_graph_trains_by_itself_counts_as_under_way(place: Place, instance) -> None:
    now = other_labels(place)

    decision = decide(place, instance, now)

    assert (decision.retrain, decision.guard) == (False, "under_way")


def test_labels_that_the_split_has_not_taken_in_yet_count_as_under_way(place: Place, instance) -> None:
    drifted(place)
    assert decide(place, instance, datetime.now(UTC)).retrain
    place.lake.replace(RETRAINING_DECISIONS, place.lake.read(RETRAINING_DECISIONS).head(0))
    row = {"file_id": "new.sgy", "trace_index": 0, "window_index": 0, "class": 1}
    place.lake.replace_file(TRACE_LABELS, "new.sgy", frame_of(TRACE_LABELS, row))

    decision = decide(place, instance, datetime.now(UTC))

    assert (decision.retrain, decision.guard) == (False, "under_way")


def test_a_training_of_the_graph_that_failed_holds_nothing_back(place: Place, instance) -> None:
    now = other_labels(place)
    training(instance)

    assert decide(place, instance, now + timedelta(minutes=1)).retrain


def test_a_failure_of_before_the_labels_changed_says_nothing_of_them(place: Place, instance) -> None:
    training(instance)
    now = other_labels(place)

    assert decide(place, instance, now).guard == "under_way"


def test_a_failed_search_that_was_asked_for_is_none_of_the_graph(place: Place, instance) -> None:
    now = other_labels(place)
    training(instance, **{RETRAINING_TAG: "7"})

    assert decide(place, instance, now).guard == "under_way"


def test_labels_that_nobody_trains_on_are_waited_for_no_longer_than_a_retraining(place: Place, instance) -> None:
    now = other_labels(place)

    assert decide(place, instance, now + timedelta(hours=11)).guard == "under_way"
    assert decide(place, instance, now + timedelta(hours=13)).guard == "cool_down"
    assert decide(place, instance, now + timedelta(hours=25)).retrain


def test_a_training_of_the_graph_that_failed_and_begins_anew_is_under_way(place: Place, instance) -> None:
    now = other_labels(place)
    training(instance)
    job = dg.Definitions(assets=[dg.asset(name="embedder")(lambda: None)]).resolve_implicit_global_asset_job_def()
    instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)

    assert decide(place, instance, now).guard == "under_way"


def test_what_was_asked_for_and_never_started_lapses_and_is_asked_for_anew(place: Place, instance) -> None:
    drifted(place)
    assert decide(place, instance).retrain

    soon = decide(place, instance, NOW + timedelta(minutes=65))
    later = decide(place, instance, NOW + timedelta(minutes=75))

    assert (soon.retrain, soon.guard) == (False, "under_way")
    assert later.retrain
    assert outcomes(place) == ["lapsed", None, "under_way"]
    assert last_asked(place.lake).number == 2


def test_what_lapsed_spends_no_budget(place: Place, instance) -> None:
    drifted(place)

    asked = [decide(place, instance, NOW + number * 2 * timedelta(hours=1), retrain_budget=2) for number in range(5)]

    assert all(each.retrain for each in asked)


def test_a_search_that_was_started_does_not_lapse(place: Place, instance) -> None:
    drifted(place)
    decide(place, instance)
    ended(instance, 1, dg.DagsterRunStatus.STARTING)

    assert decide(place, instance, NOW + timedelta(hours=3)).guard == "under_way"
    assert outcomes(place)[0] == "under_way"


def test_what_was_asked_for_may_be_started_for_an_hour() -> None:
    asked = Asked(1, "drift", NOW)

    assert asked.in_time(NOW + timedelta(minutes=59))
    assert not asked.in_time(NOW + timedelta(minutes=61))


def test_new_windows_and_age_ask_where_the_settings_say_so(place: Place, instance) -> None:
    late = NOW.replace(year=NOW.year + 5)

    assert decide(place, instance, late, retrain_age_days=30.0).met == ("age",)
    facts = facts_of(place.lake, place.registry, place.settings)
    assert facts.new_windows == 0
    split = place.lake.read(DATASET_SPLIT)
    place.lake.replace(DATASET_SPLIT, split.with_columns(fold=pl.lit("train")))
    more = facts_of(place.lake, place.registry, place.settings)
    assert more.new_windows == split.filter(pl.col("fold") == "test").height
    policy = policy_of(place.settings.model_copy(update={"retrain_new_windows": 7, "retrain_budget": 2}))
    assert (policy.new_windows, policy.age_days, policy.budget) == (7, None, 2)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (dg.DagsterRunStatus.SUCCESS, "refused"),
        (dg.DagsterRunStatus.FAILURE, "failed"),
        (dg.DagsterRunStatus.CANCELED, "failed"),
        (dg.DagsterRunStatus.STARTED, "under_way"),
    ],
)
def test_what_became_of_a_retraining_is_told_by_its_run(place: Place, instance, status, outcome: str) -> None:
    drifted(place)
    decide(place, instance)
    ended(instance, 1, status)
    ended(instance, 11, dg.DagsterRunStatus.FAILURE)

    decide(place, instance, NOW + timedelta(minutes=5))

    assert outcomes(place) == [outcome, None]


def test_a_retraining_whose_challenger_is_in_charge_since_was_promoted(tmp_path, instance) -> None:
    place = train(tmp_path / "own")
    drifted(place)
    decide(place, instance)
    ended(instance, 1, dg.DagsterRunStatus.SUCCESS)
    register(place, tmp_path / "own" / "bundle")

    decision = decide(place, instance, NOW + timedelta(minutes=5))

    assert outcomes(place) == ["promoted", None]
    assert decision.guard == "cool_down"


def test_after_a_refusal_the_same_labels_are_not_tried_again(place: Place, instance) -> None:
    drifted(place)
    decide(place, instance)
    ended(instance, 1, dg.DagsterRunStatus.SUCCESS)

    soon, later = decide(place, instance, NOW + timedelta(hours=1)), decide(place, instance, NOW + 2 * DAY)

    assert (soon.retrain, soon.guard) == (False, "cool_down")
    assert (later.retrain, later.guard) == (False, "nothing_new")


def test_a_retraining_that_failed_is_tried_again_within_the_budget(place: Place, instance) -> None:
    drifted(place)
    asked = []
    for number in range(1, 6):
        asked.append(decide(place, instance, NOW + number * 2 * DAY, retrain_budget=3).retrain)
        ended(instance, number, dg.DagsterRunStatus.FAILURE)

    assert asked == [True, True, True, False, False]
    assert place.lake.read(RETRAINING_DECISIONS)["number"].drop_nulls().to_list() == [1, 2, 3]


def test_numbers_go_on_when_old_decisions_are_dropped(place: Place, instance, monkeypatch) -> None:
    monkeypatch.setattr("seismic_assets.defs.monitoring.retraining._MOST_KEPT", 2)
    drifted(place)
    for number in (1, 2):
        decide(place, instance, NOW + number * 2 * DAY)
        ended(instance, number, dg.DagsterRunStatus.FAILURE)
        for hour in (1, 2, 3):
            decide(place, instance, NOW + number * 2 * DAY + timedelta(hours=hour))

    rows = place.lake.read(RETRAINING_DECISIONS)

    assert rows["number"].to_list() == [1, 2, None, None]
    assert decide(place, instance, NOW + 9 * DAY).retrain
    assert last_asked(place.lake).number == 3


def test_before_a_champion_nothing_is_asked_for(trained: Place, tmp_path, instance, open_empty_registry) -> None:
    place = copy_of(trained, tmp_path / "place")
    place.registry = open_empty_registry
    drifted(place)

    decision = decide(place, instance)

    assert not decision.retrain
    assert "there is no champion to replace" in decision.reason


@pytest.fixture
def open_empty_registry(trained: Place):
    registry = trained.registry
    return type(registry)(registry.uri, trained.settings.mlflow_artifacts, "seismic experiment", "Nothing")


def test_the_latest_decision_is_kept_for_the_report(place: Place, instance) -> None:
    assert load_decision(place.settings) is None
    drifted(place)
    decision = decide(place, instance)

    save_decision(place.settings, decision)

    assert load_decision(place.settings) == decision


def decide_at_once(place: Place, start: Barrier) -> None:
    """A run that decides at the very moment another does."""
    with dg.DagsterInstance.ephemeral() as made:
        start.wait(60)
        decide(place, made)


@pytest.mark.timeout(180)
def test_of_two_processes_that_decide_at_once_one_asks_and_the_other_sees_it(place: Place) -> None:
    drifted(place)
    spawn = get_context("spawn")
    start = spawn.Barrier(2)
    processes = [spawn.Process(target=decide_at_once, args=(place, start)) for _ in range(2)]
    for each in processes:
        each.start()
    for each in processes:
        each.join()

    assert [each.exitcode for each in processes] == [0, 0]
    rows = place.lake.read(RETRAINING_DECISIONS)
    assert rows["retrain"].to_list() == [True, False]
    assert rows["guard"].to_list() == [None, "under_way"]


def test_a_process_that_decides_for_ever_is_named_in_the_error(place: Place, instance, monkeypatch) -> None:
    monkeypatch.setattr("seismic_assets.defs.monitoring.retraining._LOCK_SECONDS", 0.05)
    with (
        held(place.settings.storage_root / "monitoring" / "retraining.lock", 0),
        pytest.raises(MonitoringError, match=r"holds .*retraining\.lock"),
    ):
        decide(place, instance)
