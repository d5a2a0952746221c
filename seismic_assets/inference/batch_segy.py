"""A SEG-Y file as input of a batch prediction."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.attributes import Neighbours, Surroundings
from seismic_assets.inference.batch_inputs import BLOCK, InputBlock, ReadOptions, stamp_of_file, unit_ranges
from seismic_assets.inference.predictor import PredictionError, Predictor
from seismic_assets.lake import samples_column
from seismic_assets.segy import SegyReader, TraceHeaders, file_scale, open_segy, resample_traces

_HEADERS = ("inline", "crossline", "cdp", "offset", "cdp_x", "cdp_y", "start_ms")


class SegyInput:
    """The traces of a SEG-Y file; the file is open while it is read and no longer."""

    def __init__(self, path: Path, name: str, options: ReadOptions) -> None:
        """Look at its headers.

        Raises:
            SegyError: the file cannot be read.
        """
        self.name = name
        self.path = path
        self._options = options
        self._stamp = stamp_of_file(path)
        with open_segy(path, options.mapping) as reader:
            self.num_traces = reader.num_traces
            self._from_us = reader.sample_interval_us
            self._first = reader.headers(0, 1)
        self._interval_us = options.interval_us if options.resample else self._from_us
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._reader: SegyReader | None = None
        self._scale: float | None = None
        self._around: Surroundings | None = None

    def stamp(self) -> Any:
        """Size and times of the file."""
        return self._stamp

    def units(self) -> Sequence[range]:
        """Ranges of traces that are predicted and kept on their own."""
        return unit_ranges(0, self.num_traces)

    def check(self, predictor: Predictor) -> None:
        """Refuse a file of another sample interval.

        Raises:
            PredictionError: its sample interval is not the model's.
        """
        wanted = predictor.bundle.manifest.sample_interval_us
        if self._interval_us != wanted:
            raise PredictionError(
                f"{self.path} has a sample interval of {self._interval_us} us, the model was trained on {wanted} us; "
                "set SEISMIC_RESAMPLE=true to resample it"
            )

    def blocks(self, unit: range) -> Iterator[InputBlock]:
        """The traces of a unit, in order.

        Raises:
            SegyError: they cannot be read, or the file changed meanwhile.
        """
        reader = self._open()
        for start in range(unit.start, unit.stop, BLOCK):
            block = reader.read(start, min(start + BLOCK, unit.stop))
            headers, samples = block.headers, self._resampled(block.samples)
            yield InputBlock(
                file_id=self.name,
                rows=headers.trace_index,
                trace_index=headers.trace_index,
                inline=headers.inline,
                crossline=headers.crossline,
                start_ms=headers.start_ms,
                sample_interval_us=self._interval_us,
                samples=samples,
                columns=self._columns(headers, samples) if self._options.columns else None,
            )
        reader.check_unchanged()

    def scale(self, file_id: str) -> float:
        """Amplitude scale of the file, as ingest takes it."""
        reader = self._open()
        with self._lock:
            if self._scale is None:
                self._scale = file_scale(reader) or 1.0
            return self._scale

    def neighbours(self, block: InputBlock) -> Neighbours:
        """The traces around those of a block."""
        return self._surroundings().around(block.rows)

    def columns(self) -> pl.DataFrame:
        """No rows of what the headers say of a trace."""
        return self._columns(self._first, np.zeros((1, 1), np.float32)).clear()

    def file_ids(self) -> bool:
        """A SEG-Y file does not say so."""
        return False

    def close(self) -> None:
        """Close the file, and forget who lies beside whom."""
        with self._lock:
            self._stack.close()
            self._reader = self._around = None

    def _open(self) -> SegyReader:
        with self._lock:
            if self._reader is None:
                if stamp_of_file(self.path) != self._stamp:
                    raise PredictionError(f"{self.path} changed since the run began; run the same command again")
                self._reader = self._stack.enter_context(open_segy(self.path, self._options.mapping))
            return self._reader

    def _surroundings(self) -> Surroundings:
        reader = self._open()
        with self._lock:
            if self._around is None:
                headers = reader.headers()
                starts = np.arange(0, reader.num_traces, BLOCK, dtype=np.int64)
                self._around = Surroundings(headers.inline, headers.crossline, starts, partial(self._chunk, reader))
            return self._around

    def _chunk(self, reader: SegyReader, number: int) -> NDArray[np.float32]:
        first = number * BLOCK
        return self._resampled(reader.traces(first, first + BLOCK))

    def _resampled(self, traces: NDArray[np.float32]) -> NDArray[np.float32]:
        return resample_traces(traces, self._from_us, self._interval_us)

    def _columns(self, headers: TraceHeaders, samples: NDArray[np.float32]) -> pl.DataFrame:
        count, num_samples = samples.shape
        frame = pl.DataFrame(
            {
                "trace_index": headers.trace_index,
                **{name: getattr(headers, name) for name in _HEADERS},
                "sample_interval_us": np.full(count, self._interval_us, np.int32),
                "num_samples": np.full(count, num_samples, np.int32),
            }
        )
        if not self._options.samples:
            return frame
        return frame.with_columns(pl.Series("samples", samples_column(samples)))
