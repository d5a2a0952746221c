"""The parts of a monitoring report, as they stand in its JSON. A figure that is not known is null, never NaN."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Severity = Literal["undecided", "none", "low", "medium", "high"]
SEVERITIES: tuple[Severity, ...] = ("undecided", "none", "low", "medium", "high")
"""The least first."""

ACTIONS: dict[Severity, str] = {
    "undecided": "wait for more traces",
    "none": "nothing to do",
    "low": "monitor",
    "medium": "investigate",
    "high": "retrain",
}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


Figure = Annotated[float | None, BeforeValidator(_finite)]
"""A number, or None; what is not finite becomes None."""


class Part(BaseModel):
    """What every part has in common: keys of later versions are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, protected_namespaces=())


class FeatureFigures(Part):
    """How far one feature is from the training reference."""

    name: str
    drifted: bool = False
    p: Figure = None
    ks: Figure = Field(default=None, description="Kolmogorov-Smirnov distance, 0 to 1.")
    wasserstein: Figure = Field(default=None, description="Distance in standard deviations of the reference.")
    shift: Figure = Field(default=None, description="Of the mean normal score: about standard deviations, signed.")
    psi: Figure = Field(
        default=None, description="Population stability index; null where the sample is too small for it."
    )
    classic_p: Figure = Field(default=None, description="Of the classic test, where it was asked for.")


class Tile(Part):
    """A piece of a map."""

    inline: float
    crossline: float
    traces: float
    distance: Figure = Field(default=None, description="From the reference; about 1 in health.")


class DriftSubject(Part):
    """Feature drift of one file, or of what was served."""

    kind: Literal["file", "served"]
    name: str
    severity: Severity
    action: str
    reason: str = Field(default="", description="Why nothing was decided.")
    features_tested: int = 0
    features_drifted: int = 0
    drift_ratio: float = 0.0
    drifted: list[str] = Field(default_factory=list, description="Names, the farthest first.")
    features: list[FeatureFigures] = Field(default_factory=list, description="The farthest ones, the farthest first.")
    tiles: list[Tile] = Field(default_factory=list, description="Where; none where places are not known.")
    domain_auc: Figure = Field(
        default=None, description="How well it can be told from the reference; 0.5 is not at all."
    )
    domain_healthy_auc: Figure = Field(default=None, description="What parts of the reference reach against its rest.")
    dead_share: Figure = None
    dead_share_reference: Figure = None
    classic_alarm: bool | None = Field(
        default=None, description="What the classic test would say; null if not asked for."
    )


class FeatureDriftPart(Part):
    """Feature drift: the figures are those of the subject that drifted most."""

    features_tested: int = 0
    features_drifted: int = 0
    drift_ratio: float = 0.0
    severity: Severity = "undecided"
    action: str = ACTIONS["undecided"]
    worst: str | None = Field(default=None, description="Name of the subject that the figures are of.")
    subjects: list[DriftSubject] = Field(default_factory=list)


class PredictionSubject(Part):
    """Drift of the answers on one file, or of what was served."""

    kind: Literal["file", "served"]
    name: str
    decided: bool = False
    reason: str = ""
    drifted: bool = False
    shares: dict[str, float] = Field(default_factory=dict, description="Share of each class.")
    chi2_pvalue: Figure = None
    cohens_w: Figure = None
    cramers_v: Figure = None
    confidence_p: Figure = None
    confidence_ks: Figure = None
    confidence_shift: Figure = None


class PredictionDriftPart(Part):
    """Drift of the answers: the figures are those of the subject that drifted most."""

    drift_detected: bool = False
    decided: bool = False
    chi2_pvalue: Figure = None
    cohens_w: Figure = None
    confidence_ks: Figure = None
    worst: str | None = None
    reference_shares: dict[str, float] = Field(default_factory=dict)
    subjects: list[PredictionSubject] = Field(default_factory=list)


class ImportanceDriftPart(Part):
    """Whether what the model leans on most is among what drifted."""

    top: list[str] = Field(default_factory=list, description="The most important features, the first first.")
    drifted: list[str] = Field(default_factory=list)
    weight: float = Field(default=0.0, description="Share of all importance that drifted features have.")


class IntervalPart(Part):
    """A figure with the interval around it; null ends where there was too little for one."""

    value: float
    low: Figure = None
    high: Figure = None


