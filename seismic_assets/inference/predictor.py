"""From traces to class probabilities, for the pipeline, the command line and the API alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes import Neighbours, Traces, standardise, usable_traces, window_features
from seismic_assets.feature_store.making import making_of
from seismic_assets.registry import Bundle


class PredictionError(ValueError):
    """The traces cannot be predicted: why and what to do."""


@dataclass(frozen=True)
class WindowPredictions:
    """Class probabilities of the windows of n traces, k windows each.

    Attributes:
        starts: (k,) first sample of each window.
        ends: (k,) sample after the last.
        probabilities: (n, k, classes) float32; NaN where a trace is dead or not finite.
        usable: (n,) whether the trace could be classified.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    usable: NDArray[np.bool_]


class Predictor:
    """A bundle's model, ready to predict.

    Attributes:
        bundle: the model.
        grid: which windows a trace is cut into.
        feature_set: which features of a window the model sees.
    """

    def __init__(self, bundle: Bundle, graph: str = "model", threads: int | None = None) -> None:
        """Prepare the ONNX session of one of the bundle's graphs.

        Args:
            bundle: the model.
            graph: name of the graph.
            threads: that work on one call; by default one for each core, which costs more than it brings for a few
                windows.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        self.bundle, self._graph = bundle, graph
        self.grid, self.feature_set = bundle.manifest.window, bundle.manifest.features
        self._session = onnxruntime.InferenceSession(bundle.graphs[graph], options, providers=["CPUExecutionProvider"])
        self._outputs = [self._session.get_outputs()[1].name]  # the first is the label, which follows from it

    def __reduce__(self) -> tuple[type[Predictor], tuple[Bundle, str, int]]:
        """Sent to another process, it prepares its session there, for one core."""
        return Predictor, (self.bundle, self._graph, 1)

    @cached_property
    def making(self) -> str:
        """What features must have been made with for the model to look at them; see `feature_store.making`."""
        manifest = self.bundle.manifest
        return making_of(
            self.bundle.embedder.digest(), manifest.window_samples, manifest.window_step, manifest.normalise
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names by index."""
        return self.bundle.manifest.classes

    def features(self, traces: Traces, scale: float | None = None) -> NDArray[np.float32]:
        """Features of all windows of n finite traces, trace by trace: (n * k, f) float32, not standardised.

        Args:
            traces: with their times and neighbours, where the model needs them.
            scale: what amplitudes are divided by, for a model that was trained on normalised ones.
        """
        return window_features(traces.over(scale).windows(self.grid), self.bundle.embedder, self.feature_set)

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(m, classes) float32 for (m, f) features; 0 for a class that the model was not trained on."""
        inputs = standardise(features, self.bundle.feature_mean, self.bundle.feature_scale)
        if len(self.bundle.manifest.trained_classes) == len(self.classes):
            return self.trained_probabilities(inputs)
        result = np.zeros((len(features), len(self.classes)), dtype=np.float32)
        result[:, self.bundle.manifest.trained_classes] = self.trained_probabilities(inputs)
        return result

    def trained_probabilities(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """(m, trained classes) float32 for (m, f) standardised features: what the graph itself answers."""
        (trained,) = self._session.run(self._outputs, {"features": inputs})
        return np.asarray(trained)

    def predict(
        self,
        traces: NDArray[np.float32],
        sample_interval_us: int,
        scale: float | None = None,
        *,
        start_ms: NDArray[np.float32] | None = None,
        neighbours: Neighbours | None = None,
    ) -> WindowPredictions:
        """Predict (n, num_samples) float32 traces.

        Args:
            traces: float32.
            sample_interval_us: microseconds.
            scale: amplitude scale of the file or survey that the traces are from; needed where the model was trained
                on normalised amplitudes, refused where it was not.
            start_ms: (n,) time of the first sample, needed where time is a feature of the model.
            neighbours: the traces around each, needed where the model compares a trace with them.

        Raises:
            PredictionError: the sample interval is not the one the model was trained on; the scale is missing or one
                too many; times or neighbours are missing.
        """
        given = Traces(traces, sample_interval_us, start_ms, neighbours)
        self.check(given, scale)
        starts = self.grid.starts(traces.shape[1])
        usable = usable_traces(traces)
        probabilities = np.full((len(traces), len(starts), len(self.classes)), np.nan, dtype=np.float32)
        if usable.any():
            features = self.features(given.of(usable), scale)
            probabilities[usable] = self.probabilities(features).reshape(-1, len(starts), len(self.classes))
        ends = np.minimum(starts + self.bundle.manifest.window_samples, traces.shape[1])
        return WindowPredictions(starts, ends, probabilities, usable)

    def check(self, traces: Traces, scale: float | None) -> None:
        """See that the model can be given these traces.

        Raises:
            PredictionError: as `predict` does.
        """
        self._check_scale(scale)
        self._check_surroundings(traces.start_ms, traces.neighbours)
        expected = self.bundle.manifest.sample_interval_us
        if traces.sample_interval_us != expected:
            raise PredictionError(
                f"the traces have a sample interval of {traces.sample_interval_us} us, the model was trained on "
                f"{expected} us; resample them (SEISMIC_RESAMPLE=true does so for files)"
            )

    def _check_surroundings(self, start_ms: NDArray[np.float32] | None, neighbours: Neighbours | None) -> None:
        if self.feature_set.time and start_ms is None:
            raise PredictionError(
                "the time of a window is a feature of this model; give start_ms, the time of the first sample"
            )
        if self.needs_neighbours and neighbours is None:
            raise PredictionError(
                "the model compares a trace with the traces around it; give the inline and crossline of each trace"
            )

    @property
    def needs_neighbours(self) -> bool:
        """Whether the model compares a trace with the traces around it."""
        return self.feature_set.needs_neighbours

    def _check_scale(self, scale: float | None) -> None:
        if self.normalises and scale is None:
            raise PredictionError(
                "the model was trained on amplitudes divided by the scale of their file; give the amplitude scale, "
                "1.4826 times the median absolute amplitude that is not zero"
            )
        if not self.normalises and scale is not None:
            raise PredictionError("the model takes amplitudes as they are; leave the amplitude scale out")

    @property
    def normalises(self) -> bool:
        """Whether the model was trained on amplitudes divided by the scale of their file."""
        return self.bundle.manifest.normalise == "robust"
