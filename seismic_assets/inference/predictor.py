"""From traces to class probabilities, for the pipeline, the command line and the API alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes import features_of, scaled, standardise, usable_traces
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
    """A bundle's model, ready to predict."""

    def __init__(self, bundle: Bundle, graph: str = "model") -> None:
        """Prepare the ONNX session of one of the bundle's graphs."""
        import onnxruntime

        self.bundle = bundle
        self._session = onnxruntime.InferenceSession(bundle.graphs[graph], providers=["CPUExecutionProvider"])

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names by index."""
        return self.bundle.manifest.classes

    def features(
        self, traces: NDArray[np.float32], sample_interval_us: int, scale: float | None = None
    ) -> NDArray[np.float32]:
        """Features of all windows of (n, num_samples) traces, trace by trace: (n * k, f) float32, not standardised.

        Args:
            traces: float32, finite.
            sample_interval_us: microseconds.
            scale: what amplitudes are divided by, for a model that was trained on normalised ones.
        """
        windows = self.bundle.manifest.window.cut(scaled(traces, scale))
        return features_of(windows, sample_interval_us, self.bundle.embedder)

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(m, classes) float32 for (m, f) features; 0 for a class that the model was not trained on."""
        inputs = standardise(features, self.bundle.feature_mean, self.bundle.feature_scale)
        _, trained = self._session.run(None, {"features": inputs})
        result = np.zeros((len(features), len(self.classes)), dtype=np.float32)
        result[:, self.bundle.manifest.trained_classes] = trained
        return result

    def predict(
        self, traces: NDArray[np.float32], sample_interval_us: int, scale: float | None = None
    ) -> WindowPredictions:
        """Predict (n, num_samples) float32 traces.

        Args:
            traces: float32.
            sample_interval_us: microseconds.
            scale: amplitude scale of the file or survey that the traces are from; needed where the model was trained
                on normalised amplitudes, refused where it was not.

        Raises:
            PredictionError: the sample interval is not the one the model was trained on, or the scale is missing or
                one too many.
        """
        manifest = self.bundle.manifest
        self._check_scale(scale)
        if sample_interval_us != manifest.sample_interval_us:
            raise PredictionError(
                f"the traces have a sample interval of {sample_interval_us} us, the model was trained on "
                f"{manifest.sample_interval_us} us; resample them (SEISMIC_RESAMPLE=true does so for files)"
            )
        starts = manifest.window.starts(traces.shape[1])
        usable = usable_traces(traces)
        probabilities = np.full((len(traces), len(starts), len(self.classes)), np.nan, dtype=np.float32)
        if usable.any():
            features = self.features(traces[usable], sample_interval_us, scale)
            probabilities[usable] = self.probabilities(features).reshape(-1, len(starts), len(self.classes))
        ends = np.minimum(starts + manifest.window_samples, traces.shape[1])
        return WindowPredictions(starts, ends, probabilities, usable)

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
