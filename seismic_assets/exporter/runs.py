"""Runs: how many ended how, how long they took, which wait."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate

import dagster as dg
from dagster import DagsterRunStatus, RunRecord
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from seismic_assets.exporter.graph import Graph
from seismic_assets.exporter.history import History
from seismic_assets.exporter.parts import Look

_ENDED = {
    DagsterRunStatus.SUCCESS: "success",
    DagsterRunStatus.FAILURE: "failure",
    DagsterRunStatus.CANCELED: "canceled",
}
_UNFINISHED = {
    DagsterRunStatus.QUEUED: "queued",
    DagsterRunStatus.NOT_STARTED: "queued",
    DagsterRunStatus.STARTING: "in_progress",
    DagsterRunStatus.STARTED: "in_progress",
    DagsterRunStatus.CANCELING: "in_progress",
}
_STATES = ("queued", "in_progress")
# Dagster's name of the job of all assets; the other jobs have names of their own.
_ASSET_JOB, _ASSETS = "__ASSET_JOB", "assets"
_BOUNDS = (1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0)
_MOST = 500
# A run may be seen in the database a little after its time.
_OVERLAP = timedelta(seconds=10)


@dataclass(frozen=True)
class _Run:
    """A run that ended.

    Attributes:
        job: its job; `assets` is the job of all assets.
        groups: the asset groups it touched.
        status: success, failure or canceled.
        ended: when, seconds since 1970.
        seconds: from its start to its end.
    """

    job: str
    groups: tuple[str, ...]
    status: str
    ended: float
    seconds: float


@dataclass
class _Durations:
    """Seconds of runs, in buckets; the last is for what is beyond all bounds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(_BOUNDS) + 1))
    sum: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(_BOUNDS, seconds)] += 1
        self.sum += seconds


