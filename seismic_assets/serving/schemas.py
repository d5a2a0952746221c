"""What the API takes and gives, and its OpenAPI description."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from seismic_assets.attributes import LARGEST_AMPLITUDE

MAX_TRACES = 4096
MAX_SAMPLES = 65_535
MAX_AMPLITUDE = LARGEST_AMPLITUDE

_NUMBERS = {int, float}


def parse_traces(value: Any) -> NDArray[np.float32]:
    """Turn decoded JSON into (n, num_samples) float32; (0, 0) for no traces.

    Whether a trace is dead is not looked at here.

    Raises:
        ValueError: a sentence that names the trace.
    """
    if not isinstance(value, list):
        raise ValueError("traces must be an array of arrays of numbers")
    if len(value) > MAX_TRACES:
        raise ValueError(f"{len(value)} traces are more than the {MAX_TRACES} of one request; send them in parts")
    if not value:
        return np.empty((0, 0), dtype=np.float32)
    rows = [_parse_trace(index, row) for index, row in enumerate(value)]
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ValueError(
                f"trace {index} has {len(row)} samples and trace 0 has {len(rows[0])}; "
                "send traces of different lengths in separate requests"
            )
    return np.stack(rows)


def _parse_trace(index: int, row: Any) -> NDArray[np.float32]:
    if not isinstance(row, list):
        raise ValueError(f"trace {index} is not an array of numbers")
    if not row:
        raise ValueError(f"trace {index} has no samples; leave it out")
    if len(row) > MAX_SAMPLES:
        raise ValueError(f"trace {index} has {len(row)} samples, more than {MAX_SAMPLES}; cut it")
    if not set(map(type, row)) <= _NUMBERS:
        sample = next(place for place, each in enumerate(row) if type(each) not in _NUMBERS)
        raise ValueError(f"sample {sample} of trace {index} is not a number")
    try:
        samples = np.array(row, dtype=np.float64)
    except OverflowError:
        raise ValueError(_too_large(index)) from None
    if not np.isfinite(samples).all():
        raise ValueError(f"sample {np.isfinite(samples).argmin()} of trace {index} is not finite; impute or drop it")
    if np.abs(samples).max() > MAX_AMPLITUDE:
        raise ValueError(_too_large(index))
    return samples.astype(np.float32)


def _too_large(index: int) -> str:
    return f"trace {index} has an amplitude beyond {MAX_AMPLITUDE:g}; scale it as the training data were"


Traces = Annotated[
    NDArray[np.float32],
    PlainValidator(parse_traces),
    WithJsonSchema(
        {
            "type": "array",
            "maxItems": MAX_TRACES,
            "items": {"type": "array", "minItems": 1, "maxItems": MAX_SAMPLES, "items": {"type": "number"}},
        }
    ),
]


class PredictRequest(BaseModel):
    """Traces to classify."""

    model_config = ConfigDict(strict=True, extra="forbid", arbitrary_types_allowed=True, frozen=True)

    traces: Traces = Field(description="Amplitudes, one array a trace, all of the same length.")
    sample_interval_us: int | None = Field(
        None, ge=1, le=2**31 - 1, description="Microseconds; by default that of the model."
    )
    amplitude_scale: float | None = Field(
        None,
        ge=1e-30,
        le=1e30,
        allow_inf_nan=False,
        description="Scale of the survey's amplitudes (1.4826 times the median absolute amplitude that is not zero); "
        "needed where the model normalises, see /model_info.",
    )
    start_ms: float | None = Field(
        None,
        ge=-1e6,
        le=1e6,
        allow_inf_nan=False,
        description="Time of the first sample; needed where time is a feature of the model, see /model_info.",
    )
    inline: list[int] | None = Field(
        None,
        max_length=MAX_TRACES,
        description="Inline number of each trace; needed, with crossline, where the model compares a trace with the "
        "traces around it: those of the request.",
    )
    crossline: list[int] | None = Field(None, max_length=MAX_TRACES, description="Crossline number of each trace.")
    include_embeddings: bool = Field(True, description="Must be true: the model needs the embeddings.")
    return_features: bool = Field(False, description="Give the features of each window too.")
    metadata: dict[str, Any] = Field({}, description="Accepted and not used.")

    @field_validator("inline", "crossline")
    @classmethod
    def _numbers_of_a_header(cls, value: list[int] | None) -> list[int] | None:
        if value is not None and not all(-(2**31) <= number < 2**31 for number in value):
            raise ValueError("a number is beyond what a trace header holds")
        return value

    @model_validator(mode="after")
    def _a_place_for_each_trace(self) -> PredictRequest:
        lengths = [None if each is None else len(each) for each in (self.inline, self.crossline)]
        if lengths != [None, None] and lengths != [len(self.traces)] * 2:
            raise ValueError(f"give inline and crossline, one number for each of the {len(self.traces)} traces")
        return self

    @field_validator("include_embeddings")
    @classmethod
    def _embeddings_are_needed(cls, value: bool) -> bool:
        if not value:
            raise ValueError("false is not possible: the model needs the embeddings; leave it out")
        return value


class Answer(BaseModel):
    """The class of a trace or of a window.

    Attributes:
        predicted_class: index into the classes.
        confidence: its probability.
        probabilities: by class name.
    """

    model_config = ConfigDict(extra="forbid")

    predicted_class: int
    predicted_class_name: str
    confidence: float
    probabilities: dict[str, float]


class WindowAnswer(Answer):
    """The class of a window; times count from the first sample of the trace."""

    start_ms: float
    end_ms: float
    features: dict[str, float] | None = None


class TraceAnswer(Answer):
    """The class of a trace, by the mean probability of its windows; `trace_id` is its index in the request."""

    trace_id: int
    windows: list[WindowAnswer]


class PredictResponse(BaseModel):
    """The answer to a `PredictRequest`."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    request_id: str
    predictions: list[TraceAnswer]
    timestamp: datetime
    model_version: str
    num_features: int


class Welcome(BaseModel):
    """What this service is."""

    message: str
    version: str
    features: list[str]
    endpoints: dict[str, str]


class Health(BaseModel):
    """Whether the service can predict; `reason` says why not, or why it still serves a version that production left."""

    model_config = ConfigDict(protected_namespaces=())

    status: str
    model_loaded: bool
    scaler_loaded: bool
    pca_loaded: bool
    model_type: str | None
    model_version: str | None
    num_features: int
    reason: str | None
    timestamp: datetime


class FeatureBreakdown(BaseModel):
    """Where the features come from."""

    handcrafted: int
    pca_embeddings: int
    extended: int
    lateral: int
    time: int


class WindowInfo(BaseModel):
    """How a trace is cut, in samples."""

    samples: int
    step: int


class SearchInfo(BaseModel):
    """The search that the model came from."""

    model_config = ConfigDict(protected_namespaces=())

    method: str
    best_model_type: str
    best_cv_score: float


class ModelInfo(BaseModel):
    """The model that is served."""

    model_config = ConfigDict(protected_namespaces=())

    model_type: str
    model_version: str
    num_features: int
    feature_set: str
    feature_breakdown: FeatureBreakdown
    feature_names: list[str]
    classes: list[str]
    trained_classes: list[str]
    window: WindowInfo
    sample_interval_us: int
    normalise: str
    deployment_modes: list[str]
    hyperparameter_tuning: SearchInfo | None
    dataset_digest: str
    mlflow_run_id: str


class Problem(BaseModel):
    """An error, as RFC 9457 describes it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
