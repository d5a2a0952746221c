"""What is said of runs."""

import time
from pathlib import Path

import dagster as dg
import pytest

from seismic_assets.exporter.history import History
from seismic_assets.exporter.runs import RunsSource
from seismic_assets_tests.exporter.building import GRAPH, JOB, instance_of, run, values


def test_counters_begin_at_nothing_and_count_each_run_once(ran: Path) -> None:
    source = RunsSource(History(ran), GRAPH)
    total = "seismic_pipeline_runs_total{dagster_job=assets,status=%s}"
    before = values(source.look())
    run(ran, "catalogue")
    run(ran, "catalogue", fail=True)
    seen = [values(source.look()) for _ in range(3)]

    assert (before[total % "success"], before[total % "failure"]) == (0, 0)
    assert [(each[total % "success"], each[total % "failure"]) for each in seen] == [(1, 1)] * 3


def test_what_ran_before_is_known_as_the_last_of_its_group(ran: Path) -> None:
    run(ran, "catalogue", fail=True)

    seen = values(RunsSource(History(ran), GRAPH).look())

    ends = {
        status: seen[f"seismic_pipeline_run_last_end_timestamp_seconds{{group=raw,status={status}}}"]
        for status in ("success", "failure")
    }
    assert time.time() - 3600 < ends["success"] < ends["failure"] <= time.time()
    assert 0 < seen["seismic_pipeline_run_last_duration_seconds{group=raw,status=failure}"] < 60
    assert seen["seismic_pipeline_recent_runs{group=raw,status=success}"] == 1
    assert seen["seismic_pipeline_recent_runs{group=raw,status=failure}"] == 1


def test_a_run_of_several_groups_counts_in_each_and_once_in_its_job(ran: Path) -> None:
    source = RunsSource(History(ran), GRAPH)
    source.look()
    run(ran, "catalogue", "traces")

    seen = values(source.look())

    for group in ("raw", "bronze"):
        assert seen[f"seismic_pipeline_group_runs_total{{group={group},status=success}}"] == 1
        assert seen[f"seismic_pipeline_run_duration_seconds_count{{group={group}}}"] == 1
        assert seen[f"seismic_pipeline_run_duration_seconds_bucket{{group={group},le=+Inf}}"] == 1
        last = seen[f"seismic_pipeline_run_last_duration_seconds{{group={group},status=success}}"]
        assert seen[f"seismic_pipeline_run_duration_seconds_sum{{group={group}}}"] == pytest.approx(last)
    assert seen["seismic_pipeline_runs_total{dagster_job=assets,status=success}"] == 1


def test_more_runs_than_one_look_takes_are_all_counted_in_the_end(ran: Path) -> None:
    source = RunsSource(History(ran), GRAPH, most=2)
    source.look()
    for _ in range(5):
        run(ran, "catalogue")

    counted = [
        values(source.look())["seismic_pipeline_runs_total{dagster_job=assets,status=success}"] for _ in range(5)
    ]

    assert counted[-1] == 5
    assert all(after - before <= 2 for before, after in zip([0, *counted], counted, strict=False))


def test_runs_that_wait_and_runs_at_work_are_told_apart(ran: Path) -> None:
    with instance_of(ran) as instance:
        for status in (dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTED):
            instance.create_run_for_job(JOB, status=status)

    seen = values(RunsSource(History(ran), GRAPH).look())

    assert seen["seismic_pipeline_runs_queued"] == 1
    assert seen["seismic_pipeline_runs_in_progress"] == 2
    assert 0 < seen["seismic_pipeline_oldest_run_seconds{state=in_progress}"] < 60


def test_without_a_run_under_way_nothing_is_old(ran: Path) -> None:
    seen = values(RunsSource(History(ran), GRAPH).look())

    assert seen["seismic_pipeline_runs_queued"] == seen["seismic_pipeline_runs_in_progress"] == 0
    assert seen["seismic_pipeline_oldest_run_seconds{state=queued}"] == 0
