"""Predictions of a trace by the model in production, which is loaded once and followed."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from seismic_assets.lake import BRONZE_TRACES, Lake, batch_array
from seismic_assets.llm.tool_use import ToolError
from seismic_assets.tools.answers import Prediction, Window

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from seismic_assets.inference import Predictor
    from seismic_assets.serving.following import FollowedModel
    from seismic_assets.serving.forms import Answer
    from seismic_assets.serving.served_model import ServedModel
    from seismic_assets.settings import Settings

_SECONDS_BETWEEN_LOOKS = 5.0
_MOST_WINDOWS = 500
_PLACE = ("file_id", "trace_index", "inline", "crossline", "start_ms")


class Predictions:
    """The model in production of a deployment; may be used by several threads."""

    def __init__(self, settings: Settings, seconds_between_looks: float = _SECONDS_BETWEEN_LOOKS) -> None:
        self._settings = settings
        self._seconds = seconds_between_looks
        self._lake = Lake(settings.lake_dir)
        self._followed: FollowedModel | None = None
        self._starting = threading.Lock()
        self._next_look = 0.0

    def of_samples(self, samples: list[float], sample_interval_us: int) -> Prediction:
        """The answer to a trace that the caller gives.

        Raises:
            ToolError: there is no model in production, or it cannot take the trace.
        """
        model, note = self._model()
        if model.predictor.normalises or model.predictor.needs_neighbours or model.predictor.feature_set.time:
            raise ToolError(
                "the model needs more than samples: the scale of the file, the time or the traces around; give "
                "file_id and trace_index"
            )
        traces = np.asarray([samples], dtype=np.float64)
        return _told(model, note, self._predicted(model, traces, sample_interval_us), len(samples), {})

    def of_file(self, file_id: str, trace_index: int) -> Prediction:
        """The answer to a trace of a file that was read, with where it lies.

        Raises:
            ToolError: there is no such trace, no model in production, or the model cannot take it.
        """
        row, position = self._row(file_id, trace_index)
        model, note = self._model()
        predictor = model.predictor
        traces = batch_array(row["samples"])
        answer = self._predicted(
            model,
            traces,
            row["sample_interval_us"][0].as_py(),
            scale=self._scale(file_id, predictor),
            start_ms=np.asarray([row["start_ms"][0].as_py()], np.float32),
            neighbours=self._neighbours(file_id, position, predictor),
        )
        place = {name: row[name][0].as_py() for name in ("inline", "crossline", "start_ms")}
        place |= {"file_id": file_id, "trace_index": trace_index}
        return _told(model, note, answer, traces.shape[1], place)

    def _model(self) -> tuple[ServedModel, str]:
        """The model in production, and what is to be said of it.

        Raises:
            ToolError: there is none.
        """
        serving = self._follow().serving
        if serving.model is None:
            raise ToolError(str(serving.reason))
        return serving.model, serving.reason or ""

    def _follow(self) -> FollowedModel:
        """The followed model, after a look at the registry where the last one is some seconds ago."""
        from seismic_assets.deployment import registry_of
        from seismic_assets.serving.following import FollowedModel, Following
        from seismic_assets.serving.sources import source_of

        with self._starting:
            if self._followed is None:
                # Without a copy of the last good model: nothing is written.
                source = source_of("production", lambda: registry_of(self._settings))
                followed = FollowedModel(source, Following(poll_seconds=None))
                followed.start()
                self._followed = followed
            elif time.monotonic() >= self._next_look:
                self._followed.reload()
            else:
                return self._followed
            self._next_look = time.monotonic() + self._seconds
            return self._followed

    def _predicted(self, model: ServedModel, traces: NDArray[Any], interval_us: int, **further: Any) -> Answer:
        from seismic_assets.attributes import LARGEST_AMPLITUDE, usable_traces
        from seismic_assets.inference import PredictionError

        if not (np.abs(traces) <= LARGEST_AMPLITUDE).all():
            raise ToolError(f"the trace has samples that are not finite or beyond {LARGEST_AMPLITUDE:g}")
        samples = traces.astype(np.float32)
        if not usable_traces(samples).all():
            raise ToolError("the trace is dead: all its samples are equal")
        if model.predictor.grid.count(samples.shape[1]) > _MOST_WINDOWS:
            raise ToolError(f"the trace has more than {_MOST_WINDOWS} windows; use `seismic predict` or the service")
        try:
            found = model.predictor.predict(samples, interval_us, **further)
        except PredictionError as error:
            raise ToolError(str(error)) from error
        if not np.isfinite(found.probabilities).all():
            raise ToolError("the amplitudes are too large for the model; scale them as the training data were")
        return model.answer_of(found.probabilities, samples.shape[1], interval_us)

    def _row(self, file_id: str, trace_index: int) -> tuple[pa.RecordBatch, int]:
        """A trace of bronze, one row, and its position among the rows of its file."""
        import pyarrow.compute as pc

        segments = self._lake.segments(BRONZE_TRACES, [file_id])
        if not segments:
            raise ToolError(f"there are no traces of a file {file_id}; list_files names the files")
        passed = 0
        for segment in segments:
            for batch in segment.batches(("trace_index",), 1 << 16):
                place = pc.index(batch["trace_index"], trace_index).as_py()
                if place < 0:
                    passed += batch.num_rows
                    continue
                columns = ("trace_index", "inline", "crossline", "start_ms", "sample_interval_us", "samples")
                found = next(segment.batches(columns, 1, trace_index))
                return found, passed + place
        raise ToolError(f"{file_id} has no trace {trace_index}; it has {passed:,}, counted from 0")

    def _scale(self, file_id: str, predictor: Predictor) -> float | None:
        from seismic_assets.frames import amplitude_scales

        return amplitude_scales(self._lake, [file_id], predictor.bundle.manifest.normalise).get(file_id)

    def _neighbours(self, file_id: str, position: int, predictor: Predictor) -> Any:
        from seismic_assets.frames import surroundings_of

        around = surroundings_of(self._lake, [file_id], predictor.feature_set).get(file_id)
        return None if around is None else around.around(np.asarray([position], np.int64))


def _told(model: ServedModel, note: str, answer: Answer, num_samples: int, place: Mapping[str, Any]) -> Prediction:
    """A trace's answer and that of each window, times from the first sample; `place` is where the trace lies."""
    names = answer.class_names
    return Prediction(
        model_version=model.version,
        note=note,
        classes=list(names),
        samples=num_samples,
        **{**dict.fromkeys(_PLACE), **place},
        **_class(names, answer.summary.probabilities[0]),
        windows=[
            Window(start_ms=float(start), end_ms=float(end), **_class(names, probabilities))
            for start, end, probabilities in zip(answer.starts_ms, answer.ends_ms, answer.probabilities[0], strict=True)
        ],
    )


def _class(names: tuple[str, ...], probabilities: NDArray[np.float32]) -> dict[str, Any]:
    best = int(probabilities.argmax())
    return {
        "predicted_class": names[best],
        "confidence": round(float(probabilities[best]), 6),
        "probabilities": {name: round(float(value), 6) for name, value in zip(names, probabilities, strict=True)},
    }
