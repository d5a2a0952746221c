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
MAX_SEGY_TRACES = 2**31 - 1
MAX_AMPLITUDE = LARGEST_AMPLITUDE

_NUMBERS = {int, float}


def parse_traces(value: Any) -> NDArray[np.float32]:
    """Turn decoded JSON, or an array of numbers, into (n, num_samples) float32; (0, 0) for no traces.

    Whether a trace is dead is not looked at here.

    Raises:
        ValueError: a sentence that names the trace.
    """
    if isinstance(value, np.ndarray):
        return _checked(value)
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
    return rows[0][None] if len(rows) == 1 else np.stack(rows)


def _checked(traces: NDArray[Any], first: int = 0) -> NDArray[np.float32]:
    """(n, num_samples) float32 of numbers that are finite and within bounds, the first of them trace `first`."""
    count, samples = traces.shape
    if count > MAX_TRACES:
        raise ValueError(f"{count} traces are more than the {MAX_TRACES} of one request; send them in parts")
    if count and not 0 < samples <= MAX_SAMPLES:
        raise ValueError(f"the traces have {samples} samples, where 1 to {MAX_SAMPLES} are taken")
    if traces.dtype not in (np.float32, np.float64):
        # The smallest int64 has no absolute value, and among half floats the limit is infinite.
        traces = traces.astype(np.float64)
    # A NaN is not below anything either.
    if not (np.maximum.reduce(np.abs(traces), axis=None, initial=0) <= MAX_AMPLITUDE):
        _refuse_broken(traces, first)
    return traces.astype(np.float32, copy=False)


def _refuse_broken(traces: NDArray[Any], first: int) -> None:
    finite = np.isfinite(traces)
    if not finite.all():
        index, sample = np.argwhere(~finite)[0]
        raise ValueError(f"sample {sample} of trace {first + index} is not finite; impute or drop it")
    raise ValueError(_too_large(first + int((np.abs(traces).max(axis=1) > MAX_AMPLITUDE).argmax())))


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
    return _checked(samples[None], index)[0]


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
    store_features: bool = Field(
        False,
        description="Keep the features in the online feature store for some hours, to be looked up by the "
        "`stored_trace_ids` of the answer; where the service allows it.",
    )
    metadata: dict[str, Any] = Field(default_factory=dict, description="Accepted and not used.")

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
    """The class of a trace, by the mean probability of its windows.

    `trace_id` is its index in the request, also where the request names traces of the feature store by their ids.
    """

    trace_id: int
    windows: list[WindowAnswer]


class PredictResponse(BaseModel):
    """The answer to a `PredictRequest` or a `LookupRequest`."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    request_id: str
    predictions: list[TraceAnswer]
    timestamp: datetime
    model_version: str
    num_features: int
    stored_trace_ids: list[str] | None = Field(
        None,
        description="Of a request with `store_features`: under which id each trace can be looked up; null where the "
        "feature store did not take them.",
    )


class Feedback(BaseModel):
    """The true class of a trace that was classified."""

    model_config = ConfigDict(strict=True, extra="forbid")

    request_id: str = Field(
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
        description="The request_id of the answer.",
    )
    trace_id: int = Field(0, ge=0, le=MAX_SEGY_TRACES, description="Which trace of it.")
    true_class: Annotated[int, Field(ge=0)] | Annotated[str, Field(max_length=100)] = Field(
        description="Index or name of the class that an interpreter gives the trace."
    )
    comment: str | None = Field(None, max_length=1000)


class FeedbackTaken(BaseModel):
    """The feedback as it is kept."""

    model_config = ConfigDict(protected_namespaces=())

    request_id: str
    trace_id: int
    true_class: int
    predicted_class: int | None
    model_version: str | None
