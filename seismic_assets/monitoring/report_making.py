"""From figures to parts of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from seismic_assets.evaluation import Interval
from seismic_assets.monitoring.baseline import Baseline
from seismic_assets.monitoring.performance import ServedFigures, ServingPerformance, WindowFigures
from seismic_assets.monitoring.report_parts import (
    ACTIONS,
    SEVERITIES,
    DriftSubject,
    FeatureDriftPart,
    FeatureFigures,
    IntervalPart,
    PerformancePart,
    PredictionDriftPart,
    PredictionSubject,
    Severity,
    Tile,
    VersionPart,
    WindowPart,
)

_MOST_FEATURES = 12
_MOST_TILES = 256
_ROLES = {"champion": "champion", "canary": "canary", "other": "other version", "none": "no answer", "all": "all"}


def drift_subject(kind: Literal["file", "served"], name: str, figures: Mapping[str, Any]) -> DriftSubject:
    """Feature drift of a file, or of what was served.

    Args:
        kind: which of the two.
        name: of the file or the sample.
        figures: `severity`; `reason` where nothing was decided; `features`: mappings with the keys of
            `FeatureFigures`; `tiles`: rows of inline, crossline, traces and distance (None or NaN where
            nothing was decided), and `placed` whether these are places; `domain` (`auc`, `healthy`) and `dead`
            (`share`, `reference`) or None. Such is `dataclasses.asdict` of a `FeatureDrift`.
    """
    features = [FeatureFigures.model_validate(each) for each in figures["features"]]
    farthest = sorted(features, key=lambda each: (each.drifted, each.wasserstein or 0.0, each.ks or 0.0), reverse=True)
    drifted = [each.name for each in farthest if each.drifted]
    severity: Severity = str(figures["severity"])  # type: ignore[assignment]
    classic = [each.classic_p for each in features if each.classic_p is not None]
    domain, dead = figures.get("domain") or {}, figures.get("dead") or {}
    return DriftSubject(
        kind=kind,
        name=name,
        severity=severity,
        action=ACTIONS[severity],
        reason=figures.get("reason", ""),
        features_tested=len(features),
        features_drifted=len(drifted),
        drift_ratio=len(drifted) / max(len(features), 1),
        drifted=drifted,
        features=farthest[: max(_MOST_FEATURES, len(drifted))],
        tiles=_tiles(figures["tiles"]) if figures.get("placed") else [],
        domain_auc=domain.get("auc"),
        domain_healthy_auc=domain.get("healthy"),
        dead_share=dead.get("share"),
        dead_share_reference=dead.get("reference"),
        classic_alarm=any(p < 0.05 for p in classic) if classic else None,
    )


def feature_drift_part(subjects: Sequence[DriftSubject]) -> FeatureDriftPart:
    """Feature drift of all; its figures are those of the subject that drifted most."""
    if not subjects:
        return FeatureDriftPart()
    worst = max(subjects, key=lambda each: (SEVERITIES.index(each.severity), each.drift_ratio))
    return FeatureDriftPart(
        features_tested=worst.features_tested,
        features_drifted=worst.features_drifted,
        drift_ratio=worst.drift_ratio,
        severity=worst.severity,
        action=worst.action,
        worst=worst.name,
        subjects=list(subjects),
    )


def prediction_subject(
    kind: Literal["file", "served"], name: str, classes: Sequence[str], figures: Mapping[str, Any]
) -> PredictionSubject:
    """Drift of the answers on a file, or of what was served.

    Args:
        kind: which of the two.
        name: of the file or the sample.
        classes: names in their order.
        figures: `decided`, `reason`, `drifted`, `shares` by class, `chi2_p`, `cohens_w`, `cramers_v`, `confidence_p`,
            `confidence_ks`, `confidence_shift`. Such is `dataclasses.asdict` of a `PredictionDrift`.
    """
    shares = [float(share) for share in figures["shares"]]
    return PredictionSubject.model_validate(
        {
            **figures,
            "kind": kind,
            "name": name,
            "shares": dict(zip(classes, shares, strict=True)) if shares else {},
            "chi2_pvalue": figures["chi2_p"] if figures["decided"] else None,
        }
    )


def prediction_drift_part(
    subjects: Sequence[PredictionSubject], reference_shares: Mapping[str, float]
) -> PredictionDriftPart:
    """Drift of the answers on all; its figures are those of the subject that drifted most."""
    decided = [each for each in subjects if each.decided]
    part = PredictionDriftPart(reference_shares=dict(reference_shares), subjects=list(subjects))
    if not decided:
        return part
    worst = max(decided, key=lambda each: (each.drifted, each.cohens_w or 0.0))
    return part.model_copy(
        update={
            "drift_detected": worst.drifted,
            "decided": True,
            "chi2_pvalue": worst.chi2_pvalue,
            "cohens_w": worst.cohens_w,
            "confidence_ks": worst.confidence_ks,
            "worst": worst.name,
        }
    )


def performance_part(found: ServingPerformance, baselines: Mapping[str, Baseline] | None = None) -> PerformancePart:
    """What was served; `baselines` are shown beside the figures of each version."""
    leading = found.champion or found.total
    known = baselines or {}
    asked = found.total.traffic.requests or found.matching.used
    head = _version(leading, known)
    return PerformancePart(
        start=found.period.start,
        end=found.period.end,
        truth_since=found.period.earliest,
        of=leading.version,
        requests=found.total.traffic.requests,
        failed_rate=found.total.traffic.failed_rate,
        accuracy=head.accuracy.value if head.accuracy else None,
        f1_weighted=head.f1_weighted.value if head.f1_weighted else None,
        f1_macro=head.f1_macro.value if head.f1_macro else None,
        estimated_accuracy=head.estimated_accuracy,
        truths=head.truths,
        degraded=leading.degradation.degraded,
        sentence=leading.degradation.sentence if asked else "no request came in the period",
        total=_version(found.total, known),
        versions=[_version(each, known) for each in found.versions],
        comparisons=_comparisons(found),
        unmatched_feedback=found.matching.unmatched,
        superseded_feedback=found.matching.superseded,
        median_delay_hours=found.matching.median_delay_hours,
        holes=[(hole.start, hole.end) for hole in found.table.holes],
        rows_lost=found.table.rows_lost + found.table.rows_dropped,
        notes=list(found.table.sentences),
    )


def _version(figures: ServedFigures, baselines: Mapping[str, Baseline]) -> VersionPart:
    traffic, scores, calibration = figures.traffic, figures.scores, figures.calibration
    baseline = baselines.get(figures.version) if figures.version is not None else None
    return VersionPart(
        version=figures.version,
        role=_ROLES[figures.role],
        requests=traffic.requests,
        traces=traffic.traces,
        requests_per_hour=traffic.requests_per_hour,
        refused=traffic.refused,
        failed=traffic.failed,
        failed_rate=traffic.failed_rate,
        latency_p50_ms=traffic.latency_p50,
        latency_p95_ms=traffic.latency_p95,
        latency_p99_ms=traffic.latency_p99,
        truths=scores.traces if scores else 0,
        truth_share=figures.truth_share,
        accuracy=_interval(scores.accuracy if scores else None),
        f1_macro=_interval(scores.f1_macro if scores else None),
        f1_weighted=_interval(scores.f1_weighted if scores else None),
        classes=list(scores.classes) if scores else [],
        confusion=scores.confusion if scores else [],
        calibration_gap=_interval(calibration.gap if calibration else None),
        calibration_error=calibration.expected_error if calibration else None,
        calibration_exact=calibration.exact if calibration else False,
        calibration_notes=list(calibration.notes) if calibration else [],
        brier_of_answer=calibration.brier_of_answer if calibration else None,
        estimated_accuracy=figures.estimate.accuracy,
        estimate_bias=_interval(figures.estimate.bias),
        estimate=figures.estimate.sentence,
        state=figures.degradation.state,
        baseline_accuracy=figures.degradation.baseline,
        baseline_f1_macro=baseline.f1_macro if baseline else None,
        baseline_f1_weighted=baseline.f1_weighted if baseline else None,
        sentence=figures.degradation.sentence,
        windows=[_window(each) for each in figures.windows],
    )


def _window(figures: WindowFigures) -> WindowPart:
    return WindowPart(
        start=figures.start,
        end=figures.end,
        requests=figures.traffic.requests,
        failed=figures.traffic.failed,
        truths=figures.truths,
        accuracy=_interval(figures.accuracy),
        estimated_accuracy=figures.estimated_accuracy,
        latency_p50_ms=figures.traffic.latency_p50,
        latency_p95_ms=figures.traffic.latency_p95,
    )


def _interval(interval: Interval | None) -> IntervalPart | None:
    return None if interval is None else IntervalPart(value=interval.value, low=interval.low, high=interval.high)


def _comparisons(found: ServingPerformance) -> list[str]:
    answers = [
        f"{each.role} {each.version} gave the same class for {100 * each.share:.1f} % of the windows of "
        f"{each.requests:,} requests"
        for each in found.agreements
    ]
    return [*(each.sentence for each in found.canaries), *answers]


def _tiles(rows: Sequence[Sequence[Any]]) -> list[Tile]:
    step = -(-len(rows) // _MOST_TILES) or 1
    return [
        Tile(inline=float(row[0]), crossline=float(row[1]), traces=float(row[2]), distance=row[3])
        for row in rows[::step]
    ]
