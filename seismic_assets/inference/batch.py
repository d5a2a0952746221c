"""Predictions of whole files as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from seismic_assets.attributes import Neighbours, Surroundings
from seismic_assets.inference.predictor import Predictor
from seismic_assets.lake import batch_array
from seismic_assets.segy import STANDARD_MAP, HeaderMap, SegyReader, file_scale, open_segy, resample_traces

_BLOCK = 1024
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
    """One row per window of (n, num_samples) traces, trace by trace.

    Columns: trace_index, inline, crossline, window_index, start_ms, end_ms, predicted_class, predicted_class_name,
    confidence, prob_<class>. The last four are null for a trace that is dead or not finite.
    """
    predicted = predictor.predict(traces, sample_interval_us, scale, start_ms=start_ms, neighbours=neighbours)
    count, windows, _ = predicted.probabilities.shape
    flat = predicted.probabilities.reshape(count * windows, -1)
    known = np.repeat(predicted.usable, windows)
    classes = np.where(known, np.nan_to_num(flat).argmax(axis=1), -1)
    names = np.asarray([*predictor.classes, ""])
    milliseconds = sample_interval_us / 1000
    frame = pl.DataFrame(
        {
            "trace_index": np.repeat(trace_index, windows),
            "inline": np.repeat(inline, windows),
            "crossline": np.repeat(crossline, windows),
            "window_index": np.tile(np.arange(windows, dtype=np.int32), count),
            "start_ms": (start_ms[:, None] + predicted.starts * milliseconds).ravel().astype(np.float32),
            "end_ms": (start_ms[:, None] + predicted.ends * milliseconds).ravel().astype(np.float32),
            "predicted_class": classes.astype(np.int32),
            "predicted_class_name": names[classes],
            "confidence": flat.max(axis=1),
            **{f"prob_{name}": flat[:, index] for index, name in enumerate(predictor.classes)},
        }
    )
    answers = ["predicted_class", "predicted_class_name", "confidence", *(f"prob_{name}" for name in predictor.classes)]
    return frame.with_columns(pl.when(pl.lit(pl.Series(known))).then(pl.col(answers)))


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
    with open_segy(path, mapping) as reader:
        interval_us = predictor.bundle.manifest.sample_interval_us if resample else reader.sample_interval_us
        scale = (file_scale(reader) or 1.0) if predictor.normalises else None
        around = _surroundings(reader, interval_us) if predictor.needs_neighbours else None
        for headers, traces in reader.blocks(_BLOCK):
            yield prediction_frame(
                predictor,
                resample_traces(traces, reader.sample_interval_us, interval_us),
                trace_index=headers.trace_index,
                inline=headers.inline,
                crossline=headers.crossline,
                start_ms=headers.start_ms,
                sample_interval_us=interval_us,
                scale=scale,
                neighbours=around.around(headers.trace_index) if around is not None else None,
            )
            if progress is not None:
                progress(int(headers.trace_index[-1]) + 1, reader.num_traces)


def _surroundings(reader: SegyReader, interval_us: int) -> Surroundings:
    headers = reader.headers()

    def load(chunk: int) -> NDArray[np.float32]:
        first = chunk * _BLOCK
        block = reader.read(first, min(first + _BLOCK, reader.num_traces))
        return resample_traces(block.samples, reader.sample_interval_us, interval_us)

    starts = np.arange(0, reader.num_traces, _BLOCK, dtype=np.int64)
    return Surroundings(headers.inline, headers.crossline, starts, load)


def write_predictions(frames: Iterable[pl.DataFrame], path: Path) -> int:
    """Write predictions to a Parquet file, whole or not at all, and return the number of rows."""
    temporary = path.with_name(f".{path.name}.part")
    writer, rows = None, 0
    try:
        for frame in frames:
            block = frame.to_arrow()
            writer = writer or pq.ParquetWriter(temporary, block.schema, compression="zstd")
            writer.write_table(block)
            rows += frame.height
        if writer is not None:
            writer.close()
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return rows
