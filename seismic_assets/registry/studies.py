"""Searches for a model as MLflow runs: one for the study, a nested one for each trial."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seismic_assets.registry.connection import Connection, experiment_id, running

EXPERIMENT = "seismic_hyperparameter_tuning"


class StudyLog:
    """The experiment of the searches of one deployment. Every method raises RegistryError where MLflow is away."""

    def __init__(self, uri: str, artifacts: Path) -> None:
        self._connection = Connection(uri)
        self._artifacts = artifacts

    @contextmanager
    def study(self, name: str, tags: Mapping[str, str]) -> Iterator[str]:
        """An MLflow run around a search; FINISHED at its end, FAILED when it raises. Yields the run id."""
        experiment = experiment_id(self._connection, EXPERIMENT, self._artifacts)
        with running(self._connection, experiment, name, tags) as run_id:
            yield run_id

    def trial(
        self,
        parent: str,
        name: str,
        *,
        params: Mapping[str, Any],
        metrics: Mapping[str, float],
        tags: Mapping[str, str],
        status: str = "FINISHED",
    ) -> None:
        """One trial as a run nested below that of its study.

        Args:
            parent: run id of the study.
            name: of the run.
            params, metrics, tags: what it tried and what came of it.
            status: FINISHED, KILLED (pruned) or FAILED.
        """
        from mlflow.entities import Metric, Param
        from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME

        with self._connection.answers():
            client = self._connection.client()
            run = client.create_run(
                experiment_id(self._connection, EXPERIMENT, self._artifacts),
                tags={**tags, MLFLOW_PARENT_RUN_ID: parent, MLFLOW_RUN_NAME: name},
            )
            client.log_batch(
                run.info.run_id,
                metrics=[Metric(key, float(value), 0, 0) for key, value in metrics.items()],
                params=[Param(key, str(value)[:6000]) for key, value in params.items()],
            )
            client.set_terminated(run.info.run_id, status)

    def log_folder(self, run_id: str, folder: Path, name: str) -> None:
        """Add the files of a folder to a run's artifacts below `name`."""
        with self._connection.answers():
            self._connection.client().log_artifacts(run_id, str(folder), name)

    def log(self, run_id: str, *, params: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        """Add parameters and metrics to a run."""
        from mlflow.entities import Metric, Param

        with self._connection.answers():
            self._connection.client().log_batch(
                run_id,
                metrics=[Metric(key, float(value), 0, 0) for key, value in metrics.items()],
                params=[Param(key, str(value)[:6000]) for key, value in params.items()],
            )
