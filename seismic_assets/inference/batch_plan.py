"""What a batch prediction is to do: its inputs, what their predictions look like, and what the parts follow from."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl
import pyarrow as pa

from seismic_assets.inference.batch import block_windows, trace_frame
from seismic_assets.inference.batch_finding import Refused
from seismic_assets.inference.batch_inputs import InputBlock, ReadOptions, TraceInput
from seismic_assets.inference.batch_outputs import Output, check_csv, common_schema, plain_schema
from seismic_assets.inference.batch_parts import OutputError, digest_of
from seismic_assets.inference.predictor import PredictionError, Predictor, WindowPredictions
from seismic_assets.registry import Bundle

Per = Literal["window", "trace"]
_FORMAT = 1  # of the parts; another one makes those of an earlier version of this package stale


@dataclass(frozen=True)
class BatchOptions:
    """How a batch is predicted.

    Attributes:
        read: how inputs are read.
        per: `window` gives a row a window, `trace` the input's own columns and one answer a trace.
        workers: threads that predict.
    """

    read: ReadOptions
    per: Per = "window"
    workers: int = 1


@dataclass
class Plan:
    """An input on its way."""

    source: TraceInput
    key: str
    schema: pa.Schema
    open_units: int = 0
    refused: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)


def facts_of(bundle: Bundle, version: str, options: BatchOptions, plans: Sequence[Plan]) -> dict[str, Any]:
    """What the parts of a run follow from, for its manifest."""
    return {
        "model": _model(bundle),
        "version": version,
        "settings": _settings(options),
        "inputs": {str(plan.source.path): digest_of(plan.source.stamp()) for plan in plans},
    }


def _model(bundle: Bundle) -> list[Any]:
    manifest = bundle.manifest
    return [bundle.content_digest(), manifest.normalise, manifest.sample_interval_us, list(manifest.trained_classes)]


def _settings(options: BatchOptions) -> list[Any]:
    read = options.read
    return [_FORMAT, options.per, read.resample, read.samples, *vars(read.mapping).values()]


def plan_inputs(
    predictor: Predictor, found: Iterable[TraceInput | Refused], output: Output, options: BatchOptions
) -> tuple[list[Plan], list[Refused]]:
    """The inputs that can be begun, and those that cannot."""
    plans: list[Plan] = []
    refused: list[Refused] = []
    for each in found:
        if isinstance(each, Refused):
            refused.append(each)
            continue
        try:
            each.check(predictor)
            schema = plain_schema(_no_rows(predictor.classes, each, options))
            if output.kind == "csv":
                check_csv(schema)
            if output.kind != "folder":
                common_schema([*(plan.schema for plan in plans), schema])
        except OutputError as error:
            refused.append(Refused(each.path, f"{each.path}: {error}"))
        except PredictionError as error:
            refused.append(Refused(each.path, str(error)))
        else:
            key = digest_of([_model(predictor.bundle), _settings(options), each.stamp()])
            plans.append(Plan(each, key, schema))
    return plans, refused


def _no_rows(names: Sequence[str], source: TraceInput, options: BatchOptions) -> pl.DataFrame:
    """What the predictions of an input look like."""
    none = np.zeros(0, np.int64)
    block = InputBlock(
        file_id="",
        rows=none,
        trace_index=none,
        inline=none.astype(np.int32),
        crossline=none.astype(np.int32),
        start_ms=none.astype(np.float32),
        sample_interval_us=options.read.interval_us,
        samples=np.zeros((0, 1), np.float32),
        columns=source.columns() if options.per == "trace" else None,
    )
    predicted = WindowPredictions(
        np.zeros(1, np.int64), np.ones(1, np.int64), np.zeros((0, 1, len(names)), np.float32), np.zeros(0, np.bool_)
    )
    return rows_of(names, source, block, predicted, options)


def rows_of(
    names: Sequence[str], source: TraceInput, block: InputBlock, predicted: WindowPredictions, options: BatchOptions
) -> pl.DataFrame:
    """The rows of a block in the output: one a window or one a trace."""
    if options.per == "trace":
        assert block.columns is not None
        return trace_frame(predicted, names, block.columns)
    frame = block_windows(predicted, names, block)
    return frame.select(pl.lit(block.file_id).alias("file_id"), pl.all()) if source.file_ids() else frame
