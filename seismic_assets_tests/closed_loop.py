"""A deployment whose daemon and service are up, with a webhook that hears its alerts."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import yaml

from seismic_assets.driver import open_instance
from seismic_assets.lake import DRIFT_VERDICTS, RETRAINING_DECISIONS, Lake, predictions_table
from seismic_assets.monitoring import MonitoringReport
from seismic_assets.settings import Settings
from seismic_assets.survey.export import write_survey
from seismic_assets.survey.manifest import merge_label_sources
from seismic_assets.survey.spec import SurveySpec
from seismic_assets.survey.synthetic import make_survey
from seismic_assets_tests.alerts.receivers import Hook, hook
from seismic_assets_tests.commands import SEISMIC, environment, run
from seismic_assets_tests.ports import free_port
from seismic_assets_tests.serving.load import Service, serving

PATIENCE_S = 400
QUICK = {
    "model_families": "logistic_regression",
    "tuning_trials": "2",
    "sensor_interval_s": "5",
    "settle_seconds": "2",
    "monitoring_cron": "0 0 1 1 *",
}
CROSSLINES = 60
_ACTIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]
_QUIET_TICKS = 2


def write_wavelet(folder: Path, seed: int, hertz: float, inlines: int, files: int = 1) -> list[Path]:
    """A survey with another wavelet than others, with its labels."""
    spec = SurveySpec(seed=seed, inlines=inlines, crosslines=CROSSLINES, peak_frequency_hz=hertz)
    return write_survey(make_survey(spec), folder, f"survey_{seed:03d}", files=files)


def forget_labels(folder: Path, segy: Path) -> None:
    """Make a file one without labels."""
    path = folder / "labels.yaml"
    document = yaml.safe_load(path.read_text())
    document["sources"] = [source for source in document["sources"] if source["file"] != segy.name]
    path.write_text(yaml.safe_dump(document))


@dataclass(frozen=True)
class Loop:
    """What people see of a deployment, and its landing folder.

    Attributes:
        settings: of it.
        instance: Dagster's.
        service: that answers with the version in production.
        told: the webhook.
        aside: files that have not landed yet.
    """

    settings: Settings
    instance: dg.DagsterInstance
    service: Service
    told: Hook
    aside: Path

    @property
    def lake(self) -> Lake:
        """The tables."""
        return Lake(self.settings.lake_dir)

    def land(self, segy: Path, labels: Path | None = None) -> None:
        """Drop a file into the landing folder; its labels lie there before it."""
        if labels is not None:
            labels.rename(self.settings.landing_dir / labels.name)
            merge_label_sources(self.settings.landing_dir, labels.name, [segy.name])
        segy.rename(self.settings.landing_dir / segy.name)

    def version(self) -> str:
        """Of the model that the service answers with."""
        return str(self.service.get("/v1/model_info").json()["model_version"])

    def reports(self) -> list[MonitoringReport]:
        """All reports that were made, the oldest first."""
        paths = sorted((self.settings.reports_dir / "monitoring").glob("2*.json"))
        return [MonitoringReport.from_json(path.read_bytes()) for path in paths]

    def messages(self) -> list[dict[str, Any]]:
        """What the webhook was told of feature drift."""
        return [post for post in list(self.told.posts) if post["key"].startswith("monitoring/feature_drift")]

    def verdicts(self) -> dict[str, dict[str, Any]]:
        """The latest verdict on each file."""
        return {row["subject"]: row for row in self.lake.read(DRIFT_VERDICTS).iter_rows(named=True)}

    def decisions(self) -> list[dict[str, Any]]:
        """All decisions on a retraining, the oldest first."""
        return self.lake.read(RETRAINING_DECISIONS).to_dicts()

    def predicted(self) -> set[str]:
        """Files with predictions."""
        return set(self.lake.row_counts(predictions_table(())))

    def trainings(self) -> list[dg.DagsterRun]:
        """Runs that made a model, the latest first."""
        events = self.instance.fetch_materializations(dg.AssetKey("seismic_classifier"), limit=100).records
        runs = [self.instance.get_run_by_id(event.run_id) for event in events]
        return [run for run in runs if run is not None]

    def verdict_of_the_gate(self) -> dict[str, Any]:
        """What the asset `champion` last said: version, challenger, promoted, reason."""
        event = self.instance.get_latest_materialization_event(dg.AssetKey("champion"))
        assert event is not None
        assert event.asset_materialization is not None
        return {name: value.value for name, value in event.asset_materialization.metadata.items()}

    def failed(self) -> list[str]:
        """Assets of the runs that failed."""
        runs = self.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
        return [f"{run.run_id}: {run.asset_selection}" for run in runs]

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """Until it is so; fails when a run fails, or after minutes."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert not self.failed(), f"{self.failed()} failed before {what}"
            assert time.monotonic() < deadline, f"waited {PATIENCE_S} s in vain for {what}"
            time.sleep(0.5)

    def wait_for_rest(self) -> None:
        """Until no run is under way, and the conditions were looked at since and asked for none."""
        self.wait_for(self._at_rest, "the daemon to have nothing to do")

    def _at_rest(self) -> bool:
        if self.instance.get_runs_count(dg.RunsFilter(statuses=_ACTIVE)):
            return False
        ended = max((record.end_time or 0.0 for record in self.instance.get_run_records(limit=20)), default=0.0)
        ticks = [
            tick
            for state in self.instance.all_instigator_state()
            if state.name == "automation"
            for tick in self.instance.get_ticks(
                state.instigator_origin_id, state.selector_id, limit=_QUIET_TICKS, after=ended
            )
        ]
        return len(ticks) == _QUIET_TICKS and all(tick.is_completed and not tick.run_ids for tick in ticks)


@contextmanager
def closed_loop(root: Path, aside: Path) -> Iterator[Loop]:
    """The daemon, the service and the webhook of a deployment that has a champion."""
    settings = Settings(landing_dir=root / "landing", storage_root=root / "storage")
    with (
        hook() as told,
        serving(settings.storage_root, "production", root / "serve.log", workers=1) as service,
        _daemon(settings, root / "dev.log", alert_urls=told.url, **QUICK),
    ):
        yield Loop(settings, open_instance(settings), service, told, aside)


@contextmanager
def _daemon(settings: Settings, log: Path, **given: str) -> Iterator[None]:
    arguments = ["--landing-dir", settings.landing_dir, "--storage-root", settings.storage_root]
    with log.open("w") as file:
        process = subprocess.Popen(
            [SEISMIC, "dev", *arguments, "--port", str(free_port())],
            env=environment(**given),
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=60)


def first_champion(root: Path) -> None:
    """What `seismic run` makes of the landing folder: version 1, in production."""
    result = run(root / "landing", root / "storage", **QUICK)
    assert result.returncode == 0, result.stderr
