"""The real page and daemon: files dropped into the landing folder are taken up without a click."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from seismic_assets.deployment import store_place_of
from seismic_assets.driver import open_instance
from seismic_assets.feature_store.lookup import backend_of
from seismic_assets.lake import Lake, predictions_table
from seismic_assets.settings import Settings
from seismic_assets_tests.commands import SEISMIC, environment
from seismic_assets_tests.ports import free_port
from seismic_assets_tests.surveys import add_labelled, add_unlabelled

pytestmark = [pytest.mark.load, pytest.mark.timeout(900)]
PATIENCE_S = 420


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE_S} s in vain for {what}"
        time.sleep(1)


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Settings]:
    settings = Settings(landing_dir=tmp_path / "landing", storage_root=tmp_path / "storage")
    settings.landing_dir.mkdir()
    quick = environment(
        sensor_interval_s="5",
        settle_seconds="2",
        split_block="4",
        split_buffer="1",
        min_class_windows="5",
        feature_store="true",
    )
    arguments = ["--landing-dir", settings.landing_dir, "--storage-root", settings.storage_root]
    with (tmp_path / "dev.log").open("w") as log:
        process = subprocess.Popen(
            [SEISMIC, "dev", *arguments, "--port", str(free_port())],
            env=quick,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield settings
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=60)


def trainings(instance: dg.DagsterInstance) -> int:
    events = instance.fetch_materializations(dg.AssetKey("seismic_classifier"), limit=100).records
    return len({event.run_id for event in events})


def looked_up(deployment: Settings) -> set[str]:
    online = backend_of(store_place_of(deployment))
    try:
        return set(online.files())
    finally:
        online.close()


def at_rest(instance: dg.DagsterInstance) -> bool:
    running = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.QUEUED]
    return instance.get_runs_count(dg.RunsFilter(statuses=running)) == 0


def test_dropped_files_lead_to_one_training_and_predictions_without_a_click(deployment: Settings) -> None:
    for seed in (1, 2):
        add_labelled(deployment.landing_dir, seed)
    lake = Lake(deployment.lake_dir)

    def predicted() -> set[str]:
        return set(lake.row_counts(predictions_table(())))

    wait_for(lambda: predicted() == {"survey_001.sgy", "survey_002.sgy"}, "predictions of the labelled files")
    instance = open_instance(deployment)
    assert trainings(instance) == 1

    add_unlabelled(deployment.landing_dir, 11)

    wait_for(lambda: "unlabelled_011.sgy" in predicted(), "predictions of the unlabelled file")
    wait_for(lambda: "unlabelled_011.sgy" in looked_up(deployment), "features of the unlabelled file")
    wait_for(lambda: at_rest(instance), "the runs to end")
    assert trainings(instance) == 1
    statuses = Counter(run.status for run in instance.get_runs())
    assert set(statuses) == {dg.DagsterRunStatus.SUCCESS}, statuses
