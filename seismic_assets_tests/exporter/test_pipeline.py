"""All metrics of a deployment."""

import sqlite3
import time
from pathlib import Path

from prometheus_client import CollectorRegistry

from seismic_assets.exporter import Graph, pipeline_metrics
from seismic_assets.exporter.daemons import DaemonsSource
from seismic_assets.exporter.history import History
from seismic_assets.exporter.parts import Part, PartsCollector
from seismic_assets.exporter.runs import RunsSource
from seismic_assets.settings import Settings
from seismic_assets_tests.exporter.building import GRAPH, values


def up(registry: CollectorRegistry) -> dict[str, float]:
    seen = values(registry.collect())
    return {name: value for name, value in seen.items() if name.startswith("seismic_pipeline_up")}


def test_before_the_first_run_there_is_the_machine_and_nothing_is_made(tmp_path: Path) -> None:
    registry = pipeline_metrics(Settings(storage_root=tmp_path / "storage"), Graph())

    seen = values(registry.collect())

    assert set(up(registry).values()) == {0}
    assert not any(value for name, value in seen.items() if name.startswith("seismic_pipeline_scrape_errors"))
    assert seen["seismic_system_memory_percent"] > 0
    assert list(tmp_path.iterdir()) == []


def test_what_comes_later_is_shown_without_a_restart(tmp_path: Path, ran: Path) -> None:
    settings = Settings(storage_root=tmp_path)
    registry = pipeline_metrics(settings, GRAPH)
    assert up(registry)["seismic_pipeline_up{part=runs}"] == 0
    ran.rename(settings.dagster_dir)

    shown = {name.partition("=")[2].rstrip("}") for name, value in up(registry).items() if value}

    assert shown == {"runs", "assets", "checks", "daemons", "storage"}


def test_a_database_that_somebody_holds_takes_its_own_figures_away_and_no_time(ran: Path) -> None:
    history = History(ran)
    collector = PartsCollector(
        [Part("runs", RunsSource(history, GRAPH).look), Part("daemons", DaemonsSource(history).look)], patience=0.5
    )
    with sqlite3.connect(ran / "history" / "runs.db", isolation_level=None) as holder:
        holder.execute("PRAGMA locking_mode=EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        held = values(collector.collect())
        holder.execute("ROLLBACK")
    holder.close()
    deadline = time.monotonic() + 60
    while not values(collector.collect())["seismic_pipeline_up{part=runs}"]:
        assert time.monotonic() < deadline

    assert held["seismic_pipeline_up{part=runs}"] == 0
    assert held["seismic_pipeline_scrape_errors_total{part=runs}"] == 1
