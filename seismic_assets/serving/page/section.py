"""From a file or an array to a section with its predicted classes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes import HeldChunks, Neighbours, Surroundings, Traces
from seismic_assets.inference.predictor import PredictionError, Predictor
from seismic_assets.segy import (
    STANDARD_MAP,
    HeaderMap,
    SegyReader,
    file_scale,
    open_segy,
    resample_traces,
    resampled_length,
    robust_scale,
)
from seismic_assets.segy.resampling import can_resample
from seismic_assets.serving.page.lines import Positions, lines_of
from seismic_assets.serving.page.picture import Picture, Rows
from seismic_assets.serving.page.predicted import Column, PredictedSection

MOST_COLUMNS, MOST_ROWS = 800, 600
MOST_SAMPLES = 65_535  # a trace; longer ones would cost memory without bound
_MOST_VALUES = 4_000_000  # samples that one section may cost to predict: very long traces give fewer columns
_BLOCK_VALUES, _BLOCK_TRACES = 1 << 20, 256
_AROUND = 9  # a trace comes with eight others where the model compares it with them
_CHUNK_TRACES, _HELD_BYTES = 64, 64 << 20


def section_of_file(
    predictor: Predictor,
    path: Path,
    *,
    first: int = 0,
    last: int | None = None,
    resample: bool = False,
    mapping: HeaderMap = STANDARD_MAP,
) -> PredictedSection:
    """The section of a SEG-Y file, or of a range of its traces; memory does not grow with the file's samples.

    Where there are more traces than columns, every so many is read and predicted; the amplitude scale is the file's.

    Args:
        predictor: the model.
        path: the file.
        first, last: the range of traces, counted from 0; by default all.
        resample: bring traces of another sample interval to the model's.
        mapping: where trace headers keep positions.

    Raises:
        SegyError: the file cannot be read.
        PredictionError: its traces do not suit the model, or there are none in the range.
    """
    with open_segy(path, mapping) as reader:
        interval_us = _interval(predictor, reader.sample_interval_us, resample)
        rows = _rows(reader.num_samples, reader.sample_interval_us, interval_us)
        columns = _columns(first, last, reader.num_traces, rows.num_samples)
        positions = Positions.of(reader)
        around = _surroundings(reader, positions, columns, interval_us) if predictor.needs_neighbours else None
        scale = (file_scale(reader) or 1.0) if predictor.normalises else None
        start_ms = np.empty(len(columns.index), np.float32)

        def blocks() -> Iterator[Traces]:
            for part in _parts(columns, rows.num_samples, around is not None):
                index = columns.index[part]
                samples, start_ms[part] = _read(reader, index, columns.step)
                samples = resample_traces(samples, reader.sample_interval_us, interval_us)
                yield Traces(samples, interval_us, start_ms[part], _around(around, index))

        picture = Picture.painted(predictor, blocks(), rows, len(columns.index), scale)
        return PredictedSection(
            num_traces=reader.num_traces,
            num_samples=rows.num_samples,
            sample_interval_us=interval_us,
            start_ms=float(start_ms[0]),
            columns=columns,
            inline=positions.inline[columns.index],
            crossline=positions.crossline[columns.index],
            picture=picture,
            class_names=predictor.classes,
            lines=lines_of(positions),
            notes=_notes(predictor, picture, start_ms, reader.sample_interval_us),
        )


def section_of_traces(
    predictor: Predictor,
    traces: NDArray[np.float32],
    sample_interval_us: int,
    *,
    start_ms: float = 0.0,
    positions: Positions | None = None,
    scale: float | None = None,
    resample: bool = False,
) -> PredictedSection:
    """The section of (n, num_samples) float32 traces, n >= 1.

    Args:
        predictor: the model.
        traces: float32.
        sample_interval_us: microseconds.
        start_ms: time of the first sample.
        positions: inline and crossline of each trace; without them the traces are one line, in their order.
        scale: what amplitudes are divided by where the model needs it; by default the traces' own.
        resample: bring traces of another sample interval to the model's.

    Raises:
        PredictionError: the traces do not suit the model.
    """
    interval_us = _interval(predictor, sample_interval_us, resample)
    rows = _rows(traces.shape[1], sample_interval_us, interval_us)
    columns = _columns(0, None, len(traces), rows.num_samples)
    if scale is None and predictor.normalises:
        scale = robust_scale(traces) or 1.0
    resampled = resample_traces(traces, sample_interval_us, interval_us)
    placed = positions or _one_line(len(traces))
    around = None
    if predictor.needs_neighbours:
        around = Surroundings.of_array(placed.inline, placed.crossline, resampled)
    times = np.full(len(columns.index), start_ms, np.float32)

    def blocks() -> Iterator[Traces]:
        for part in _parts(columns, rows.num_samples, around is not None):
            index = columns.index[part]
            yield Traces(resampled[index], interval_us, times[part], _around(around, index))

    picture = Picture.painted(predictor, blocks(), rows, len(columns.index), scale)
    assumed = ("The traces count as neighbours on one line, in the order given.",)
    return PredictedSection(
        num_traces=len(traces),
        num_samples=rows.num_samples,
        sample_interval_us=interval_us,
        start_ms=start_ms,
        columns=columns,
        inline=placed.inline[columns.index],
        crossline=placed.crossline[columns.index],
        picture=picture,
        class_names=predictor.classes,
        lines=None,
        notes=(assumed if around is not None and positions is None else ())
        + _notes(predictor, picture, times, sample_interval_us),
    )


def _interval(predictor: Predictor, found_us: int, resample: bool) -> int:
    """The sample interval that traces are predicted at; that of the model where they may be resampled."""
    wanted_us = predictor.bundle.manifest.sample_interval_us
    if found_us == wanted_us:
        return found_us
    if not resample:
        raise PredictionError(
            f"the traces have a sample interval of {found_us} us, the model was trained on {wanted_us} us; "
            "ask for them to be resampled"
        )
    if not can_resample(found_us, wanted_us):
        raise PredictionError(
            f"the traces have a sample interval of {found_us} us, which cannot be resampled to the {wanted_us} us of "
            "the model; resample them with another program"
        )
    return wanted_us


def _rows(num_samples: int, from_us: int, to_us: int) -> Rows:
    resampled = resampled_length(num_samples, from_us, to_us)
    if max(num_samples, resampled) > MOST_SAMPLES:
        raise PredictionError(
            f"the traces have {max(num_samples, resampled):,} samples, more than the {MOST_SAMPLES:,} that the page "
            "shows; cut them, or predict the file with seismic predict"
        )
    return Rows.at_most(resampled, MOST_ROWS)


def _columns(first: int, last: int | None, num_traces: int, num_samples: int) -> Column:
    last = num_traces - 1 if last is None else min(last, num_traces - 1)
    if not 0 <= first <= last:
        raise PredictionError(
            f"there is no trace from {first:,} to {last:,}; the file has traces 0 to {num_traces - 1:,}"
        )
    most = max(1, min(MOST_COLUMNS, _MOST_VALUES // num_samples))
    return Column(first, last, -(-(last - first + 1) // most))


def _parts(columns: Column, num_samples: int, with_neighbours: bool) -> Iterator[slice]:
    """Stretches of columns that are predicted at once."""
    width = len(columns.index)
    size = max(1, min(_BLOCK_TRACES, _BLOCK_VALUES // num_samples) // (_AROUND if with_neighbours else 1))
    for start in range(0, width, size):
        yield slice(start, min(start + size, width))


def _read(reader: SegyReader, index: NDArray[np.int64], step: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Samples and start times of some traces; those between them are not read."""
    if step == 1:
        block = reader.read(int(index[0]), int(index[-1]) + 1)
        return block.samples, block.headers.start_ms
    blocks = [reader.read(int(each), int(each) + 1) for each in index]
    return (
        np.concatenate([block.samples for block in blocks]),
        np.concatenate([block.headers.start_ms for block in blocks]),
    )


