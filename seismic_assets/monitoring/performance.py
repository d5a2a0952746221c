"""How served models do: traffic, accuracy where truth has come, an estimate where it has not, by version and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import polars as pl

from seismic_assets.evaluation import Interval
from seismic_assets.monitoring.agreement import Agreement, CanaryComparison, agreements, canaries, compare_canary
from seismic_assets.monitoring.baseline import Baseline, Degradation, DegradationLimits, judge_accuracy
from seismic_assets.monitoring.confidence import Estimate, ServedCalibration, estimate_accuracy, served_calibration
from seismic_assets.monitoring.errors import MonitoringError
from seismic_assets.monitoring.period import Period
from seismic_assets.monitoring.scores import ServedScores, accuracy_of, scores_of
from seismic_assets.monitoring.served import read_calls, read_feedback, recent
from seismic_assets.monitoring.table_state import TableState, table_state
from seismic_assets.monitoring.traffic import Traffic, traffic_of
from seismic_assets.monitoring.truth import Matching, match_truth

ServedRole = Literal["all", "champion", "canary", "other", "none"]


@dataclass(frozen=True)
class Known:
    """What is known of the versions.

    Attributes:
        class_names: classes of each version in their order.
        champion: the version in charge; None where there is none.
        baselines: test scores by version.
        limits: when a version has become worse.
    """

    class_names: Mapping[str, Sequence[str]]
    champion: str | None = None
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    limits: DegradationLimits = field(default_factory=DegradationLimits)


@dataclass(frozen=True)
class WindowFigures:
    """A window of the period.

    Attributes:
        start, end: aware.
        traffic: requests that came in it.
        truths: traces of these requests for which truth has come.
        accuracy: on them; None where there is none.
        estimated_accuracy: from confidence, of the traces without truth; None where there is none.
    """

    start: datetime
    end: datetime
    traffic: Traffic
    truths: int
    accuracy: Interval | None
    estimated_accuracy: float | None


@dataclass(frozen=True)
class ServedFigures:
    """Figures of one version, or of all.

    Attributes:
        version: None for all together, and for requests that no version answered.
        role: `all`; `champion`; `canary`; `other`; `none`, for requests that no version answered.
        traffic: requests of the period.
        scores: where truth has come, also of requests before the period as far back as the period takes them; None
            where it has not.
        truth_share: traces with truth among those classified in the period, a share of 1.
        calibration: where truth has come.
        estimate: where it has not.
        degradation: against the version's baseline; for all together and for `none` nothing is decided.
        windows: that have requests, in their order.
    """

    version: str | None
    role: ServedRole
    traffic: Traffic
    scores: ServedScores | None
    truth_share: float
    calibration: ServedCalibration | None
    estimate: Estimate
    degradation: Degradation
    windows: tuple[WindowFigures, ...]


@dataclass(frozen=True)
class ServingPerformance:
    """What was served in a period.

    Attributes:
        period: looked at.
        total: all requests.
        versions: each version, the champion first, those without an answer last.
        matching: what became of the feedback.
        table: what is missing or wrong in the tables.
        agreements: of second models on the same requests.
        canaries: each canary beside the champion.
    """

    period: Period
    total: ServedFigures
    versions: tuple[ServedFigures, ...]
    matching: Matching
    table: TableState
    agreements: tuple[Agreement, ...]
    canaries: tuple[CanaryComparison, ...]

    @property
    def champion(self) -> ServedFigures | None:
        """Figures of the champion; None where it was not asked."""
        return next((each for each in self.versions if each.role == "champion"), None)


def serving_performance(
    requests: pl.DataFrame,
    feedback: pl.DataFrame,
    period: Period,
    known: Known,
    now: datetime,
    losses: Sequence[Mapping[str, Any]] = (),
) -> ServingPerformance:
    """Figures of what was served.

    Args:
        requests: rows of `inference_log`, those of the period at least, and those before it that feedback is about;
            without columns where there is no table.
        feedback: rows of `feedback`, also later ones: truth is late; without columns where there is no table.
        period: by the time of the requests.
        known: of the versions.
        now: the present, aware.
        losses: entries of `losses.jsonl`.

    Raises:
        MonitoringError: a table lacks a column, or `now` has no zone.
    """
    if now.tzinfo is None:
        raise MonitoringError("the present has no time zone: give it in UTC")
    calls = read_calls(requests, period, now)
    truths, matching = match_truth(calls, read_feedback(feedback), period, now, known.class_names)
    second = canaries(calls.rows, known.champion)
    figures = _Figures(period, now, known, second)
    champion = known.champion if known.champion in calls.rows["model_version"] else None
    return ServingPerformance(
        period=period,
        total=figures.of(calls.rows, truths, None, "all"),
        versions=figures.by_version(calls.rows, truths),
        matching=matching,
        table=table_state(calls, matching, losses, period),
        agreements=agreements(calls.recent),
        canaries=tuple(compare_canary(calls.rows, truths, champion, each) for each in second) if champion else (),
    )


@dataclass(frozen=True)
class _Figures:
    """Makes figures of some requests and their truths."""

    period: Period
    now: datetime
    known: Known
    canaries: tuple[str, ...]

    def by_version(self, rows: pl.DataFrame, truths: pl.DataFrame) -> tuple[ServedFigures, ...]:
        found = rows["model_version"].unique().to_list()
        ranks: list[ServedRole] = ["champion", "canary", "other", "none"]
        order = sorted(found, key=lambda version: (ranks.index(self._role(version)), version or ""))
        return tuple(
            self.of(
                rows.filter(pl.col("model_version").eq_missing(version)),
                truths.filter(pl.col("version").eq_missing(version)),
                version,
                self._role(version),
            )
            for version in order
        )

    def of(self, rows: pl.DataFrame, truths: pl.DataFrame, version: str | None, role: ServedRole) -> ServedFigures:
        scores = scores_of(truths, self._classes(version))
        rows = recent(rows)
        traffic = traffic_of(rows, self.period.hours(self.now))
        baseline = self.known.baselines.get(version) if version is not None else None
        accuracy = scores.accuracy if scores is not None else None
        return ServedFigures(
            version=version,
            role=role,
            traffic=traffic,
            scores=scores,
            truth_share=recent(truths).height / max(traffic.traces, 1),
            calibration=served_calibration(truths),
            estimate=estimate_accuracy(rows, truths),
            degradation=judge_accuracy(accuracy, truths.height, baseline, self.known.limits),
            windows=tuple(self._windows(rows, truths)),
        )

    def _windows(self, rows: pl.DataFrame, truths: pl.DataFrame) -> list[WindowFigures]:
        told = truths.partition_by("window", as_dict=True)
        parts = rows.partition_by("window", as_dict=True, maintain_order=True)
        return [self._window(part, told.get(key, truths.clear()), *key) for key, part in parts.items()]

    def _window(self, rows: pl.DataFrame, truths: pl.DataFrame, window: int) -> WindowFigures:
        start, end = self.period.begin(window), self.period.finish(window)
        return WindowFigures(
            start=start,
            end=end,
            traffic=traffic_of(rows, Period(start, end, end - start).hours(self.now)),
            truths=truths.height,
            accuracy=accuracy_of(truths),
            estimated_accuracy=estimate_accuracy(rows, truths).accuracy,
        )

    def _role(self, version: str | None) -> ServedRole:
        if version is None:
            return "none"
        if version == self.known.champion:
            return "champion"
        return "canary" if version in self.canaries else "other"

    def _classes(self, version: str | None) -> list[str]:
        """Names of a version's classes; of all versions', the champion's first, where it is None."""
        names = self.known.class_names
        if version is not None:
            return list(names.get(version, ()))
        first = names.get(self.known.champion or "", ())
        return list(dict.fromkeys([*first, *(name for each in names.values() for name in each)]))
