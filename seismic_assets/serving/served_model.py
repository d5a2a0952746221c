"""The model that is served, and its answers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate

import numpy as np
from fastapi import HTTPException
from numpy.typing import NDArray

from seismic_assets.attributes import EXTENDED, HANDCRAFTED, LATERAL, Surroundings, Traces, usable_traces
from seismic_assets.inference import PredictionError, Predictor
from seismic_assets.registry import BundleManifest
from seismic_assets.serving.forms import Answer, Form, Stamp, encode
from seismic_assets.serving.schemas import PredictRequest
from seismic_assets.serving.schemas_about import FeatureBreakdown, ModelInfo, SearchInfo, WindowInfo

# What bounds the size of an answer.
MAX_WINDOWS = 200_000
MAX_WINDOWS_WITH_FEATURES = 20_000
_BLOCK_TRACES = 256


@dataclass(frozen=True)
class Kept:
    """What is recorded of a request.

    Attributes:
        traces: (n, num_samples) float32.
        sample_interval_us: microseconds.
        features: (n, k, f) float32, not standardised.
    """

    traces: NDArray[np.float32]
    sample_interval_us: int
    features: NDArray[np.float32]


@dataclass(frozen=True)
class ServedModel:
    """A version of a model, ready to answer.

    Attributes:
        version: of it.
        predictor: what answers.
        name: of the registered model.
        metrics: what its run logged, by name.
    """

    version: str
    predictor: Predictor
    name: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)

    def warm_up(self) -> None:
        """Answer once in each form, so that the first request does not pay for what is made at the first use."""
        manifest = self.predictor.bundle.manifest
        traces = np.sin(np.arange(2 * manifest.window_samples, dtype=np.float32))[None]
        asked = {"traces": traces, "start_ms": 0.0, "inline": [0], "crossline": [0]}
        if self.predictor.normalises:
            asked["amplitude_scale"] = 1.0
        answer = self.answer(PredictRequest.model_validate(asked))
        for form in Form:
            encode(form, answer, Stamp("", datetime.now(UTC), self.version, self.num_features))

    @property
    def quick(self) -> bool:
        """Whether a few traces take well below a millisecond, so that a thread would cost more than the work."""
        return self.predictor.bundle.manifest.family != "deep_cnn" and not self.predictor.needs_neighbours

    @property
    def num_features(self) -> int:
        """Features of a window."""
        return len(self.predictor.bundle.manifest.feature_names)

    def info(self, alias: str) -> ModelInfo:
        """What the model is, where it comes from and what it takes."""
        bundle = self.predictor.bundle
        manifest = bundle.manifest
        further = bundle.manifest.features.further
        components = bundle.embedder.num_components
        return ModelInfo(
            name=self.name,
            model_type=manifest.family,
            alias=alias,
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
            bundle_digest=bundle.content_digest(),
            file_digests=dict(manifest.files),
            metrics=dict(self.metrics),
            mlflow_run_id=manifest.mlflow_run_id,
        )

    def answer(self, request: PredictRequest) -> Answer:
        """The probabilities of all windows of the traces of a request.

        Raises:
            HTTPException: 422, a dead trace, another sample interval, too many windows, or amplitudes that the model
                cannot digest.
        """
        self.check_size(request)
        _check_alive(request.traces)
        traces, interval_us = request.traces, self._interval(request)
        around = _surroundings(request) if self.predictor.needs_neighbours else None
        block = _BLOCK_TRACES if around is None else _BLOCK_TRACES // 8  # a trace comes with eight others
        probabilities, features = [], []
        for first in range(0, len(traces), block):
            index = np.arange(first, min(first + block, len(traces)))
            start_ms = np.full(len(index), request.start_ms, np.float32) if request.start_ms is not None else None
            neighbours = around.around(index) if around is not None else None
            part = Traces(traces[first : first + block], interval_us, start_ms, neighbours)
            probabilities.append(self._probabilities(part, first, request.amplitude_scale))
            if request.return_features:
                features.append(self._features(part, first, request.amplitude_scale))
        return self.answer_of(
            _joined(probabilities), traces.shape[1], interval_us, _joined(features) if features else None
        )

    def combines(self, request: PredictRequest) -> bool:
        """Whether a request can be answered together with others."""
        return not (request.return_features or request.store_features or self.predictor.needs_neighbours)

    def combination(self, request: PredictRequest) -> tuple[object, ...]:
        """What requests have in common that can be answered together."""
        return request.traces.shape[1], self._interval(request), request.amplitude_scale, request.start_ms

    def answer_together(self, requests: Sequence[PredictRequest]) -> list[Answer | HTTPException]:
        """The answer to each of some requests that `check_size` let pass and that have the same `combination`.

        Raises:
            HTTPException: as `answer` does, where it is for all of them.
        """
        first = requests[0]
        samples = first.traces if len(requests) == 1 else np.concatenate([each.traces for each in requests])
        start_ms = np.full(len(samples), first.start_ms, np.float32) if first.start_ms is not None else None
        traces = Traces(samples, self._interval(first), start_ms)
        if not usable_traces(samples).all():
            return [self._or_refusal(each) for each in requests]
        together = self._unchecked(traces, first.amplitude_scale)
        if not math.isfinite(together.sum(dtype=np.float64)):
            return [self._or_refusal(each) for each in requests]
        whole = self.answer_of(together, samples.shape[1], traces.sample_interval_us)
        if len(requests) == 1:
            return [whole]
        ends = list(accumulate(len(each.traces) for each in requests))
        return [whole.part(start, end) for start, end in zip([0, *ends], ends, strict=False)]

    def _or_refusal(self, request: PredictRequest) -> Answer | HTTPException:
        try:
            return self.answer(request)
        except HTTPException as refusal:
            return refusal

    def answer_of(
        self,
        probabilities: NDArray[np.float32],
        num_samples: int,
        interval_us: int,
        features: NDArray[np.float32] | None = None,
    ) -> Answer:
        """The answer that (n, k, classes) probabilities of the windows of traces of `num_samples` are."""
        starts, milliseconds = self.predictor.grid.starts(num_samples), interval_us / 1000
        length = self.predictor.grid.samples
        return Answer(
            class_names=self.predictor.classes,
            starts_ms=np.asarray(starts * milliseconds, np.float64),
            ends_ms=np.minimum(starts + (num_samples if length is None else length), num_samples) * milliseconds,
            probabilities=probabilities,
            features=features,
            feature_names=self.predictor.bundle.manifest.feature_names,
        )

    def _interval(self, request: PredictRequest) -> int:
        return request.sample_interval_us or self.predictor.bundle.manifest.sample_interval_us

    def kept(self, request: PredictRequest) -> Kept | None:
        """What is recorded of a request; None of one too large for it."""
        manifest = self.predictor.bundle.manifest
        if len(request.traces) * self.predictor.grid.count(request.traces.shape[1]) > MAX_WINDOWS_WITH_FEATURES:
            return None
        features = self.answer(request.model_copy(update={"return_features": True})).features
        assert features is not None
        return Kept(request.traces, request.sample_interval_us or manifest.sample_interval_us, features)

    def check_size(self, request: PredictRequest) -> None:
        """See that the windows are not too many.

        Raises:
            HTTPException: 422 with how many they are.
        """
        traces, samples = request.traces.shape
        self.check_windows(traces, samples, request.return_features or request.store_features)

    def check_windows(self, traces: int, num_samples: int, with_features: bool) -> None:
        """As `check_size`, of so many traces of `num_samples`."""
        windows = self.predictor.grid.count(num_samples)
        most = MAX_WINDOWS_WITH_FEATURES if with_features else MAX_WINDOWS
        if traces * windows > most:
            raise HTTPException(
                422,
                f"{traces} traces of {windows} windows are more than the {most} windows of one request"
                f"{' with features' if with_features else ''}; send them in parts",
            )

    def _probabilities(self, traces: Traces, first: int, scale: float | None) -> NDArray[np.float32]:
        """(n, k, classes) float32."""
        return _finite(self._unchecked(traces, scale), first)

    def _unchecked(self, traces: Traces, scale: float | None) -> NDArray[np.float32]:
        """(n, k, classes) float32; not finite where amplitudes were too large for the model."""
        try:
            self.predictor.check(traces, scale)
        except PredictionError as error:
            raise HTTPException(422, str(error)) from error
        probabilities = self.predictor.probabilities(self.predictor.features(traces, scale))
        return probabilities.reshape(len(traces.samples), -1, probabilities.shape[1])

    def _features(self, traces: Traces, first: int, scale: float | None) -> NDArray[np.float32]:
        """(n, k, f) float32, not standardised."""
        features = self.predictor.features(traces, scale)
        return _finite(features.reshape(len(traces.samples), -1, features.shape[1]), first)


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


def _joined(parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _check_alive(traces: NDArray[np.float32]) -> None:
    """See that all traces are alive.

    Raises:
        HTTPException: 422 with the first that is not.
    """
    usable = usable_traces(traces)
    if not usable.all():
        raise HTTPException(422, f"trace {usable.argmin()} is dead: all its samples are equal; leave it out")


def _finite(values: NDArray[np.float32], first: int) -> NDArray[np.float32]:
    """The values; JSON has no NaN, and what overflows within the model is the request's fault, not an answer."""
    if not math.isfinite(values.sum(dtype=np.float64)):
        finite = np.isfinite(values).all(axis=(1, 2))
        raise HTTPException(
            422,
            f"the amplitudes of trace {first + int(finite.argmin())} are too large for the model; "
            "scale them as the training data were",
        )
    return values
