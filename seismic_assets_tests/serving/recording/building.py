"""Rows to record, and processes that record them."""

import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import DeltaTable

from seismic_assets.serving.recording import RecordedCall, RecordedFeedback, Recorder, RecorderOptions

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def make_id(moment: datetime) -> str:
    """A UUIDv7 of a moment."""
    milliseconds = int(moment.timestamp() * 1000)
    number = (milliseconds << 80) | (uuid.uuid4().int & ((1 << 80) - 1))
    return str(uuid.UUID(int=(number & ~(0xF << 76)) | (7 << 76)))


def make_call(number: int = 0, moment: datetime = NOON, **fields: Any) -> RecordedCall:
    """A call; its number is its latency."""
    values: dict[str, Any] = {
        "request_id": make_id(moment),
        "received_at": moment,
        "endpoint": "/v1/predict",
        "method_form": "raw",
        "key_id": "key-1",
        "model_version": "7",
        "status": 200,
        "traces": 1,
        "windows": 13,
        "latency_ms": float(number),
        "classes": {"normal": 1, "anomaly": 0},
    }
    return RecordedCall(**values | fields)


def make_feedback(request_id: str, moment: datetime = NOON, **fields: Any) -> RecordedFeedback:
    """A feedback that the first class is the true one."""
    return RecordedFeedback(request_id, None, 0, "normal", "key-1", moment, **fields)


def make_recorder(folder: Path, options: RecorderOptions | None = None) -> Recorder:
    """A recorder for which it is always noon, so that no row of a test grows old."""
    return Recorder(folder, options or RecorderOptions(), clock=lambda: NOON)


def rows_of(folder: Path, table: str = "inference_log") -> pl.DataFrame:
    """All rows of a table; no row where there is no table."""
    path = folder / table
    return pl.DataFrame(pl.scan_delta(str(path)).collect()) if DeltaTable.is_deltatable(str(path)) else pl.DataFrame()


def wait_until(reached: Callable[[], bool]) -> None:
    """Until it is so; a signal, by which pytest ends a test, may be lost in a library that is called meanwhile."""
    deadline = time.monotonic() + 300
    while not reached():
        assert time.monotonic() < deadline, "it is not so after five minutes"
        time.sleep(0.02)


_RECORD = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from seismic_assets.serving.recording import Recorder, RecorderOptions
from seismic_assets_tests.serving.recording.building import make_call

folder, name, rows, flush_seconds, stops = Path(sys.argv[1]), sys.argv[2], *map(float, sys.argv[3:])
recorder = Recorder(folder, RecorderOptions(flush_seconds=flush_seconds, upkeep_seconds=0.2))
recorder.start()
number = 0
while number < rows:
    recorder.record(make_call(number, datetime.now(UTC), key_id=name))
    number += 1
    if number % 50 == 0:
        print(number, recorder.figures().written, flush=True)
        time.sleep(0.002)
print("stopped", recorder.stop(60.0)) if stops else print(number, "all", flush=True)
time.sleep(0 if stops else 600)
"""


def recording_process(
    folder: Path, name: str, rows: float, flush_seconds: float = 0.05, stops: bool = True
) -> subprocess.Popen[str]:
    """A process that records rows numbered from 0, under the key `name`, then stops or waits to be killed.

    It says now and then how many it has recorded and how many of them are written.
    """
    command = [sys.executable, "-c", _RECORD, folder, name, rows, flush_seconds, int(stops)]
    return subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)
