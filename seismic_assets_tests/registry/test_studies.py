"""Searches as nested runs on a real MLflow with a SQLite store."""

from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow.entities import Run

from seismic_assets.registry import RegistryError, StudyLog
from seismic_assets.registry.studies import EXPERIMENT


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> StudyLog:
    """Of one store for the tests of this module."""
    root = tmp_path_factory.mktemp("studies")
    return StudyLog(f"sqlite:///{root / 'store' / 'mlflow.db'}", root / "artifacts")


def run_of(run_id: str) -> Run:
    return mlflow.MlflowClient().get_run(run_id)


def trials_of(run_id: str) -> list[Run]:
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id], f"tags.`mlflow.parentRunId` = '{run_id}'"))


def test_a_study_is_a_run_of_its_own_experiment_with_its_name_and_tags(log: StudyLog) -> None:
    with log.run("a study", {"dataset_digest": "abc"}) as run_id:
        assert run_of(run_id).info.status == "RUNNING"

    run = run_of(run_id)
    assert (run.info.status, run.info.run_name, run.data.tags["dataset_digest"]) == ("FINISHED", "a study", "abc")
    assert mlflow.MlflowClient().get_experiment(run.info.experiment_id).name == "seismic_hyperparameter_tuning"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_study_that_raises_is_failed_and_the_exception_goes_on(log: StudyLog, error: type[BaseException]) -> None:
    with pytest.raises(error, match="the search broke"), log.run("a study", {}) as run_id:
        raise error("the search broke")

    assert run_of(run_id).info.status == "FAILED"


def test_trials_are_runs_below_their_study_with_what_they_tried_and_what_came_of_it(log: StudyLog) -> None:
    with log.run("a study", {}) as run_id:
        for number in range(3):
            log.trial(
                run_id,
                f"trial {number}",
                params={"family": "decision_tree", "max_depth": number, "max_features": None},
                metrics={"score": np.float64(0.5 + number / 8)},
                tags={"state": "COMPLETE"},
            )

    trials = sorted(trials_of(run_id), key=lambda run: run.info.run_name)
    assert [run.info.run_name for run in trials] == ["trial 0", "trial 1", "trial 2"]
    assert {run.info.status for run in trials} == {"FINISHED"}
    assert [run.data.metrics for run in trials] == [{"score": 0.5}, {"score": 0.625}, {"score": 0.75}]
    assert trials[2].data.params == {"family": "decision_tree", "max_depth": "2", "max_features": "None"}
    assert trials[2].data.tags["state"] == "COMPLETE"
    assert {run.info.experiment_id for run in trials} == {run_of(run_id).info.experiment_id}


@pytest.mark.parametrize("status", ["FINISHED", "KILLED", "FAILED"])
def test_a_trial_ends_as_it_did_and_not_as_its_study(log: StudyLog, status: str) -> None:
    with log.run("a study", {}) as run_id:
        log.trial(run_id, "a trial", params={}, metrics={}, tags={}, status=status)

    (trial,) = trials_of(run_id)
    assert trial.info.status == status
    assert trial.info.end_time >= trial.info.start_time
    assert run_of(run_id).info.status == "FINISHED"


def test_a_trial_does_not_take_the_place_of_the_run_that_is_open(log: StudyLog) -> None:
    with log.run("a study", {}) as run_id:
        log.trial(run_id, "a trial", params={}, metrics={}, tags={})
        assert mlflow.active_run().info.run_id == run_id


def test_trials_of_an_earlier_study_are_not_those_of_a_later_one(log: StudyLog) -> None:
    with log.run("first", {}) as first:
        log.trial(first, "a trial", params={}, metrics={}, tags={})
    with log.run("second", {}) as second:
        pass

    assert (len(trials_of(first)), len(trials_of(second))) == (1, 0)


def test_a_long_parameter_is_cut_to_what_mlflow_holds(log: StudyLog) -> None:
    with log.run("a study", {}) as run_id:
        log.trial(run_id, "a trial", params={"space": "x" * 7000}, metrics={}, tags={})

    assert len(trials_of(run_id)[0].data.params["space"]) == 6000


def test_files_and_numbers_are_added_to_a_study_after_its_end(log: StudyLog, tmp_path: Path) -> None:
    (tmp_path / "history.txt").write_text("0.5 0.6")
    with log.run("a study", {}) as run_id:
        pass

    log.log_folder(run_id, tmp_path, "figures")
    log.log(run_id, params={"trials": 3}, metrics={"best": 0.75})

    run = run_of(run_id)
    assert (run.data.params, run.data.metrics) == ({"trials": "3"}, {"best": 0.75})
    (listed,) = mlflow.MlflowClient().list_artifacts(run_id, "figures")
    assert listed.path == "figures/history.txt"


def test_a_store_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("not a database, but long enough to look like one" * 50)
    log = StudyLog(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path / "artifacts")

    with pytest.raises(RegistryError, match=r"mlflow\.db cannot be read: file is not a database"), log.run("a", {}):
        pass
    with pytest.raises(RegistryError, match=r"mlflow\.db cannot be read: file is not a database"):
        log.trial("a run", "a trial", params={}, metrics={}, tags={})


def test_adding_to_a_run_that_is_not_there_is_refused(log: StudyLog) -> None:
    with pytest.raises(RegistryError, match="does not answer"):
        log.log("no such run", params={}, metrics={"best": 1})
