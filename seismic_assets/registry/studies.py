"""Searches for a model as MLflow runs: one for the study, a nested one for each trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seismic_assets.objects import Place
from seismic_assets.registry.connection import Connection
from seismic_assets.registry.runs import RunLog

EXPERIMENT = "seismic_hyperparameter_tuning"


class StudyLog(RunLog):
    """The experiment of the searches of one deployment."""

    def __init__(self, uri: str, artifacts: Place) -> None:
        super().__init__(Connection(uri), EXPERIMENT, artifacts)

    def end_orphans(self, name: str) -> None:
        """End the runs of a study whose process was killed: they would be running for ever."""
        with self._mlflow.answers():
            client = self._mlflow.client()
            where = f"attributes.run_name = '{name}' and attributes.status = 'RUNNING'"
            for run in client.search_runs([self.experiment_id()], where):
                client.set_terminated(run.info.run_id, "KILLED")

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
        from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME

        named = {**tags, MLFLOW_PARENT_RUN_ID: parent, MLFLOW_RUN_NAME: name}
        with self._mlflow.answers():
            client = self._mlflow.client()
            run_id = client.create_run(self.experiment_id(), tags=named).info.run_id
            self.log(run_id, params=params, metrics=metrics)
            client.set_terminated(run_id, status)
