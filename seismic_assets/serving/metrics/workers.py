"""The folder that worker processes share their numbers in: one file a process and kind of metric."""

from __future__ import annotations

import os
import re
import shutil
import struct
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import psutil
from prometheus_client import Metric, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from seismic_assets.serving.errors import ServingError

_OF_PROCESS = re.compile(r"_(\d+)\.db$")
_MEMORY_DISK = Path("/dev/shm")
_ATTEMPTS = 5
_PREFIX = "seismic-metrics-"


class MetricsFolderError(ServingError):
    """The worker processes cannot share their numbers as asked: one sentence."""


def new_metrics_folder() -> Path:
    """An empty folder for PROMETHEUS_MULTIPROC_DIR, which the parent of the workers sets before it starts them.

    In memory where there is such a place: the files are mapped, and a full disk would end each worker that writes to a
    page that was never written before. The parent removes it at its end.
    """
    parent = _MEMORY_DISK if _MEMORY_DISK.is_dir() else Path(tempfile.gettempdir())
    for left in parent.glob(f"{_PREFIX}*-*"):
        owner = left.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(left, ignore_errors=True)  # of a parent that was killed
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))


def check_shared() -> None:
    """See that prometheus-client shares its values.

    Raises:
        MetricsFolderError: it was imported before the environment told it to.
    """
    if not values.ValueClass._multiprocess:
        raise MetricsFolderError(
            "several workers need PROMETHEUS_MULTIPROC_DIR in the environment before Python starts them: "
            "prometheus-client looks once, when it is first imported"
        )


def worker_ids(folder: Path) -> set[int]:
    """Process ids of the workers that wrote into a folder, dead ones among them."""
    return {int(found[1]) for path in folder.iterdir() if (found := _OF_PROCESS.search(path.name))}


def forget_dead_workers(folder: Path) -> None:
    """Take what dead workers were doing at their end out of the gauges; what they counted stays counted."""
    for process in worker_ids(folder):
        if not psutil.pid_exists(process):
            try:
                mark_process_dead(process, str(folder))
            except FileNotFoundError:  # another worker was faster
                continue


def merged(folder: Path) -> Iterable[Metric]:
    """The numbers of all workers in one."""
    for attempt in range(_ATTEMPTS):
        try:
            return list(MultiProcessCollector(None, str(folder)).collect())
        except struct.error:  # a worker that starts has made its file and not yet filled it
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.01)
    raise AssertionError("the loop returns or raises")
