"""What a batch prediction reads: traces in blocks, whatever they lie in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.attributes import Neighbours
from seismic_assets.inference.predictor import PredictionError, Predictor
from seismic_assets.segy import STANDARD_MAP, HeaderMap

# Blocks lie on a grid that follows from the input alone: a matrix product may round otherwise in one of another size.
BLOCK = 1024
UNIT_BLOCKS = 16  # a unit of work takes a part of a second, which is all that a killed run loses


@dataclass(frozen=True)
class ReadOptions:
    """How inputs are read.

    Attributes:
        mapping: where trace headers of SEG-Y files keep positions.
        interval_us: sample interval of the model, in microseconds.
        resample: bring traces of another sample interval to the model's.
        columns: give the columns of each trace beside what prediction needs.
        samples: leave the samples among these columns.
    """

    mapping: HeaderMap = STANDARD_MAP
    interval_us: int = 4000
    resample: bool = False
    columns: bool = False
    samples: bool = False


@dataclass(frozen=True)
class InputBlock:
    """n traces of one file that share a length and a sample interval.

    Attributes:
        file_id: whose traces they are; the amplitude scale and the neighbours are those of this file.
        rows: (n,) int64, their numbers in the input, from 0.
        trace_index: (n,) int64.
        inline, crossline: (n,) int32.
        start_ms: (n,) float32, time of the first sample.
        sample_interval_us: microseconds.
        samples: (n, num_samples) float32.
        columns: n rows of what the input says of them; None where that was not asked for.
    """

    file_id: str
    rows: NDArray[np.int64]
    trace_index: NDArray[np.int64]
    inline: NDArray[np.int32]
    crossline: NDArray[np.int32]
    start_ms: NDArray[np.float32]
    sample_interval_us: int
    samples: NDArray[np.float32]
    columns: pl.DataFrame | None = None


class TraceInput(Protocol):
    """One input of a batch prediction; threads may read different units of it at the same time."""

    name: str
    path: Path
    num_traces: int

    def stamp(self) -> Any:
        """What changes whenever the input does, as JSON can hold it."""

    def units(self) -> Sequence[range]:
        """Ranges of traces that are predicted and kept on their own, in order, all of them."""

    def check(self, predictor: Predictor) -> None:
        """Refuse, before anything is read, what the model cannot predict.

        Raises:
            PredictionError: what the model needs is missing.
        """

    def blocks(self, unit: range) -> Iterator[InputBlock]:
        """The traces of a unit, in order.

        Raises:
            PredictionError, SegyError: they cannot be read.
        """

    def scale(self, file_id: str) -> float:
        """Amplitude scale of a file of the input; 1 where it has no amplitude but zero."""

    def neighbours(self, block: InputBlock) -> Neighbours:
        """The traces around those of a block, in the file that they are from."""

    def columns(self) -> pl.DataFrame:
        """No rows of the columns that a block gives."""

    def file_ids(self) -> bool:
        """Whether the input itself says which file a trace is from."""

    def close(self) -> None:
        """Let go of what is held open; the input may be read again all the same."""


def unit_ranges(first: int, count: int, blocks: int = UNIT_BLOCKS) -> list[range]:
    """`count` traces from `first` on as units of so many blocks."""
    step, stop = blocks * BLOCK, first + count
    return [range(at, min(at + step, stop)) for at in range(first, stop, step)]


def stamp_of_file(path: Path) -> list[int | str]:
    """Size and times of a file, which tell whether it was written to.

    Raises:
        PredictionError: it is gone, or may not be looked at.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise PredictionError(f"{path} cannot be read ({error.strerror}); check the path and the rights") from error
    return [str(path.resolve()), status.st_size, status.st_mtime_ns, status.st_ctime_ns]
