"""The model that is served, and its answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from fastapi import HTTPException
from numpy.typing import NDArray

from seismic_assets.attributes import EXTENDED, HANDCRAFTED, LATERAL, Surroundings, Traces, usable_traces
from seismic_assets.inference.predictor import PredictionError, Predictor
from seismic_assets.inference.rollup import roll_up
from seismic_assets.registry import BundleManifest
from seismic_assets.serving.schemas import FeatureBreakdown, ModelInfo, PredictRequest, SearchInfo, WindowInfo

# What bounds the size of an answer.
MAX_WINDOWS = 200_000
MAX_WINDOWS_WITH_FEATURES = 20_000
_BLOCK_TRACES = 256


@dataclass(frozen=True)
class ServedModel:
    """A version of the registered model, ready to answer."""

    version: str
    predictor: Predictor

    @property
    def num_features(self) -> int:
        """Features of a window."""
        return len(self.predictor.bundle.manifest.feature_names)

    def info(self) -> ModelInfo:
        """What the model is and what it takes."""
        bundle = self.predictor.bundle
        manifest = bundle.manifest
        further = bundle.manifest.features.further
        components = bundle.embedder.num_components
        return ModelInfo(
            model_type=manifest.family,
            model_version=self.version,
            num_features=self.num_features,
            feature_set=manifest.feature_set,
            feature_breakdown=FeatureBreakdown(
                handcrafted=len(HANDCRAFTED),
                pca_embeddings=components,
                extended=len(set(EXTENDED) & set(further)),
                lateral=len(set(LATERAL) & set(further)),
                time=int(manifest.time_feature),
            ),
            feature_names=list(manifest.feature_names),
            classes=list(manifest.classes),
            trained_classes=[manifest.classes[index] for index in manifest.trained_classes],
            window=WindowInfo(samples=manifest.window_samples, step=manifest.window_step),
            sample_interval_us=manifest.sample_interval_us,
            normalise=manifest.normalise,
            deployment_modes=["online", "batch"],
            hyperparameter_tuning=_search_info(manifest),
            dataset_digest=manifest.dataset_digest,
            mlflow_run_id=manifest.mlflow_run_id,
        )

    def predictions(self, request: PredictRequest) -> list[dict[str, Any]]:
        """The `predictions` of a `PredictResponse`, as plain values.

        Raises:
            HTTPException: 422, a dead trace, another sample interval, too many windows, or amplitudes that the model
                cannot digest.
        """
        traces = request.traces
        starts = self.predictor.bundle.manifest.window.starts(traces.shape[1])
        self._check(traces, len(starts), request.return_features)
        interval_us = request.sample_interval_us or self.predictor.bundle.manifest.sample_interval_us
        around = _surroundings(request) if self.predictor.needs_neighbours else None
        block = _BLOCK_TRACES if around is None else _BLOCK_TRACES // 8  # a trace comes with eight others
        answers: list[dict[str, Any]] = []
        for first in range(0, len(traces), block):
            index = np.arange(first, min(first + block, len(traces)))
            start_ms = np.full(len(index), request.start_ms, np.float32) if request.start_ms is not None else None
            neighbours = around.around(index) if around is not None else None
            answers += self._block(Traces(traces[index], interval_us, start_ms, neighbours), first, request)
        return answers

    def _check(self, traces: NDArray[np.float32], windows: int, with_features: bool) -> None:
        usable = usable_traces(traces)
        if not usable.all():
            raise HTTPException(422, f"trace {usable.argmin()} is dead: all its samples are equal; leave it out")
        most = MAX_WINDOWS_WITH_FEATURES if with_features else MAX_WINDOWS
        if len(traces) * windows > most:
            raise HTTPException(
                422,
                f"{len(traces)} traces of {windows} windows are more than the {most} windows of one request"
                f"{' with features' if with_features else ''}; send them in parts",
            )

    def _block(self, traces: Traces, first: int, request: PredictRequest) -> list[dict[str, Any]]:
        interval_us, scale = traces.sample_interval_us, request.amplitude_scale
        try:
            predicted = self.predictor.predict(
                traces.samples, interval_us, scale, start_ms=traces.start_ms, neighbours=traces.neighbours
            )
        except PredictionError as error:
            raise HTTPException(422, str(error)) from error
        _refuse_not_finite(predicted.probabilities, first)
        features = self._features(traces, first, scale) if request.return_features else None
        milliseconds = interval_us / 1000
        times = list(zip(predicted.starts * milliseconds, predicted.ends * milliseconds, strict=True))
        summary = roll_up(predicted.probabilities)
        names = self.predictor.classes
        answers = []
        for row, windows in enumerate(predicted.probabilities):
            within = [
                {"start_ms": float(start), "end_ms": float(end), **_answer(window, names)}
                for (start, end), window in zip(times, windows, strict=True)
            ]
            if features is not None:
                for window_answer, values in zip(within, features[row].tolist(), strict=True):
                    window_answer["features"] = dict(
                        zip(self.predictor.bundle.manifest.feature_names, values, strict=True)
                    )
            trace_answer = _answer(summary.probabilities[row], names)
            answers.append({"trace_id": first + row, **trace_answer, "windows": within})
        return answers

    def _features(self, traces: Traces, first: int, scale: float | None) -> NDArray[np.float32]:
        """(n, k, f) float32, not standardised."""
        features = self.predictor.features(traces, scale)
        features = features.reshape(len(traces.samples), -1, features.shape[1])
        _refuse_not_finite(features, first)
        return features


def _search_info(manifest: BundleManifest) -> SearchInfo | None:
    """Of a model that was searched for: how, and its mean macro-F1 over the folds."""
    if manifest.cv_f1_macro is None:
        return None
    return SearchInfo(method="Optuna TPE", best_model_type=manifest.family, best_cv_score=manifest.cv_f1_macro)


def _surroundings(request: PredictRequest) -> Surroundings | None:
    """The traces of a request as each other's neighbours, where it says where they lie.

    Raises:
        HTTPException: 422, two traces at one place.
    """
    if request.inline is None or request.crossline is None:
        return None
    places = Counter(zip(request.inline, request.crossline, strict=True))
    (place, times), *_ = places.most_common(1)
    if times > 1:
        raise HTTPException(
            422, f"{times} traces lie at inline {place[0]}, crossline {place[1]}; send one trace for each place"
        )
    return Surroundings.of_array(np.asarray(request.inline), np.asarray(request.crossline), request.traces)


def _answer(probabilities: NDArray[np.floating[Any]], names: Sequence[str]) -> dict[str, Any]:
    best = int(probabilities.argmax())
    return {
        "predicted_class": best,
        "predicted_class_name": names[best],
        "confidence": float(probabilities[best]),
        "probabilities": dict(zip(names, probabilities.tolist(), strict=True)),
    }


def _refuse_not_finite(values: NDArray[np.float32], first: int) -> None:
    """JSON has no NaN: what overflows within the model is the request's fault, not an answer."""
    finite = np.isfinite(values).all(axis=(1, 2))
    if not finite.all():
        raise HTTPException(
            422,
            f"the amplitudes of trace {first + int(finite.argmin())} are too large for the model; "
            "scale them as the training data were",
        )