class WindowPart(Part):
    """A window of what was served."""

    start: datetime
    end: datetime
    requests: int
    failed: int
    truths: int
    accuracy: IntervalPart | None = None
    estimated_accuracy: Figure = None
    latency_p50_ms: Figure = None
    latency_p95_ms: Figure = None


class VersionPart(Part):
    """What was served by one version, or by all."""

    version: str | None
    role: str
    requests: int
    traces: int
    requests_per_hour: Figure = None
    refused: int = Field(default=0, description="Requests with a status from 400 to 499.")
    failed: int = Field(default=0, description="Requests with a status from 500.")
    failed_rate: float = 0.0
    latency_p50_ms: Figure = None
    latency_p95_ms: Figure = None
    latency_p99_ms: Figure = None
    truths: int = 0
    truth_share: float = 0.0
    accuracy: IntervalPart | None = None
    f1_macro: IntervalPart | None = None
    f1_weighted: IntervalPart | None = None
    classes: list[str] = Field(default_factory=list)
    confusion: list[list[int]] = Field(default_factory=list, description="Rows the truth, columns the answer.")
    calibration_gap: IntervalPart | None = Field(default=None, description="Mean confidence less accuracy.")
    calibration_error: Figure = None
    calibration_exact: bool = False
    calibration_notes: list[str] = Field(default_factory=list)
    brier_of_answer: Figure = None
    estimated_accuracy: Figure = Field(
        default=None, description="An estimate from confidence, where truth has not come."
    )
    estimate_bias: IntervalPart | None = Field(
        default=None, description="Such an estimate less the truth, where it came."
    )
    estimate: str = ""
    state: str = "no_baseline"
    baseline_accuracy: Figure = None
    baseline_f1_macro: Figure = None
    baseline_f1_weighted: Figure = None
    sentence: str = ""
    windows: list[WindowPart] = Field(default_factory=list)


class PerformancePart(Part):
    """What was served. The figures at the top are the champion's, or of all where the champion was not asked."""

    start: datetime | None = None
    end: datetime | None = None
    truth_since: datetime | None = Field(
        default=None, description="From when on requests count for accuracy and calibration, where their truth came."
    )
    of: str | None = Field(default=None, description="Version that the figures are of; null for all.")
    requests: int = Field(default=0, description="Of all versions.")
    failed_rate: float = Field(default=0.0, description="Of all versions.")
    accuracy: Figure = None
    f1_weighted: Figure = None
    f1_macro: Figure = None
    estimated_accuracy: Figure = None
    truths: int = 0
    degraded: bool = False
    sentence: str = "nothing was looked at"
    unreadable: str = Field(default="", description="Why nothing could be found out, where a table is damaged.")
    total: VersionPart | None = None
    versions: list[VersionPart] = Field(default_factory=list)
    comparisons: list[str] = Field(default_factory=list, description="Canaries and second models beside the champion.")
    unmatched_feedback: dict[str, int] = Field(default_factory=dict, description="Rows that were not used, by reason.")
    superseded_feedback: int = 0
    median_delay_hours: Figure = None
    holes: list[tuple[datetime, datetime]] = Field(default_factory=list, description="Windows without any request.")
    rows_lost: int = 0
    notes: list[str] = Field(default_factory=list, description="What is missing or wrong in the tables.")


class DataQualityPart(Part):
    """The files as they came in."""

    files: int = 0
    quarantined: int = 0
    mean_score: Figure = Field(default=None, description="0 to 100.")
    lowest_score: Figure = None
    findings: list[str] = Field(default_factory=list, description="Sentences, such as of a change at the door.")


class ConditionPart(Part):
    """One thing that can ask for a retraining."""

    name: str
    met: bool
    sentence: str


class RetrainingPart(Part):
    """Whether it is trained again, and why."""

    retrain: bool = False
    reason: str = "not looked at"
    guard: str | None = None
    conditions: list[ConditionPart] = Field(default_factory=list)


class Alert(Part):
    """Something that a person should hear of; the same key stands for the same trouble in every report."""

    key: str
    severity: Literal["info", "warning", "critical"]
    title: str
    sentence: str


class ModelInfo(Part):
    """The model that is watched."""

    name: str = ""
    version: str | None = None
    trained_at: datetime | None = None
    feature_set: str | None = None
    classes: list[str] = Field(default_factory=list)
    test_scores: dict[str, Figure] = Field(default_factory=dict)
