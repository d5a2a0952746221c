"""The serving bundle: all that a model version carries and all that serving loads. Nothing in it is unpickled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from seismic_assets.attributes import FeatureSet, FeatureSetName, WindowEmbedder, WindowGrid
from seismic_assets.registry.drift import DriftReferences, load_drift, save_drift
from seismic_assets.registry.embedders import load_embedder, save_embedder
from seismic_assets.registry.errors import BundleError

MANIFEST, REFERENCE = "manifest.json", "reference.json"
EMBEDDER, SCALER, MODEL, TRAINED_ON = "embedder.npz", "scaler.npz", "model.onnx", "trained_on.npz"
ANSWERS, DRIFT = "answers.npz", "drift.npz"
_REQUIRED = {EMBEDDER, SCALER, MODEL, TRAINED_ON, REFERENCE}


class BundleManifest(BaseModel):
    """What a bundle is and where it comes from.

    Attributes:
        format: version of the layout of a bundle.
        classes: class names by index.
        trained_classes: indices that the model can predict, in the order of its output.
        window_samples, window_step: how traces are cut, in samples.
        sample_interval_us: of the traces it was trained on, microseconds.
        normalise: `robust` where amplitudes are divided by the scale of their file.
        feature_set, time_feature: which features of a window the model sees.
        feature_names: what the graph takes, in order.
        family: model family.
        hyperparameters: what differs from the family's defaults, and the `temperature` of its calibration.
        hyperparameters_source: `tuned` or `default`.
        cv_f1_macro: mean macro-F1 over the folds of the search; None without one.
        training_windows, seed: how many windows it was fitted on, and the seed they were drawn with.
        dataset_digest: identity of the labelled windows it was trained on.
        mlflow_run_id, dagster_run_id: the runs that made it.
        table_versions: Delta versions of the tables it was made from.
        files: BLAKE2b digest of each other file of the bundle.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    classes: tuple[str, ...]
    trained_classes: tuple[int, ...]
    window_samples: int
    window_step: int
    sample_interval_us: int
    normalise: Literal["none", "robust"] = "none"
    feature_set: FeatureSetName = "classic"
    time_feature: bool = False
    feature_names: tuple[str, ...]
    family: str
    hyperparameters: dict[str, Any] = {}
    hyperparameters_source: str = "default"
    cv_f1_macro: float | None = None
    training_windows: int = 0
    seed: int = 0
    dataset_digest: str
    mlflow_run_id: str = ""
    dagster_run_id: str = ""
    table_versions: dict[str, int] = {}
    files: dict[str, str] = {}

    @property
    def features(self) -> FeatureSet:
        """Which features of a window the model sees."""
        return FeatureSet(self.feature_set, self.time_feature)

    @property
    def window(self) -> WindowGrid:
        """Which windows a trace is cut into."""
        return WindowGrid(self.window_samples, self.window_step)


@dataclass(frozen=True)
class Answers:
    """What the estimator itself answered, before it became a graph: the graph must answer the same.

    Attributes:
        inputs: (m, f) float32, standardised features of windows that were not trained on.
        probabilities: (m, trained classes) float64, of the estimator.
    """

    inputs: NDArray[np.float32]
    probabilities: NDArray[np.float64]


@dataclass(frozen=True)
class Bundle:
    """A bundle that was read and whose digests were verified.

    Attributes:
        manifest: what it is.
        embedder: standardisation and components of windows.
        feature_mean, feature_scale: (f,) float64.
        graphs: ONNX graphs by name: `model`, and the baselines it was compared with.
        reference: statistics of the training windows.
        trained_on: (traces,) bool by file id: which traces training and validation windows came from.
        answers: what the estimator answered; None in a bundle of an earlier version of this package.
        drift: what later windows and answers are compared with; None in a bundle of an earlier version.
    """

    manifest: BundleManifest
    embedder: WindowEmbedder
    feature_mean: NDArray[np.float64]
    feature_scale: NDArray[np.float64]
    graphs: Mapping[str, bytes]
    reference: Mapping[str, Any]
    trained_on: Mapping[str, NDArray[np.bool_]]
    answers: Answers | None = None
    drift: DriftReferences | None = None

    def content_digest(self) -> str:
        """Digest of what determines a prediction: graph, arrays and windows, not the runs that made them."""
        manifest = self.manifest
        identity = [
            *(manifest.files[name] for name in (MODEL, EMBEDDER, SCALER)),
            [manifest.window_samples, manifest.window_step, manifest.classes],
            *([manifest.feature_set, manifest.time_feature] if manifest.features != FeatureSet() else []),
        ]
        return _digest(json.dumps(identity).encode())


