"""The machine and the processes of the service."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from seismic_assets.serving.metrics import MachineCollector


def values(collector: MachineCollector) -> dict[str, float]:
    return {sample.name: sample.value for metric in collector.collect() for sample in metric.samples}


def test_shares_are_percentages_and_the_disk_is_that_of_the_storage_root(tmp_path: Path) -> None:
    seen = values(MachineCollector(tmp_path, None))

    disk = os.statvfs(tmp_path)
    assert 0 <= seen["seismic_system_cpu_percent"] <= 100
    assert 0 < seen["seismic_system_memory_percent"] <= 100
    assert seen["seismic_disk_total_bytes"] == disk.f_blocks * disk.f_frsize
    assert 0 < seen["seismic_disk_free_bytes"] <= seen["seismic_disk_total_bytes"]


def test_work_between_two_scrapes_is_seen(tmp_path: Path) -> None:
    collector = MachineCollector(tmp_path, None)
    before = values(collector)
    while sum(os.times()[:2]) < before["seismic_process_cpu_seconds_total"] + 0.3:
        sum(range(100_000))

    after = values(collector)

    assert after["seismic_system_cpu_percent"] > 0
    assert after["seismic_process_cpu_seconds_total"] >= before["seismic_process_cpu_seconds_total"] + 0.2


def test_the_processor_is_that_since_the_last_scrape_and_two_scrapes_at_once_see_the_same() -> None:
    readings = iter([(10.0, 100.0), (60.0, 200.0), (60.0, 200.0), (70.0, 300.0), (69.9, 400.0)])
    collector = MachineCollector(None, None, lambda: next(readings))

    seen = [values(collector)["seismic_system_cpu_percent"] for _ in range(4)]

    assert seen == [50, 50, 10, 0]


def test_the_process_is_this_one(tmp_path: Path) -> None:
    collector = MachineCollector(tmp_path, None)
    before = values(collector)
    with (tmp_path / "a file").open("w"):
        during = values(collector)

    assert before["seismic_process_resident_memory_bytes"] > 10_000_000
    assert before["seismic_process_threads"] >= 1
    assert during["seismic_process_open_files"] == before["seismic_process_open_files"] + 1
    assert before["seismic_processes"] == 1


def test_a_storage_root_that_is_not_there_yet_shows_no_disk(tmp_path: Path) -> None:
    seen = values(MachineCollector(tmp_path / "later", None))

    assert "seismic_disk_free_bytes" not in seen
    assert "seismic_system_cpu_percent" in seen


def test_workers_are_added_up_and_dead_ones_are_not(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        (tmp_path / f"counter_{other.pid}.db").touch()
        both = values(MachineCollector(None, tmp_path))
        alone = values(MachineCollector(None, None))
        other.kill()
    one = values(MachineCollector(None, tmp_path))

    assert (both["seismic_processes"], one["seismic_processes"]) == (2, 1)
    assert both["seismic_process_resident_memory_bytes"] > alone["seismic_process_resident_memory_bytes"]
    assert one["seismic_process_threads"] == pytest.approx(alone["seismic_process_threads"], abs=2)
