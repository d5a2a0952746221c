"""A deployment with a trained model and some files, without the graph: a second instead of a minute."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.attributes import FeatureSet, WindowGrid, fit_embedder
from seismic_assets.defs.evaluation.record import EvaluationRecord, report_folder, save_record
from seismic_assets.defs.evaluation.scoring import MODEL
from seismic_assets.defs.features.identity import dataset_digest
from seismic_assets.defs.monitoring.judging import Judge, Judgement
from seismic_assets.defs.monitoring.references import drift_references
from seismic_assets.defs.progress import Progress
from seismic_assets.deployment import registry_of
from seismic_assets.evaluation import Importance, Interval, measure_calibration, score
from seismic_assets.frames import FeatureMaker, IngestOptions, ingest_files
from seismic_assets.inference import Predictor
from seismic_assets.lake import BRONZE_TRACES, DATASET_SPLIT, SEGY_CATALOGUE, Lake
from seismic_assets.registry import (
    PRODUCTION,
    Bundle,
    BundleManifest,
    ModelRegistry,
    reference_statistics,
    write_bundle,
)
from seismic_assets.serving.recording import RecordedCall, RecordedFeedback, Recorder, RecorderOptions
from seismic_assets.settings import Settings
from seismic_assets.training import FoldData, TrainingData, fit_model, to_onnx_bytes
from seismic_assets_tests.monitoring.test_sql import frame_of
from seismic_assets_tests.segy.building import write_cube

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TRAINING = "training.sgy"
GRID = WindowGrid(32, 32)
COMPONENTS, SAMPLES, INTERVAL_US = 4, 64, 4000
CLASSES = ("quiet", "loud")
INLINES, CROSSLINES = 40, 48
_TEST_FROM = 24


def earth(
    seed: int, inlines: int = 24, crosslines: int = 32, smooth: int = 3, gain: float = 1.0
) -> NDArray[np.float32]:
    """(inlines * crosslines, 64) amplitudes: noise of some smoothness, louder and softer from place to place."""
    random = np.random.default_rng(seed)
    noise = random.normal(size=(inlines * crosslines, SAMPLES + smooth - 1))
    kernel = np.hanning(smooth + 2)[1:-1]
    waves = np.apply_along_axis(np.convolve, 1, noise, kernel / np.linalg.norm(kernel), mode="valid")
    places = random.normal(size=(-(-inlines // 8), -(-crosslines // 8))).repeat(8, 0).repeat(8, 1)
    # Half of the traces are loud, trace by trace: so each place has both classes.
    loud = 1 + 3 * (random.random((inlines * crosslines, 1)) < 0.5)
    level = np.exp(0.1 * places[:inlines, :crosslines]).reshape(-1, 1)
    return (100 * level * loud * waves).astype(np.float32)


@dataclass
class Place:
    """A deployment.

    Attributes:
        settings: of it.
        lake: of it.
        registry: with the model in production; shared with other tests, which do not change it.
    """

    settings: Settings
    lake: Lake
    registry: ModelRegistry

    @property
    def bundle(self) -> Bundle:
        return self.registry.aliased()[1]

    def add(self, name: str, amplitudes: NDArray[np.float32], inlines: int = 24, crosslines: int = 32) -> None:
        """Take a file into bronze and the catalogue, in place of the one before."""
        path = self.settings.landing_dir / name
        write_cube(path, inlines=inlines, crosslines=crosslines, traces=amplitudes, sample_format="ieee")
        list(ingest_files(self.lake, {name: path}, IngestOptions()))
        self.catalogue()

    def drop(self, name: str) -> None:
        """Let a file vanish."""
        self.lake.delete_files(BRONZE_TRACES, [name])
        self.catalogue()

    def catalogue(self, *refused: str) -> None:
        """A catalogue of the files in bronze, but for some that are in quarantine."""
        rows = [
            {"file_id": name, "relative": name, "admitted": name not in refused, "digest": name, "stamp": [1, 2, 3],
             "reason": "is bad" if name in refused else "", "judged_at": NOW.isoformat()}
            for name in sorted({*self.lake.file_ids(BRONZE_TRACES), *refused})
        ]  # fmt: skip
        self.lake.replace(SEGY_CATALOGUE, frame_of(SEGY_CATALOGUE, *rows))

    def judge(self, now: datetime = NOW, **changes: Any) -> Judgement:
        """A round of the drift assets."""
        version, bundle = self.registry.aliased()
        assert bundle.drift is not None
        settings = self.settings.model_copy(update=changes)
        return Judge(self.lake, settings, bundle, bundle.drift, version, now).round(Progress())

    def record(self, *rows: RecordedCall | RecordedFeedback) -> None:
        """What the service would have written of some requests."""
        recorder = Recorder(self.settings.serving_dir, RecorderOptions(), clock=lambda: NOW)
        recorder.start()
        for row in rows:
            recorder.record(row)
        assert recorder.stop(30)


def settings_in(folder: Path) -> Settings:
    (folder / "landing").mkdir(parents=True, exist_ok=True)
    return Settings(landing_dir=folder / "landing", storage_root=folder / "storage", sensor_interval_s=30)


def train(folder: Path) -> Place:
    """A deployment in which a model was trained on one file, and promoted."""
    settings = settings_in(folder)
    place = Place(settings, Lake(settings.lake_dir), registry_of(settings))
    amplitudes = earth(0, INLINES, CROSSLINES)
    place.add(TRAINING, amplitudes, INLINES, CROSSLINES)
    split = _split(amplitudes)
    place.lake.replace(DATASET_SPLIT, split)
    _write_bundle(place, split, folder / "bundle")
    version = register(place, folder / "bundle")
    _write_record(place, version)
    return place


def register(place: Place, folder: Path) -> str:
    """Another version of the bundle in a folder, put into production."""
    tags = {"dataset_digest": dataset_digest(place.lake, place.lake.read(DATASET_SPLIT))}
    with place.registry.run("a fit", {}):
        version = place.registry.register(folder, np.zeros((1, 12), np.float32), tags)
    place.registry.promote(version, PRODUCTION)
    return version


def copy_of(trained: Place, folder: Path) -> Place:
    """The same files in a deployment of their own, with the same registry."""
    settings = settings_in(folder)
    shutil.copytree(trained.settings.lake_dir, settings.lake_dir)
    shutil.copytree(trained.settings.reports_dir, settings.reports_dir)
    return Place(settings, Lake(settings.lake_dir), trained.registry)


def _split(amplitudes: NDArray[np.float32]) -> pl.DataFrame:
    loud = np.abs(amplitudes).mean(axis=1) > 150
    rows = [
        {"file_id": TRAINING, "trace_index": trace, "window_index": window, "inline": 11 + trace // CROSSLINES,
         "crossline": 100 + 2 * (trace % CROSSLINES), "class": int(loud[trace]), "block": f"area0/0/{trace // 64}",
         "fold": "test" if trace // CROSSLINES >= _TEST_FROM else "validation" if trace % 5 == 0 else "train"}
        for trace in range(len(amplitudes))
        for window in range(2)
    ]  # fmt: skip
    return frame_of(DATASET_SPLIT, *rows).sort(DATASET_SPLIT.key)


def _write_bundle(place: Place, split: pl.DataFrame, folder: Path) -> None:
    from seismic_assets.defs.evaluation.scoring import rows_of
    from seismic_assets.frames import score_windows

    embedder = fit_embedder([GRID.cut(earth(0, INLINES, CROSSLINES))], COMPONENTS)
    make = FeatureMaker(GRID, embedder, FeatureSet(), "none")
    names = make.feature_set.names(COMPONENTS)
    scored = score_windows(place.lake, rows_of(split, "train"), make, {}, keep=split.height)
    fold = FoldData(scored.features, scored.truth)
    model = fit_model("logistic_regression", TrainingData(fold, fold, names), 0)
    manifest = BundleManifest(
        classes=CLASSES,
        trained_classes=model.trained_classes,
        window_samples=GRID.samples,
        window_step=GRID.step,
        sample_interval_us=INTERVAL_US,
        feature_names=names,
        family=model.family,
        dataset_digest="abc",
    )
    trained = (split.filter(pl.col("window_index") == 0).sort("trace_index")["fold"] != "test").to_numpy()
    write_bundle(
        folder,
        manifest,
        embedder=embedder,
        feature_mean=model.feature_mean,
        feature_scale=model.feature_scale,
        graphs={MODEL: to_onnx_bytes(model)},
        reference=reference_statistics(scored.features, scored.truth, names, CLASSES),
        trained_on={TRAINING: trained},
        drift=drift_references(place.lake, split, make, CLASSES, model.probabilities),
    )


def _write_record(place: Place, version: str) -> None:
    """An evaluation in which all but a twentieth is right, and the embedding matters most."""
    truth = np.arange(200) % 2
    answered = np.where(np.arange(200) % 20 == 3, 1 - truth, truth)
    probabilities = np.eye(2, dtype=np.float32)[answered] * 0.9 + 0.05
    names = place.bundle.manifest.feature_names
    folder = report_folder(place.settings, version)
    folder.mkdir(parents=True)
    record = EvaluationRecord(
        version=version,
        scores={MODEL: score(truth, probabilities, CLASSES)},
        f1=Interval(0.95, 0.9, 1.0, 20),
        class_f1={},
        calibration=measure_calibration(truth, probabilities),
        slices=[],
        importance=[
            Importance(
                "embedding", tuple(name for name in names if name.startswith("embedding")), Interval(0.3, 0, 1, 20)
            ),
            Importance(names[-1], (names[-1],), Interval(0.1, 0, 1, 20)),
        ],
    )
    save_record(folder, record)


def served_calls(
    place: Place,
    amplitudes: NDArray[np.float32],
    since: datetime = NOW - timedelta(hours=3),
    version: str = "1",
    per_call: int = 16,
    **fields: Any,
) -> list[RecordedCall]:
    """Requests with the features of traces, answered in the last hours."""
    from seismic_assets.attributes import Traces
    from seismic_assets_tests.serving.recording.building import make_call, make_id

    predictor = Predictor(place.bundle)
    calls = []
    for number, first in enumerate(range(0, len(amplitudes), per_call)):
        traces = amplitudes[first : first + per_call]
        features = predictor.features(Traces(traces, INTERVAL_US))
        classes = predictor.probabilities(features).reshape(len(traces), 2, -1).mean(axis=1).argmax(axis=1)
        moment = since + timedelta(seconds=number)
        values: dict[str, Any] = {
            "request_id": make_id(moment),
            "model_version": version,
            "traces": len(traces),
            "windows": 2 * len(traces),
            "features": features.astype("<f4").tobytes(),
            "num_features": features.shape[1],
            "classes": {name: int((classes == each).sum()) for each, name in enumerate(CLASSES)},
            "trace_classes": classes.astype("<i2").tobytes(),
            "mean_confidence": 0.9,
        }
        calls.append(make_call(5, moment, **values | fields))
    return calls


def truths_of(calls: Sequence[RecordedCall], right: float) -> list[RecordedFeedback]:
    """The true class of each trace of requests, of which a share was answered rightly."""
    found = []
    count = 0
    for each in calls:
        assert each.trace_classes is not None
        for trace, answered in enumerate(np.frombuffer(each.trace_classes, "<i2").tolist()):
            true = answered if (37 * count) % 100 < 100 * right else 1 - answered
            count += 1
            found.append(
                RecordedFeedback(
                    each.request_id, trace, true, CLASSES[true], None, each.received_at + timedelta(minutes=5), answered
                )
            )
    return found