def write_bundle(
    folder: Path,
    manifest: BundleManifest,
    *,
    embedder: WindowEmbedder,
    feature_mean: NDArray[np.float64],
    feature_scale: NDArray[np.float64],
    graphs: Mapping[str, bytes],
    reference: Mapping[str, Any],
    trained_on: Mapping[str, NDArray[np.bool_]],
    answers: Answers | None = None,
    drift: DriftReferences | None = None,
) -> Bundle:
    """Write a bundle into an empty folder, the manifest with the digests last, and read it back."""
    folder.mkdir(parents=True, exist_ok=True)
    save_embedder(folder / EMBEDDER, embedder)
    np.savez(folder / SCALER, mean=feature_mean, scale=feature_scale)
    np.savez_compressed(folder / TRAINED_ON, **trained_on)  # type: ignore[arg-type]
    for name, graph in graphs.items():
        (folder / f"{name}.onnx").write_bytes(graph)
    (folder / REFERENCE).write_text(json.dumps(reference))
    names = [EMBEDDER, SCALER, TRAINED_ON, REFERENCE, *(f"{name}.onnx" for name in graphs)]
    if answers is not None:
        np.savez_compressed(folder / ANSWERS, inputs=answers.inputs, probabilities=answers.probabilities)
        names.append(ANSWERS)
    if drift is not None:
        save_drift(folder / DRIFT, drift)
        names.append(DRIFT)
    digests = {name: _digest((folder / name).read_bytes()) for name in names}
    (folder / MANIFEST).write_text(manifest.model_copy(update={"files": digests}).model_dump_json(indent=2))
    return load_bundle(folder)


def load_bundle(folder: Path) -> Bundle:
    """Read a bundle.

    Raises:
        BundleError: a file is missing or differs from the manifest's digest.
    """
    try:
        manifest = BundleManifest.model_validate_json((folder / MANIFEST).read_bytes())
        contents = {name: (folder / name).read_bytes() for name in manifest.files}
    except FileNotFoundError as error:
        missing = Path(error.filename).name
        raise BundleError(
            f"the serving bundle {folder} has no {missing}; promote another version or train again"
        ) from error
    except ValidationError as error:
        raise BundleError(f"the manifest of the serving bundle {folder} is not valid; train again") from error
    if not manifest.files.keys() >= _REQUIRED:
        raise BundleError(f"the manifest of the serving bundle {folder} is not valid; train again")
    for name, content in contents.items():
        if _digest(content) != manifest.files[name]:
            raise BundleError(f"{name} of the serving bundle {folder} was altered since it was written; restore it")
    with np.load(folder / SCALER, allow_pickle=False) as scaler:
        feature_mean, feature_scale = scaler["mean"], scaler["scale"]
    with np.load(folder / TRAINED_ON, allow_pickle=False) as traces:
        trained_on = {file_id: traces[file_id] for file_id in traces.files}
    return Bundle(
        manifest=manifest,
        embedder=load_embedder(folder / EMBEDDER),
        feature_mean=feature_mean,
        feature_scale=feature_scale,
        graphs={Path(name).stem: content for name, content in contents.items() if name.endswith(".onnx")},
        reference=json.loads(contents[REFERENCE]),
        trained_on=trained_on,
        answers=_load_answers(folder / ANSWERS) if ANSWERS in manifest.files else None,
        drift=load_drift(folder / DRIFT) if DRIFT in manifest.files else None,
    )


def _load_answers(path: Path) -> Answers:
    with np.load(path, allow_pickle=False) as arrays:
        return Answers(arrays["inputs"], arrays["probabilities"])


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
