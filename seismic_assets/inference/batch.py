"""Predictions as tables: a row a window, or a row a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from seismic_assets.attributes import Neighbours, Surroundings
from seismic_assets.inference.batch_inputs import InputBlock, ReadOptions, TraceInput
from seismic_assets.inference.batch_segy import SegyInput
from seismic_assets.inference.predictor import Predictor, WindowPredictions
from seismic_assets.inference.rollup import roll_up
from seismic_assets.lake import batch_array
from seismic_assets.segy import STANDARD_MAP, HeaderMap

PREDICTED_COLUMNS = ("trace_index", "inline", "crossline", "start_ms", "sample_interval_us", "samples")


def prediction_frame(
    predictor: Predictor,
    traces: NDArray[np.float32],
    *,
    trace_index: NDArray[np.int64],
    inline: NDArray[np.int32],
    crossline: NDArray[np.int32],
    start_ms: NDArray[np.float32],
    sample_interval_us: int,
    scale: float | None = None,
    neighbours: Neighbours | None = None,
) -> pl.DataFrame:
    """One row per window of (n, num_samples) traces, trace by trace: the `window_frame` of what a model predicts."""
    return window_frame(
        predictor.predict(traces, sample_interval_us, scale, start_ms=start_ms, neighbours=neighbours),
        predictor.classes,
        trace_index=trace_index,
        inline=inline,
        crossline=crossline,
        start_ms=start_ms,
        sample_interval_us=sample_interval_us,
    )


def window_frame(
    predicted: WindowPredictions,
    names: Sequence[str],
    *,
    trace_index: NDArray[np.int64],
    inline: NDArray[np.int32],
    crossline: NDArray[np.int32],
    start_ms: NDArray[np.float32],
    sample_interval_us: int,
) -> pl.DataFrame:
    """One row per window of n traces, trace by trace.

    Columns: trace_index, inline, crossline, window_index, start_ms, end_ms, predicted_class, predicted_class_name,
    confidence, prob_<class>. The last four are null for a trace that is dead or not finite.
    """
    count, windows, width = predicted.probabilities.shape
    flat = predicted.probabilities.reshape(count * windows, width)
    known = np.repeat(predicted.usable, windows)
    classes = np.where(known, np.nan_to_num(flat).argmax(axis=1), -1)
    milliseconds = sample_interval_us / 1000
    frame = pl.DataFrame(
        {
            "trace_index": np.repeat(trace_index, windows),
            "inline": np.repeat(inline, windows),
            "crossline": np.repeat(crossline, windows),
            "window_index": np.tile(np.arange(windows, dtype=np.int32), count),
            "start_ms": (start_ms[:, None] + predicted.starts * milliseconds).ravel().astype(np.float32),
            "end_ms": (start_ms[:, None] + predicted.ends * milliseconds).ravel().astype(np.float32),
        }
    )
    return frame.hstack(_answers(flat, classes, flat.max(axis=1), known, names))


def trace_frame(predicted: WindowPredictions, names: Sequence[str], columns: pl.DataFrame) -> pl.DataFrame:
    """What an input says of n traces and the roll-up of their windows, one row a trace.

    The columns predicted_class, predicted_class_name, confidence and prob_<class> are added; of the same name in the
    input they take the place. They are null for a trace that is dead or not finite.
    """
    summary = roll_up(predicted.probabilities)
    answers = _answers(
        summary.probabilities.astype(np.float32),
        summary.classes,
        summary.confidence.astype(np.float32),
        predicted.usable,
        names,
    )
    return columns.drop(answers.columns, strict=False).hstack(answers)


def _answers(
    probabilities: NDArray[np.float32],
    classes: NDArray[np.int64],
    confidence: NDArray[np.float32],
    known: NDArray[np.bool_],
    names: Sequence[str],
) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "predicted_class": classes.astype(np.int32),
            "predicted_class_name": np.asarray([*names, ""])[classes],
            "confidence": confidence,
            **{f"prob_{name}": probabilities[:, index] for index, name in enumerate(names)},
        }
    )
    return frame.select(pl.when(pl.lit(pl.Series(known, dtype=pl.Boolean))).then(pl.all()))


def predict_block(predictor: Predictor, source: TraceInput, block: InputBlock) -> WindowPredictions:
    """What a model predicts of a block of an input, with the scale and the neighbours of its file where it needs them.

    Raises:
        PredictionError: its sample interval is not the model's, or neighbours cannot be told.
    """
    return predictor.predict(
        block.samples,
        block.sample_interval_us,
        source.scale(block.file_id) if predictor.normalises else None,
        start_ms=block.start_ms,
        neighbours=source.neighbours(block) if predictor.needs_neighbours else None,
    )


def block_windows(predicted: WindowPredictions, names: Sequence[str], block: InputBlock) -> pl.DataFrame:
    """`window_frame` of the traces of a block."""
    return window_frame(
        predicted,
        names,
        trace_index=block.trace_index,
        inline=block.inline,
        crossline=block.crossline,
        start_ms=block.start_ms,
        sample_interval_us=block.sample_interval_us,
    )


def predict_file(
    predictor: Predictor,
    path: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    mapping: HeaderMap = STANDARD_MAP,
    resample: bool = False,
) -> Iterator[pl.DataFrame]:
    """Predictions of a SEG-Y file, block by block, so that memory does not grow with the file.

    Args:
        predictor: the model.
        path: the file.
        progress: called with (traces done, traces in all) after each block.
        mapping: where its trace headers keep positions.
        resample: bring traces of another sample interval to the model's.

    Raises:
        SegyError: the file cannot be read.
        PredictionError: its sample interval is not the model's.
    """
    options = ReadOptions(mapping, predictor.bundle.manifest.sample_interval_us, resample)
    source = SegyInput(path, path.name, options)
    try:
        source.check(predictor)
        for block in source.blocks(range(source.num_traces)):
            yield block_windows(predict_block(predictor, source, block), predictor.classes, block)
            if progress is not None:
                progress(int(block.rows[-1]) + 1, source.num_traces)
    finally:
        source.close()


def bronze_predictions(
    predictor: Predictor,
    blocks: Iterable[pa.RecordBatch],
    truth: pl.DataFrame,
    version: str,
    scale: float | None = None,
    around: Surroundings | None = None,
) -> Iterator[pl.DataFrame]:
    """Predictions of the bronze rows of one file, with the interpreted class and the model's version.

    Args:
        predictor: the model.
        blocks: rows of `PREDICTED_COLUMNS` of bronze, in order.
        truth: rows of trace_index, window_index and class, in that order.
        version: of the model.
        scale: amplitude scale of the file, where the model needs one.
        around: who lies beside whom in the file, where the model needs neighbours.
    """
    labelled = truth.rename({"class": "true_class"})
    index = labelled["trace_index"].to_numpy()
    for block in blocks:
        first, last = (block["trace_index"][place].as_py() for place in (0, -1))
        start, stop = np.searchsorted(index, [first, last + 1])
        frame = prediction_frame(
            predictor,
            batch_array(block["samples"]),
            trace_index=block["trace_index"].to_numpy(),
            inline=block["inline"].to_numpy(),
            crossline=block["crossline"].to_numpy(),
            start_ms=block["start_ms"].to_numpy(),
            sample_interval_us=int(block["sample_interval_us"][0].as_py()),
            scale=scale,
            neighbours=around.around(block["trace_index"].to_numpy()) if around is not None else None,
        )
        yield frame.join(
            labelled.slice(int(start), int(stop - start)),
            on=["trace_index", "window_index"],
            how="left",
            maintain_order="left",
        ).with_columns(model_version=pl.lit(version))
