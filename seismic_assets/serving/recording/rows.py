"""What is recorded of requests and of feedback, and the Delta tables that hold it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal, TypeAlias

import pyarrow as pa

# A row with its objects, without what is counted apart; the bound on memory need not be exact.
_ROW_BYTES = 900
_UNWRITABLE = (AttributeError, OverflowError, TypeError, ValueError)  # pyarrow's own are kinds of the last two


@dataclass(slots=True)  # not frozen: that takes three times as long to make
class RecordedCall:
    """One request to a predicting endpoint.

    Attributes:
        request_id: UUIDv7.
        received_at: when it came, aware, UTC.
        endpoint: such as `/v1/predict`.
        method_form: how the traces were sent.
        key_id: whose key; None where no key was needed, or none was good.
        model_version: what answered; None where nothing did.
        status: of the answer, HTTP.
        traces, windows: how many were classified.
        latency_ms: from the whole body to the whole answer.
        classes: traces by predicted class.
        mean_confidence: of the traces, 0 to 1.
        error: the problem's sentence.
        inputs: little-endian float32 traces, one after another, of a sampled request.
        num_samples: of a trace in `inputs`.
        sample_interval_us: of the traces.
        features: float32 features of the windows, one after another, of a sampled request.
        num_features: of a window in `features`.
        second_version: the second model that was asked.
        second_role: what for.
        second_agreement: share of windows with the same class.
        second_difference: largest difference of a probability.
        trace_classes: little-endian int16, the predicted class of each trace in order.
    """

    request_id: str
    received_at: datetime
    endpoint: str
    method_form: Literal["json", "raw", "arrow", "segy"]
    key_id: str | None
    model_version: str | None
    status: int
    traces: int
    windows: int
    latency_ms: float
    classes: dict[str, int]
    mean_confidence: float | None = None
    error: str | None = None
    inputs: bytes | None = None
    num_samples: int | None = None
    sample_interval_us: int | None = None
    features: bytes | None = None
    num_features: int | None = None
    second_version: str | None = None
    second_role: Literal["shadow", "canary"] | None = None
    second_agreement: float | None = None
    second_difference: float | None = None
    trace_classes: bytes | None = None

    def size(self) -> int:
        """About how many bytes of memory it holds."""
        return (
            _ROW_BYTES
            + len(self.inputs or b"")
            + len(self.features or b"")
            + len(self.trace_classes or b"")
            + len(self.error or "")
        )


@dataclass(frozen=True, slots=True)
class RecordedFeedback:
    """The true class of something that was predicted, as a caller gave it.

    Attributes:
        request_id: of the prediction, UUIDv7.
        trace_id: which of its traces; None for all.
        true_class, true_class_name: what it is.
        key_id: who says so; None where no key was needed.
        received_at: when, aware, UTC.
        predicted_class: what the model had said; None where that is not known any more.
        model_version: of that model.
        comment: the caller's words.
    """

    request_id: str
    trace_id: int | None
    true_class: int
    true_class_name: str
    key_id: str | None
    received_at: datetime
    predicted_class: int | None = None
    model_version: str | None = None
    comment: str | None = None

    def size(self) -> int:
        """About how many bytes of memory it holds."""
        return _ROW_BYTES + len(self.comment or "")


Row: TypeAlias = RecordedCall | RecordedFeedback


@dataclass(frozen=True)
class RecordedTable:
    """A Delta table of rows, partitioned by the UTC date on which they were received.

    Attributes:
        name: of its folder.
        row_type: what it holds.
        schema: columns in their order; `date` is the last and the partition.
    """

    name: str
    row_type: type[Row]
    schema: pa.Schema

    def rows_to_arrow(self, rows: Sequence[Row]) -> pa.Table:
        """A table with a row for each.

        Raises:
            ValueError, TypeError, OverflowError, AttributeError: a value does not fit its column.
        """
        columns = {}
        for field in self.schema:
            if field.name != "date":
                columns[field.name] = _column(field, rows)
                time.sleep(0)  # lets the event loop have Python's lock, for which it would wait 5 ms otherwise
        columns["date"] = columns["received_at"].cast(pa.date32())
        return pa.table(columns, schema=self.schema)

    def writable(self, rows: Sequence[Row]) -> list[Row]:
        """The rows, but for those with a value that does not fit its column."""
        return [row for row in rows if self._fits(row)]

    def _fits(self, row: Row) -> bool:
        try:
            self.rows_to_arrow([row])
        except _UNWRITABLE:
            return False
        return True


UNWRITABLE = _UNWRITABLE
"""What `RecordedTable.rows_to_arrow` raises for a row that can never be written."""

_TIME = pa.timestamp("us", "UTC")

INFERENCE_LOG = RecordedTable(
    "inference_log",
    RecordedCall,
    pa.schema(
        [
            pa.field("request_id", pa.string(), nullable=False),
            pa.field("received_at", _TIME, nullable=False),
            ("endpoint", pa.string()),
            ("method_form", pa.string()),
            ("key_id", pa.string()),
            ("model_version", pa.string()),
            ("status", pa.int32()),
            ("traces", pa.int64()),
            ("windows", pa.int64()),
            ("latency_ms", pa.float64()),
            ("classes", pa.string()),
            ("mean_confidence", pa.float64()),
            ("error", pa.string()),
            ("inputs", pa.binary()),
            ("num_samples", pa.int32()),
            ("sample_interval_us", pa.int32()),
            ("features", pa.binary()),
            ("num_features", pa.int32()),
            ("second_version", pa.string()),
            ("second_role", pa.string()),
            ("second_agreement", pa.float64()),
            ("second_difference", pa.float64()),
            ("trace_classes", pa.binary()),
            pa.field("date", pa.date32(), nullable=False),
        ]
    ),
)

FEEDBACK = RecordedTable(
    "feedback",
    RecordedFeedback,
    pa.schema(
        [
            pa.field("request_id", pa.string(), nullable=False),
            ("trace_id", pa.int64()),
            ("true_class", pa.int32()),
            ("true_class_name", pa.string()),
            ("key_id", pa.string()),
            pa.field("received_at", _TIME, nullable=False),
            ("predicted_class", pa.int32()),
            ("model_version", pa.string()),
            ("comment", pa.string()),
            pa.field("date", pa.date32(), nullable=False),
        ]
    ),
)

TABLES = (INFERENCE_LOG, FEEDBACK)


@lru_cache(4096)
def _json(counts: tuple[tuple[str, int], ...]) -> str:
    """Most requests are of one trace, and so of as many kinds as there are classes."""
    return json.dumps(dict(counts), separators=(",", ":"))


def _column(field: pa.Field, rows: Sequence[Row]) -> pa.Array:
    values: list[Any] = list(map(attrgetter(field.name), rows))
    if field.name == "classes":
        values = [_json(tuple(counts.items())) for counts in values]
    if not field.nullable and None in values:
        raise ValueError(f"{field.name} is missing in a row")
    try:
        return pa.array(values, field.type)
    except UnicodeEncodeError:
        # JSON may carry half a surrogate pair, which no UTF-8 has: a caller's comment is kept all the same.
        return pa.array([text and text.encode("utf-8", "replace").decode() for text in values], field.type)
