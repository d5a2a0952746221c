"""Several worker processes that share their numbers."""

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seismic_assets.serving.metrics import new_metrics_folder
from seismic_assets_tests.serving.metrics.reading import samples

WORKER = """
import json, os, sys
from pathlib import Path
import numpy as np
from seismic_assets.serving.metrics import ServiceMetrics, exposition, snapshot

folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
metrics = ServiceMetrics(["/predict", "/health"], ["/predict"], folder, folder)
counts = {"accepted": 0}
metrics.follow_recorder(lambda: counts)
for line in sys.stdin:
    answer = eval(line)
    print(json.dumps(answer), flush=True)
"""


class Worker:
    """A process that does what it is told, one line at a time."""

    def __init__(self, folder: Path, before: str = "true") -> None:
        self.process = subprocess.Popen(
            # `exec` keeps the process id, which the shell knows as $$.
            ["sh", "-c", f'{before}; exec "$0" -c "$1"', sys.executable, WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
        )

    def __call__(self, expression: str) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(expression + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def scrape(self) -> dict[str, float]:
        return samples(self("exposition(metrics)[0].decode()"))

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    workers: list[Worker] = []

    def start(before: str = "true") -> Worker:
        workers.append(Worker(tmp_path, before))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()


def test_any_worker_answers_for_all_and_what_a_dead_one_counted_stays(start: Callable[..., Worker]) -> None:
    first, second = start(), start()
    for worker, seconds in ((first, 0.001), (second, 0.2)):
        worker(f"metrics.request('/predict', 200, {seconds})")
        worker("metrics.request('/predict', 503, 0.001)")
        worker("metrics.predicted({'normal': 2}, np.float32([0.9, 0.5]))")
        worker("metrics.in_flight.inc()")
        worker("metrics.waiting.inc(2)")
    both = first.scrape()
    assert both["seismic_requests_in_flight"] == 2
    assert both["seismic_requests_waiting"] == 4
    assert both["seismic_processes"] == 2

    first.kill()
    seen = second.scrape()

    assert seen["seismic_requests_in_flight"] == 1
    assert seen["seismic_requests_waiting"] == 2
    assert seen["seismic_processes"] == 1
    assert seen["seismic_requests_total{endpoint=/predict,status=200}"] == 2
    assert seen["seismic_request_errors_total{endpoint=/predict,status=503}"] == 2
    assert seen["seismic_prediction_latency_seconds_count{endpoint=/predict}"] == 2
    assert seen["seismic_prediction_latency_seconds_bucket{endpoint=/predict,le=0.001}"] == 1
    assert seen["seismic_prediction_confidence_count"] == 4
    assert seen["seismic_traces_total"] == 4
    snapshot = second("snapshot(metrics)")
    assert snapshot["requests"] == {"total": 4, "errors": 2}
    assert snapshot["classes"] == {"normal": 4}
    assert snapshot["latency_buckets_ms"][-1] == [None, 2]


def test_a_worker_with_the_process_id_of_a_dead_one_does_not_take_over_its_requests(
    start: Callable[..., Worker], tmp_path: Path
) -> None:
    dead = start()
    dead("metrics.in_flight.inc(5)")
    dead("metrics.request('/predict', 200, 0.001)")
    dead("metrics.refresh()")
    dead.kill()
    moves = (f"mv {kind}_{dead.process.pid}.db {kind}_$$.db" for kind in ("gauge_livesum", "counter"))

    worker = start(f"cd {tmp_path}; {'; '.join(moves)}; cd - >/dev/null")

    seen = worker.scrape()
    assert seen["seismic_requests_in_flight"] == 0
    assert seen["seismic_requests_total{endpoint=/predict,status=200}"] == 1


def test_versions_are_those_of_the_workers_that_live(start: Callable[..., Worker]) -> None:
    first, second = start(), start()
    first("metrics.serves('7', 'random_forest', 'production')")
    second("metrics.serves('7', 'random_forest', 'production')")
    second("metrics.serves('8', 'random_forest', 'production')")

    def versions() -> dict[str, float]:
        return {line[-2]: value for line, value in second.scrape().items() if line.startswith("seismic_model_info")}

    assert versions() == {"7": 1, "8": 1}
    first.kill()
    assert versions() == {"8": 1}


def test_the_counts_of_each_recorder_are_added_up_once_they_are_refreshed(start: Callable[..., Worker]) -> None:
    first, second = start(), start()
    first("counts.update(accepted=3)")
    first("metrics.refresh()")
    second("counts.update(accepted=4)")

    assert second.scrape()["seismic_recorder_calls_total{outcome=accepted}"] == 7
    assert second.scrape()["seismic_recorder_calls_total{outcome=accepted}"] == 7


def test_a_worker_that_has_made_its_file_and_not_filled_it_does_no_harm(
    start: Callable[..., Worker], tmp_path: Path
) -> None:
    worker = start()
    worker("metrics.request('/predict', 200, 0.001)")
    started = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, pathlib, time; path = pathlib.Path(sys.argv[1]); path.touch(); print(flush=True); input();"
            "time.sleep(0.01); path.write_bytes(bytes(65536)); input()",
            str(tmp_path / "counter_1.db"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with started:
        assert started.stdout is not None
        assert started.stdin is not None
        started.stdout.readline()
        started.stdin.write("\n")
        started.stdin.flush()

        assert worker.scrape()["seismic_requests_total{endpoint=/predict,status=200}"] == 1
        started.kill()


def test_a_folder_for_the_workers_is_empty_and_for_this_user_only() -> None:
    folder = new_metrics_folder()
    try:
        assert list(folder.iterdir()) == []
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        shutil.rmtree(folder)
