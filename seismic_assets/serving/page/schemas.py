"""What the page's endpoints give, and its OpenAPI description."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    """A part of an answer; an application may say more than the page shows."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())


class TracesShown(_Answer):
    """Which traces are shown: every `step`-th of `first` to `last`, counted from 0."""

    first: int
    last: int
    step: int


class FileLines(_Answer):
    """The lines that a file consists of: of each the number, the first trace and the last."""

    axis: Literal["inline", "crossline"]
    lines: list[tuple[int, int, int]]


class SectionAnswer(_Answer):
    """A section with its predicted classes. Grids are height x width bytes, row by row, a row a time, in base64."""

    model_version: str
    num_traces: int = Field(description="Traces in the file, shown or not.")
    num_samples: int
    sample_interval_us: int
    start_ms: float = Field(description="Time of the first sample of the first trace shown.")
    width: int
    height: int
    sample_step: int = Field(description="Samples a row; the class of a row is that of the sample in its middle.")
    traces_shown: TracesShown
    inline: list[int] = Field(description="Of each trace shown.")
    crossline: list[int] = Field(description="Of each trace shown.")
    clip: float = Field(description="The amplitude of grid value 255; that of 1 is its negative, of 128 zero.")
    amplitudes: str = Field(description="Of each row the sample farthest from zero; 0 for what is not finite.")
    classes: str = Field(description="The class by the mean probability of the windows there; 255 for no answer.")
    confidence: str = Field(description="That mean probability, 255 for 1.")
    class_names: list[str]
    class_shares: dict[str, float] = Field(description="Share of the answered windows by their most probable class.")
    windows: int = Field(description="Answered windows.")
    lines: FileLines | None
    notes: list[str]


class Call(_Answer):
    """One request for predictions."""

    request_id: str
    received_at: datetime
    endpoint: str
    method_form: str
    traces: int
    windows: int
    classes: dict[str, int] = Field(description="Traces by predicted class.")
    mean_confidence: float | None
    model_version: str | None
    latency_ms: float
    status: int
    error: str | None = None
    key_id: str | None = None


class History(_Answer):
    """Recent requests for predictions, the latest first."""

    calls: list[Call]


class Requests(_Answer):
    """Requests for predictions since the start, and those of them that failed."""

    total: int
    errors: int


class StatusModel(_Answer):
    """The model that is served.

    Attributes:
        version: of it; None without a model.
        family: its kind, such as lightgbm.
        reason: why there is none, or why it may not be the one in production.
    """

    version: str | None
    family: str | None = None
    reason: str | None = None


class SecondModel(_Answer):
    """The second model, which runs beside or answers a share of the traffic.

    Attributes:
        version: of it.
        role: `shadow` or `canary`.
        share: of the traffic that reaches it, from 0 to 1.
        agreement: share of windows that both give the same class; None before the first.
    """

    version: str
    role: Literal["shadow", "canary"]
    share: float | None = None
    agreement: float | None = None


class Recorder(_Answer):
    """The table of requests: calls written, waiting to be, and lost."""

    written: int
    waiting: int
    lost: int


class Monitoring(_Answer):
    """The latest monitoring report.

    Attributes:
        severity: such as none, minor, major, critical.
        summary: the report in one sentence.
        reported_at: when it was made.
        drifted_features: features that moved.
        features: features looked at.
        accuracy: share of true classes given back that the model had predicted; None without any.
    """

    severity: str
    summary: str
    reported_at: datetime | None = None
    drifted_features: int | None = None
    features: int | None = None
    accuracy: float | None = None


class Status(_Answer):
    """How the service is."""

    started_at: datetime
    requests: Requests
    latency_buckets_ms: list[tuple[float | None, int]] = Field(
        description="Answered requests that took at most so many milliseconds, cumulative; null for no limit."
    )
    classes: dict[str, int] = Field(description="Traces by predicted class.")
    model: StatusModel
    second: SecondModel | None = None
    recorder: Recorder | None = None
    monitoring: Monitoring | None = None
