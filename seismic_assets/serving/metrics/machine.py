"""The processor, memory and disk of the machine and of the service's processes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import psutil
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from seismic_assets.serving.metrics.workers import worker_ids


class MachineCollector(Collector):
    """Looked up for each scrape. With several workers the figures of processes are sums over those that live."""

    def __init__(
        self,
        storage_root: Path | None,
        shared_folder: Path | None,
        processor: Callable[[], tuple[float, float]] | None = None,
    ) -> None:
        """Begin to watch the processor.

        Args:
            storage_root: whose disk is shown, or None.
            shared_folder: where worker processes share their numbers; without it there is this process only.
            processor: gives the busy and all seconds of all cores so far; by default those of this machine.
        """
        self._storage_root = storage_root
        self._shared_folder = shared_folder
        self._lock = threading.Lock()
        self._processor = processor or _processor_seconds
        self._before = self._processor()
        self._percent = 0.0

    def collect(self) -> Iterable[Metric]:
        """The metrics."""
        yield GaugeMetricFamily(
            "seismic_system_cpu_percent", "Processor of the machine in use since the last scrape.", self._cpu_percent()
        )
        yield GaugeMetricFamily(
            "seismic_system_memory_percent", "Memory of the machine in use.", psutil.virtual_memory().percent
        )
        yield from self._disk()
        yield from self._processes()

    def _cpu_percent(self) -> float:
        """As psutil.cpu_percent, which remembers a last call for each thread; scrapes come in any thread."""
        with self._lock:
            busy, total = self._processor()
            busy_before, total_before = self._before
            if total > total_before:
                self._percent = round(100 * min(max(busy - busy_before, 0) / (total - total_before), 1), 1)
                self._before = busy, total
            return self._percent

    def _disk(self) -> Iterable[Metric]:
        if self._storage_root is None:
            return
        with suppress(OSError):  # the folder is made by the first run
            usage = psutil.disk_usage(str(self._storage_root))
            yield GaugeMetricFamily("seismic_disk_free_bytes", "Free space below the storage root.", usage.free)
            yield GaugeMetricFamily("seismic_disk_total_bytes", "Size of the storage root's disk.", usage.total)

    def _processes(self) -> Iterable[Metric]:
        ids = {os.getpid()} if self._shared_folder is None else worker_ids(self._shared_folder) | {os.getpid()}
        seconds = memory = files = threads = living = 0.0
        for each in ids:
            with suppress(psutil.Error):  # it ended
                process = psutil.Process(each)
                with process.oneshot():
                    times = process.cpu_times()
                    of_process = process.memory_info().rss, process.num_fds(), process.num_threads()
                seconds += times.user + times.system
                memory, files, threads = memory + of_process[0], files + of_process[1], threads + of_process[2]
                living += 1
        yield CounterMetricFamily("seismic_process_cpu_seconds", "Processor time of the service.", seconds)
        yield GaugeMetricFamily("seismic_process_resident_memory_bytes", "Memory of the service.", memory)
        yield GaugeMetricFamily("seismic_process_open_files", "Open files and connections of the service.", files)
        yield GaugeMetricFamily("seismic_process_threads", "Threads of the service.", threads)
        yield GaugeMetricFamily("seismic_processes", "Processes of the service.", living)


def _processor_seconds() -> tuple[float, float]:
    """Busy and all seconds of all cores since the machine started."""
    times = psutil.cpu_times()._asdict()
    # The time of guests is in that of users already; what waits for a disk is idle.
    total = sum(times.values()) - times.get("guest", 0.0) - times.get("guest_nice", 0.0)
    return total - times["idle"] - times.get("iowait", 0.0), total
