"""What the service counts while it works."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge

from seismic_assets.serving.metrics.asking import AskMetrics
from seismic_assets.serving.metrics.confidence import BulkHistogram
from seismic_assets.serving.metrics.machine import MachineCollector
from seismic_assets.serving.metrics.monitoring import MonitoringCollector
from seismic_assets.serving.metrics.pending import Pending
from seismic_assets.serving.metrics.values import ServiceValues
from seismic_assets.serving.metrics.workers import check_shared

RejectionReason: TypeAlias = Literal["queue_full", "rate", "too_large", "timeout", "unauthorised", "forbidden"]
ReloadOutcome: TypeAlias = Literal["loaded", "failed"]
LookupOutcome: TypeAlias = Literal["found", "unknown", "stale", "away"]
StoringOutcome: TypeAlias = Literal["stored", "failed"]
Count: TypeAlias = Callable[[float], None]

OTHER = "other"
_MOST_NOTES = 10_000
_REPORT = Path("reports", "monitoring", "latest.json")
_RECORDED = ("accepted", "written", "dropped", "lost")
_FAILURES = "failures"
# Half a millisecond for one trace; 15 and 50 ms are what is promised under load; ten seconds is the longest time-out.
_SECONDS = (
    *(0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
_SHARES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)


class ServiceMetrics:
    """The metrics of one application.

    In one process each application has its own numbers. With a `shared_folder` the numbers of all worker processes
    meet there, and a process may then have one application only.

    Attributes:
        shared_folder: where worker processes share their numbers, or None.
        predicting: the endpoints whose latency is kept.
        counted: the numbers of the service, of all its workers.
        scraped: these, the machine's and the monitoring report's.
        in_flight: requests being answered: `inc()`, `dec()`.
        waiting: requests in the queue: `inc()`, `dec()`.
        questions: what is counted of questions to the documents.
    """

    def __init__(
        self,
        endpoints: Iterable[str],
        predicting: Collection[str],
        storage_root: Path | None = None,
        shared_folder: Path | None = None,
    ) -> None:
        """Begin to count, from nothing or from what other workers counted.

        Args:
            endpoints: the routes of the application; a request to anything else is counted as `other`.
            predicting: those of them that predict.
            storage_root: whose free space and monitoring report are shown.
            shared_folder: the folder in PROMETHEUS_MULTIPROC_DIR where there are several worker processes.

        Raises:
            MetricsFolderError: there is a shared folder, but prometheus-client was not told.
        """
        if shared_folder is not None:
            check_shared()
        self.shared_folder = shared_folder
        self.predicting = frozenset(predicting)
        self._kept = CollectorRegistry()
        self.counted = ServiceValues(self._kept, shared_folder, self.add_up)
        self.scraped = CollectorRegistry()
        self.scraped.register(self.counted)
        self.scraped.register(MachineCollector(storage_root, shared_folder))
        if storage_root is not None:
            self.scraped.register(MonitoringCollector(storage_root / _REPORT))
        self._endpoints = frozenset(endpoints) | self.predicting
        self._answered: Pending[tuple[str, int]] = Pending()
        self._classified: Pending[str] = Pending()
        self._seen: dict[tuple[str, int], tuple[Count, BulkHistogram | None]] = {}
        self._classes: dict[str, Count] = {}
        self._recorder: Callable[[], Mapping[str, int]] | None = None
        self._recorded = dict.fromkeys((*_RECORDED, _FAILURES), 0)
        self._model: Gauge | None = None
        self._define_traffic()
        self._define_model()
        self._define_features()
        self.questions = AskMetrics(self._kept)
        for value in (self.in_flight, self.waiting):
            # A worker may get the process id, and with it the file, of one that was killed.
            value.set(0)
        self._start_at_zero()

    def request(self, endpoint: str, status: int, seconds: float) -> None:
        """Count an answered request; keep how long it took if it is one to predict that succeeded.

        The time is added up with the next `refresh`, or when it is looked at in this process.
        """
        count, latency = self._requests_of(endpoint, status)
        count(1)
        if latency is not None:
            self._answered.note((endpoint, status), (seconds,))
            self._add_up_many()

    def predicted(self, classes: Mapping[str, int], confidences: Sequence[float]) -> None:
        """Count classified traces; added up as the times of `request`.

        Args:
            classes: traces by the name of their class.
            confidences: the confidence of each trace, between 0 and 1.
        """
        self._classified.note("confidence", confidences, classes)
        self._add_up_many()

    def expect(self, classes: Iterable[str]) -> None:
        """Show each class with 0 before its first prediction, so that a rate can be taken."""
        for name in classes:
            self._classes[name] = self._predictions.labels(name).inc

    def rejected(self, reason: RejectionReason) -> None:
        """Count a request that was turned away."""
        self._rejections[reason].inc()

    def reloaded(self, outcome: ReloadOutcome) -> None:
        """Count an attempt to take up another version."""
        self._reloads[outcome].inc()

    def compared(self, role: Literal["shadow", "canary"], agreeing: int, differing: int) -> None:
        """Count windows that a second version answered too, by whether it gave the same class."""
        self._compared.labels(role, "true").inc(agreeing)
        self._compared.labels(role, "false").inc(differing)

    def looked_up(self, outcome: LookupOutcome) -> None:
        """Count a request whose features were looked up."""
        self._lookups[outcome].inc()

    def stored(self, outcome: StoringOutcome) -> None:
        """Count a request whose features were to be kept."""
        self._storings[outcome].inc()

    def serves(self, version: str, family: str, alias: str | None = None) -> None:
        """Show which version answers from now on."""
        if self._model is not None:
            self._model.set(0)
        self._model = self._models.labels(version, family, alias or "")
        self._model.set(1)

    def follow_recorder(self, counts: Callable[[], Mapping[str, int]]) -> None:
        """Show what the recorder of this process did: `accepted`, `written`, `dropped`, `lost`, `failures` so far."""
        self._recorder = counts

    def refresh(self) -> None:
        """Add up what is noted, and take over what the recorder counted. A scrape does so in the worker that it meets.

        With several workers call it every second or so in each: a scrape meets one of them.
        """
        self.add_up()
        if self._recorder is None:
            return
        now = self._recorder()
        for name, before in self._recorded.items():
            if (more := now.get(name, 0) - before) > 0:
                self._recorded[name] = before + more
                (self._failures if name == _FAILURES else self._calls[name]).inc(more)

    def add_up(self) -> None:
        """Add what `request` and `predicted` noted to the counters."""
        for (endpoint, status), seconds in self._answered.take().values.items():
            latency = self._requests_of(endpoint, status)[1]
            if latency is not None:
                latency.observe_many(np.array(seconds))
        classified = self._classified.take()
        for name, number in classified.counts.items():
            self._classes.setdefault(name, self._predictions.labels(name).inc)(number)
            self._traces.inc(number)
        for confidences in classified.values.values():
            self._confidence.observe_many(np.array(confidences))

    def _add_up_many(self) -> None:
        """What waits to be added up is bounded."""
        if len(self._answered) + len(self._classified) > _MOST_NOTES:
            self.add_up()

    def _define_traffic(self) -> None:
        self._requests = Counter("seismic_requests", "Requests answered.", ["endpoint", "status"], registry=self._kept)
        self._errors = Counter(
            "seismic_request_errors",
            "Requests answered with a status from 400 on.",
            ["endpoint", "status"],
            registry=self._kept,
        )
        self._latency = BulkHistogram(
            "seismic_prediction_latency_seconds",
            "Time to answer a request to predict, of those that succeeded.",
            ["endpoint"],
            buckets=_SECONDS,
            registry=self._kept,
        )
        self.in_flight = Gauge(
            "seismic_requests_in_flight", "Requests being answered.", multiprocess_mode="livesum", registry=self._kept
        )
        self.waiting = Gauge(
            "seismic_requests_waiting", "Requests in the queue.", multiprocess_mode="livesum", registry=self._kept
        )
        rejections = Counter("seismic_rejected", "Requests turned away.", ["reason"], registry=self._kept)
        self._rejections = {reason: rejections.labels(reason) for reason in get_args(RejectionReason)}
        calls = Counter(
            "seismic_recorder_calls",
            "Calls given to the inference table, by what became of them.",
            ["outcome"],
            registry=self._kept,
        )
        self._calls = {outcome: calls.labels(outcome) for outcome in _RECORDED}
        self._failures = Counter(
            "seismic_recorder_failures", "Failed writes to the inference table.", registry=self._kept
        )

    def _define_model(self) -> None:
        self._traces = Counter("seismic_traces", "Traces classified.", registry=self._kept)
        self._predictions = Counter(
            "seismic_predictions", "Traces classified, by class.", ["predicted_class"], registry=self._kept
        )
        self._confidence = BulkHistogram(
            "seismic_prediction_confidence", "Confidence of each trace's class.", buckets=_SHARES, registry=self._kept
        )
        self._models = Gauge(
            "seismic_model_info",
            "1 for each version that answers.",
            ["version", "family", "alias"],
            multiprocess_mode="livemax",
            registry=self._kept,
        )
        reloads = Counter(
            "seismic_model_reloads", "Attempts to take up another version.", ["outcome"], registry=self._kept
        )
        self._reloads = {outcome: reloads.labels(outcome) for outcome in get_args(ReloadOutcome)}
        self._compared = Counter(
            "seismic_second_model_compared",
            "Windows that a second version answered too, by whether it gave the same class.",
            ["role", "agrees"],
            registry=self._kept,
        )

    def _define_features(self) -> None:
        lookups = Counter(
            "seismic_feature_lookups",
            "Requests whose features were looked up, by what the feature store said.",
            ["outcome"],
            registry=self._kept,
        )
        self._lookups = {outcome: lookups.labels(outcome) for outcome in get_args(LookupOutcome)}
        storings = Counter(
            "seismic_features_stored",
            "Requests whose features were to be kept, by what became of it.",
            ["outcome"],
            registry=self._kept,
        )
        self._storings = {outcome: storings.labels(outcome) for outcome in get_args(StoringOutcome)}

    def _start_at_zero(self) -> None:
        """A rate needs the value before the first event."""
        for endpoint in self.predicting:
            self._requests_of(endpoint, 200)

    def _requests_of(self, endpoint: str, status: int) -> tuple[Count, BulkHistogram | None]:
        """What counts requests of an endpoint and a status, and their times: finding it costs more than counting."""
        seen = self._seen.get((endpoint, status))
        if seen is not None:
            return seen
        route = endpoint if endpoint in self._endpoints else OTHER
        requests = self._requests.labels(route, status)
        count = requests.inc if status < 400 else _both(requests, self._errors.labels(route, status))
        latency = self._latency.labels(route) if route in self.predicting and status < 400 else None
        if route != OTHER:
            # Paths that do not exist are without number.
            self._seen[endpoint, status] = count, latency
        return count, latency


def _both(first: Counter, second: Counter) -> Count:
    def count(number: float) -> None:
        first.inc(number)
        second.inc(number)

    return count
