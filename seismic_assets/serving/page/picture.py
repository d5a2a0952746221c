"""From traces and the probabilities of their windows to the picture elements of a section."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes import Traces
from seismic_assets.inference.predictor import Predictor, WindowPredictions
from seismic_assets.inference.rollup import roll_up

NO_ANSWER = 255
_ZERO, _REACH = 128, 127  # grey levels: that of amplitude 0, and how many lie on each side of it
_CLIP_PERCENTILE = 98.0


@dataclass(frozen=True)
class Rows:
    """How the samples of a trace become the rows of a picture, from the top down.

    Attributes:
        num_samples: samples a trace.
        step: samples a row; the last row may have fewer.
    """

    num_samples: int
    step: int

    @classmethod
    def at_most(cls, num_samples: int, rows: int) -> Rows:
        """The finest with no more than so many rows."""
        return cls(num_samples, -(-num_samples // rows))

    @property
    def height(self) -> int:
        """Number of rows."""
        return -(-self.num_samples // self.step)

    @property
    def centres(self) -> NDArray[np.int64]:
        """(height,) the sample in the middle of each row, whose class the row shows."""
        return np.minimum(np.arange(self.height) * self.step + self.step // 2, self.num_samples - 1)

    def strongest(self, traces: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, height) float32: of each row the sample that is farthest from zero, so that no reflection gets lost.

        Args:
            traces: (n, num_samples) float32; a NaN makes its row NaN.
        """
        if self.step == 1:
            return traces
        padded = np.pad(traces, ((0, 0), (0, self.height * self.step - self.num_samples)))
        cells = padded.reshape(len(traces), self.height, self.step)
        best = np.abs(cells).argmax(axis=2)  # the first NaN where there is one
        return np.take_along_axis(cells, best[:, :, None], axis=2)[:, :, 0]

    def probabilities(self, predicted: WindowPredictions) -> NDArray[np.float32]:
        """(n, height, classes) float32: at each row's centre the mean over the windows that cover it; else NaN."""
        centres = self.centres[:, None]
        covers = (centres >= predicted.starts) & (centres < predicted.ends)
        windows = covers.sum(axis=1, keepdims=True)
        # A product with 0 keeps a NaN, and a trace without an answer has no other values.
        mean = (covers / np.maximum(windows, 1)).astype(np.float32) @ predicted.probabilities
        return np.where(windows > 0, mean, np.float32(np.nan))


@dataclass
class Picture:
    """The picture elements of n traces, filled in block by block.

    Attributes:
        rows: of the picture.
        amplitudes: (n, height) float32.
        classes: (n, height) uint8; `NO_ANSWER` where there is none.
        confidence: (n, height) uint8, mean probability of that class, 255 for 1.
        windows: (classes,) int64, windows by their most probable class.
        traces: (classes,) int64, traces by the class of the largest mean probability.
        trace_confidence: sum of the traces' confidences.
        filled: traces filled in so far.
    """

    rows: Rows
    amplitudes: NDArray[np.float32]
    classes: NDArray[np.uint8]
    confidence: NDArray[np.uint8]
    windows: NDArray[np.int64]
    traces: NDArray[np.int64]
    trace_confidence: float = 0.0
    filled: int = field(default=0)

    @classmethod
    def blank(cls, rows: Rows, num_traces: int, num_classes: int) -> Picture:
        """A picture of which nothing is filled in."""
        shape = (num_traces, rows.height)
        return cls(
            rows,
            np.zeros(shape, np.float32),
            np.full(shape, NO_ANSWER, np.uint8),
            np.zeros(shape, np.uint8),
            np.zeros(num_classes, np.int64),
            np.zeros(num_classes, np.int64),
        )

    @classmethod
    def painted(
        cls, predictor: Predictor, blocks: Iterable[Traces], rows: Rows, num_traces: int, scale: float | None
    ) -> Picture:
        """The picture of traces that are predicted block by block.

        Args:
            predictor: the model.
            blocks: the traces, in order, with times and neighbours where the model needs them.
            rows: of the picture.
            num_traces: in all blocks together.
            scale: what amplitudes are divided by, where the model needs it.

        Raises:
            PredictionError: the traces do not suit the model.
        """
        picture = cls.blank(rows, num_traces, len(predictor.classes))
        for block in blocks:
            predicted = predictor.predict(
                block.samples,
                block.sample_interval_us,
                scale,
                start_ms=block.start_ms,
                neighbours=block.neighbours,
            )
            picture.fill(block.samples, predicted)
        return picture

    def fill(self, traces: NDArray[np.float32], predicted: WindowPredictions) -> None:
        """Fill in the next (m, num_samples) traces and count their answers."""
        here = slice(self.filled, self.filled + len(traces))
        self.filled += len(traces)
        self.amplitudes[here] = self.rows.strongest(traces)
        mean = self.rows.probabilities(predicted)
        known = np.isfinite(mean).all(axis=2)
        clean = np.nan_to_num(mean)
        self.classes[here] = np.where(known, clean.argmax(axis=2), NO_ANSWER)
        self.confidence[here] = np.where(known, np.rint(np.clip(clean.max(axis=2), 0, 1) * 255), 0)
        self._count(predicted.probabilities)

    def _count(self, probabilities: NDArray[np.float32]) -> None:
        answered = np.isfinite(probabilities).all(axis=2)
        self.windows += np.bincount(probabilities[answered].argmax(axis=1), minlength=len(self.windows))
        summary = roll_up(probabilities)
        known = summary.classes >= 0
        self.traces += np.bincount(summary.classes[known], minlength=len(self.traces))
        self.trace_confidence += float(summary.confidence[known].sum())

    def clip(self) -> float:
        """The amplitude at which colours end: the 98th percentile of the absolute finite ones; 1 where all are zero."""
        size = np.abs(self.amplitudes[np.isfinite(self.amplitudes)])
        return float(np.percentile(size, _CLIP_PERCENTILE)) or 1.0 if size.size else 1.0

    def grey(self, clip: float) -> NDArray[np.uint8]:
        """(n, height) uint8 amplitudes: 128 for zero, 1 and 255 for the clip and beyond, 0 for what is not finite."""
        finite = np.isfinite(self.amplitudes)
        level = np.clip(np.where(finite, self.amplitudes, 0) / clip, -1, 1) * _REACH
        return np.where(finite, np.rint(level) + _ZERO, 0).astype(np.uint8)