def _surroundings(reader: SegyReader, positions: Positions, columns: Column, interval_us: int) -> Surroundings:
    """The traces around those of a file; read one by one where the columns lie far apart."""
    size = _CHUNK_TRACES if columns.step < _CHUNK_TRACES // _AROUND else 1

    def load(chunk: int) -> NDArray[np.float32]:
        samples = reader.traces(chunk * size, (chunk + 1) * size)
        return resample_traces(samples, reader.sample_interval_us, interval_us)

    starts = np.arange(0, reader.num_traces, size, dtype=np.int64)
    return Surroundings(positions.inline, positions.crossline, starts, load, HeldChunks(_HELD_BYTES))


def _around(around: Surroundings | None, index: NDArray[np.int64]) -> Neighbours | None:
    return None if around is None else around.around(index)


def _one_line(count: int) -> Positions:
    return Positions(np.ones(count, np.int32), np.arange(1, count + 1, dtype=np.int32))


def _notes(predictor: Predictor, picture: Picture, start_ms: NDArray[np.float32], found_us: int) -> tuple[str, ...]:
    manifest, num_samples = predictor.bundle.manifest, picture.rows.num_samples
    used_us, notes = manifest.sample_interval_us, []
    shown, answered = len(picture.classes), int(picture.traces.sum())
    if answered < shown:
        notes.append(f"{shown - answered:,} of {shown:,} traces shown have no class: dead, not finite or too large.")
    behind = num_samples - int(manifest.window.starts(num_samples)[-1]) - manifest.window_samples
    if behind > 0:
        notes.append(
            f"The last {behind * used_us / 1000:g} ms of the traces have no class: no whole window fits in there."
        )
    if found_us != used_us:
        notes.append(f"Resampled from {found_us / 1000:g} ms to the {used_us / 1000:g} ms of the model.")
    if (start_ms != start_ms[0]).any():
        notes.append("The traces start at different times; the time axis is that of the first one shown.")
    return tuple(notes)
