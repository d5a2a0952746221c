"""The registry of one deployment: its runs, and the registration of what they made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.objects import Place
from seismic_assets.registry.connection import Connection
from seismic_assets.registry.lifecycle import Lifecycle
from seismic_assets.registry.runs import RunLog
from seismic_assets.registry.versions import BUNDLE, NONE, STAGE_TAG

# What `mlflow models serve` needs; given so that MLflow does not start a process to guess it.
_REQUIREMENTS = ["onnx", "onnxruntime", "numpy"]


def _answers(graph: Any, example: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """What the graph answers to the example, by the name of the output."""
    import onnxruntime

    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    return dict(zip(names, session.run(names, {session.get_inputs()[0].name: example}), strict=True))


class ModelRegistry(Lifecycle, RunLog):
    """The registry of one deployment. Every method raises RegistryError where the registry does not answer."""

    def __init__(self, uri: str, artifacts: Place, experiment: str, model_name: str) -> None:
        connection = Connection(uri)
        Lifecycle.__init__(self, connection, model_name)
        RunLog.__init__(self, connection, experiment, artifacts)

    def register(self, folder: Path, example: NDArray[np.float32], tags: Mapping[str, str]) -> str:
        """Register the bundle in `folder` as a new version in stage `none`, within a `run`; returns the version.

        The graph is logged as an ONNX model, so that `mlflow models serve` works on features; the bundle lies beside.
        """
        import onnx
        from mlflow.models import infer_signature

        mlflow = self._connection.mlflow()
        with self._connection.answers():
            mlflow.log_artifacts(str(folder), BUNDLE)
            graph = onnx.load(str(folder / "model.onnx"))
            answers = _answers(graph, example)
            info = mlflow.onnx.log_model(
                graph,
                name="model",
                signature=infer_signature(example, answers),
                input_example=example,
                pip_requirements=_REQUIREMENTS,
            )
            client = self._connection.client()
            self._ensure_model(client)
            made = client.create_model_version(
                self.model_name,
                source=info.model_uri,
                run_id=info.run_id,
                tags={STAGE_TAG: NONE, **tags},
                model_id=info.model_id,
            )
        return str(made.version)

    def _ensure_model(self, client: Any) -> None:
        """Make the registered model; MLflow's own way of doing so prints."""
        from mlflow.exceptions import MlflowException

        try:
            client.create_registered_model(self.model_name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def describe(self, version: str, text: str) -> None:
        """Set the description of a version, which MLflow's page shows."""
        with self._connection.answers():
            self._connection.client().update_model_version(self.model_name, version, description=text)
