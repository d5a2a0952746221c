"""MLflow runs of one experiment: begin, add to, nest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seismic_assets.objects import Place
from seismic_assets.registry.connection import Connection, experiment_id, running


class RunLog:
    """The runs of one experiment. Every method raises RegistryError where MLflow does not answer."""

    def __init__(self, connection: Connection, experiment: str, artifacts: Place) -> None:
        self._mlflow = connection
        self._experiment = experiment
        self._artifacts = artifacts

    @contextmanager
    def run(self, name: str, tags: Mapping[str, str]) -> Iterator[str]:
        """An MLflow run around a block; FINISHED at its end, FAILED when it raises. Yields the run id."""
        with running(self._mlflow, self.experiment_id(), name, tags) as run_id:
            yield run_id

    def log(
        self, run_id: str, *, params: Mapping[str, Any] | None = None, metrics: Mapping[str, float] | None = None
    ) -> None:
        """Add parameters and metrics to a run, also after its end."""
        from mlflow.entities import Metric, Param

        with self._mlflow.answers():
            self._mlflow.client().log_batch(
                run_id,
                metrics=[Metric(key, float(value), 0, 0) for key, value in (metrics or {}).items()],
                params=[Param(key, str(value)[:6000]) for key, value in (params or {}).items()],
            )

    def log_folder(self, run_id: str, folder: Path, name: str) -> None:
        """Add the files of a folder to a run's artifacts below `name`."""
        with self._mlflow.answers():
            self._mlflow.client().log_artifacts(run_id, str(folder), name)

    def experiment_id(self) -> str:
        """The id of the experiment, which is made where it is not there yet."""
        return experiment_id(self._mlflow, self._experiment, self._artifacts)