class RunsSource:
    """Runs that ended are read once each: at the start the last ones, then what ended since the look before.

    Counters begin at nothing when the exporter starts, as Prometheus expects of them; gauges know the last runs from
    the beginning. A run that touches several asset groups counts in each of them, and once in its job.
    """

    def __init__(self, history: History, graph: Graph, most: int = _MOST) -> None:
        """Prepare.

        Args:
            history: that knows of runs.
            graph: gives the groups of a run's assets.
            most: runs read in one look, of those that ended and of those that did not; and how many are remembered.
        """
        self._history = history
        self._graph = graph
        self._most = most
        self._cursor: datetime | None = None
        self._begun = False
        self._known: deque[str] = deque(maxlen=4 * most)
        self._recent: deque[_Run] = deque(maxlen=most)
        self._last: dict[tuple[str, str], _Run] = {}
        self._durations: dict[str, _Durations] = {}
        statuses = _ENDED.values()
        self._by_job: Counter[tuple[str, str]] = Counter({(_ASSETS, status): 0 for status in statuses})
        groups = set(graph.groups.values())
        self._by_group: Counter[tuple[str, str]] = Counter({(group, each): 0 for group in groups for each in statuses})

    def look(self) -> Look:
        """The metrics.

        Raises:
            SourceError: the history cannot be read.
        """
        with self._history.reading() as instance:
            unfinished = instance.get_run_records(dg.RunsFilter(statuses=list(_UNFINISHED)), limit=self._most)
            ended = [self._run_of(record) for record in self._new(instance)]
        for run in ended:
            self._remember(run)
            if self._begun:
                self._count(run)
        self._begun = True
        return Look([*self._counters(), self._histogram(), *self._gauges(), *_waiting(unfinished)])

    def _new(self, instance: dg.DagsterInstance) -> list[RunRecord]:
        """Runs that ended and were not read yet, the first first."""
        if not self._begun:
            last = instance.get_run_records(dg.RunsFilter(statuses=list(_ENDED)), limit=self._most)
            records = sorted(last, key=lambda record: record.update_timestamp)
        else:
            after = self._cursor - _OVERLAP if self._cursor is not None else None
            since = dg.RunsFilter(statuses=list(_ENDED), updated_after=after)
            records = list(
                instance.get_run_records(since, limit=self._most, order_by="update_timestamp", ascending=True)
            )
        if records:
            full = len(records) == self._most  # then the next look goes on behind this page
            self._cursor = records[-1].update_timestamp + (_OVERLAP if full else timedelta())
        new = [record for record in records if record.dagster_run.run_id not in self._known]
        self._known.extend(record.dagster_run.run_id for record in new)
        return new

    def _run_of(self, record: RunRecord) -> _Run:
        run = record.dagster_run
        ended = record.end_time or record.update_timestamp.timestamp()
        assets = None if run.asset_selection is None else {key.to_user_string() for key in run.asset_selection}
        return _Run(
            job=_ASSETS if run.job_name == _ASSET_JOB else run.job_name,
            groups=tuple(self._graph.groups_of(assets)),
            status=_ENDED[run.status],
            ended=ended,
            seconds=max(0.0, ended - (record.start_time or ended)),
        )

    def _remember(self, run: _Run) -> None:
        self._recent.append(run)
        for group in run.groups:
            before = self._last.get((group, run.status))
            if before is None or run.ended >= before.ended:
                self._last[group, run.status] = run

    def _count(self, run: _Run) -> None:
        self._by_job[run.job, run.status] += 1
        for group in run.groups:
            self._by_group[group, run.status] += 1
            self._durations.setdefault(group, _Durations()).add(run.seconds)

    def _counters(self) -> list[Metric]:
        by_job = CounterMetricFamily(
            "seismic_pipeline_runs", "Runs that ended since the exporter started.", labels=["dagster_job", "status"]
        )
        by_group = CounterMetricFamily(
            "seismic_pipeline_group_runs", "The same of runs that touch an asset group.", labels=["group", "status"]
        )
        for labels, count in self._by_job.items():
            by_job.add_metric(labels, count)
        for labels, count in self._by_group.items():
            by_group.add_metric(labels, count)
        return [by_job, by_group]

    def _histogram(self) -> Metric:
        durations = HistogramMetricFamily(
            "seismic_pipeline_run_duration_seconds",
            "From start to end of runs of a group, of those that ended since the exporter started.",
            labels=["group"],
        )
        names = [*map(str, _BOUNDS), "+Inf"]
        for group, each in self._durations.items():
            durations.add_metric([group], list(zip(names, accumulate(each.counts), strict=True)), each.sum)
        return durations

    def _gauges(self) -> list[Metric]:
        labels = ["group", "status"]
        recent = GaugeMetricFamily(
            "seismic_pipeline_recent_runs", f"How many of the last {self._most} runs ended so.", labels=labels
        )
        counts = Counter((group, run.status) for run in self._recent for group in run.groups)
        for key, count in counts.items():
            recent.add_metric(key, count)
        ends = GaugeMetricFamily(
            "seismic_pipeline_run_last_end_timestamp_seconds", "When a run of a group last ended so.", labels=labels
        )
        seconds = GaugeMetricFamily(
            "seismic_pipeline_run_last_duration_seconds", "How long that run took.", labels=labels
        )
        for key, run in self._last.items():
            ends.add_metric(key, run.ended)
            seconds.add_metric(key, run.seconds)
        return [recent, ends, seconds]


def _waiting(records: Sequence[RunRecord]) -> list[Metric]:
    """What has not ended, and since when the oldest of it has been there."""
    now = time.time()
    ages: dict[str, list[float]] = {state: [] for state in _STATES}
    for record in records:
        ages[_UNFINISHED[record.dagster_run.status]].append(now - record.create_timestamp.timestamp())
    oldest = GaugeMetricFamily(
        "seismic_pipeline_oldest_run_seconds", "Age of the oldest run that has not ended.", labels=["state"]
    )
    for state, found in ages.items():
        oldest.add_metric([state], max(0.0, *found) if found else 0.0)
    return [
        GaugeMetricFamily("seismic_pipeline_runs_in_progress", "Runs at work.", len(ages["in_progress"])),
        GaugeMetricFamily("seismic_pipeline_runs_queued", "Runs that wait.", len(ages["queued"])),
        oldest,
    ]
