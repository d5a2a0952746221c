"""Model versions in MLflow: runs, registration, aliases, bundles."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.registry.bundle import Bundle, load_bundle
from seismic_assets.registry.errors import RegistryError

PRODUCTION, STAGING = "production", "staging"
_BUNDLE = "bundle"
# What `mlflow models serve` needs; given so that MLflow does not start a process to guess it.
_REQUIREMENTS = ["onnx", "onnxruntime", "numpy"]


class ModelRegistry:
    """The registry of one deployment.

    MLflow is imported at the first call: it takes seconds. Its telemetry is off.
    """

    def __init__(self, uri: str, artifacts: Path, experiment: str, model_name: str) -> None:
        self.uri = uri
        self.model_name = model_name
        self._artifacts = artifacts
        self._experiment = experiment

    @contextmanager
    def run(self, name: str, tags: Mapping[str, str]) -> Iterator[str]:
        """An MLflow run around a block; FINISHED at its end, FAILED when it raises. Yields the run id."""
        mlflow = self._mlflow()
        with mlflow.start_run(experiment_id=self._experiment_id(), run_name=name, tags=dict(tags)) as run:
            yield run.info.run_id

    def log(
        self, run_id: str, *, params: Mapping[str, Any] | None = None, metrics: Mapping[str, float] | None = None
    ) -> None:
        """Add parameters and metrics to a run, also after its end."""
        from mlflow.entities import Metric, Param

        client = self._mlflow().MlflowClient()
        client.log_batch(
            run_id,
            metrics=[Metric(key, float(value), 0, 0) for key, value in (metrics or {}).items()],
            params=[Param(key, str(value)[:6000]) for key, value in (params or {}).items()],
        )

    def log_folder(self, run_id: str, folder: Path, name: str) -> None:
        """Add the files of a folder to a run's artifacts below `name`."""
        self._mlflow().MlflowClient().log_artifacts(run_id, str(folder), name)

    def register(self, folder: Path, example: NDArray[np.float32], tags: Mapping[str, str]) -> str:
        """Register the bundle in `folder` as a new version, within a `run`; returns the version.

        The graph is logged as an ONNX model, so that `mlflow models serve` works on features; the bundle lies beside.
        """
        import onnx
        from mlflow.models import infer_signature

        mlflow = self._mlflow()
        mlflow.log_artifacts(str(folder), _BUNDLE)
        graph = onnx.load(str(folder / "model.onnx"))
        info = mlflow.onnx.log_model(
            graph,
            name="model",
            registered_model_name=self.model_name,
            signature=infer_signature(example),
            pip_requirements=_REQUIREMENTS,
        )
        version = str(info.registered_model_version)
        for key, value in tags.items():
            mlflow.MlflowClient().set_model_version_tag(self.model_name, version, key, value)
        return version

    def version_of(self, alias: str = PRODUCTION) -> str | None:
        """The version that an alias points to, or None."""
        from mlflow.exceptions import MlflowException

        if self._nothing_yet():
            return None
        try:
            return str(self._mlflow().MlflowClient().get_model_version_by_alias(self.model_name, alias).version)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise RegistryError(f"the model registry at {self.uri} does not answer ({error.message})") from error

    def promote(self, version: str, alias: str = PRODUCTION) -> None:
        """Point an alias to a version."""
        self._mlflow().MlflowClient().set_registered_model_alias(self.model_name, alias, version)

    def bundle(self, version: str) -> Bundle:
        """The serving bundle of a version.

        Raises:
            RegistryError: the version is unknown, or its artifacts cannot be fetched.
            BundleError: they are incomplete or altered.
        """
        from mlflow.exceptions import MlflowException

        mlflow = self._mlflow()
        try:
            run_id = mlflow.MlflowClient().get_model_version(self.model_name, version).run_id
            folder = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=_BUNDLE)
        except (MlflowException, OSError) as error:
            raise RegistryError(
                f"the bundle of {self.model_name} version {version} cannot be fetched ({error}); promote another"
            ) from error
        return load_bundle(Path(folder))

    def aliased(self, alias: str = PRODUCTION) -> tuple[str, Bundle]:
        """The version that an alias points to and its bundle.

        Raises:
            RegistryError: there is none.
        """
        version = self.version_of(alias)
        if version is None:
            raise RegistryError(
                f"no version of {self.model_name} is in {alias} in {self.uri}; "
                "train one with `seismic run` on labelled files"
            )
        return version, self.bundle(version)

    def _nothing_yet(self) -> bool:
        """Whether the local store was never written; asking MLflow would make it."""
        return self.uri.startswith("sqlite:///") and not Path(self.uri.removeprefix("sqlite:///")).exists()

    def _experiment_id(self) -> str:
        client = self._mlflow().MlflowClient()
        found = client.get_experiment_by_name(self._experiment)
        if found is not None:
            return str(found.experiment_id)
        location = self._artifacts.resolve().as_uri() if self.uri.startswith("sqlite:") else None
        return str(client.create_experiment(self._experiment, artifact_location=location))

    def _mlflow(self) -> Any:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        import mlflow

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        logging.getLogger("alembic").setLevel(logging.WARNING)

        if self.uri.startswith("sqlite:///"):
            folder = Path(self.uri.removeprefix("sqlite:///")).parent
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise RegistryError(
                    f"{folder} cannot be made ({error.strerror}); choose another storage root"
                ) from error
        mlflow.set_tracking_uri(self.uri)
        mlflow.set_registry_uri(self.uri)
        return mlflow
