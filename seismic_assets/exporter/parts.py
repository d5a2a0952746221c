"""Sources of metrics, each looked at by itself, so that one that fails or hangs does not take the others along."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from seismic_assets.exporter.errors import NothingYetError, SourceError

_log = structlog.get_logger(__name__)
_PATIENCE = 5.0


@dataclass(frozen=True)
class Look:
    """What a source showed.

    Attributes:
        metrics: of what could be read.
        complaints: a sentence for each thing that could not.
    """

    metrics: Sequence[Metric]
    complaints: Sequence[str] = field(default_factory=tuple)


class Part:
    """One source. It is looked at in a thread, as a locked database or a disk that is gone holds whoever reads it."""

    def __init__(self, name: str, look: Callable[[], Look]) -> None:
        """Prepare.

        Args:
            name: of the source, as the label `part` has it.
            look: reads it; raises SourceError where it cannot be read.
        """
        self.name = name
        self.errors = 0
        self.up = False
        self.seconds = 0.0
        self._look = look
        self._thread: threading.Thread | None = None
        self._seen: Look | None = None
        self._said: set[str] = set()

    def begin(self) -> None:
        """Look, unless an earlier look has not ended yet."""
        if self._thread is None or not self._thread.is_alive():
            self._seen = None
            self._thread = threading.Thread(target=self._run, name=f"exporter-{self.name}", daemon=True)
            self._thread.start()

    def end(self, deadline: float) -> Sequence[Metric]:
        """What was seen, waiting for it until a time of the monotonic clock; nothing where the source failed."""
        thread = self._thread
        if thread is not None:
            thread.join(max(0.0, deadline - time.monotonic()))
        seen = self._seen
        if seen is None:  # it hangs, or the look ended in a defect, whose traceback is in the log
            seen = Look((), (f"the part {self.name} gave no answer in time",))
        self.up = self.up and not seen.complaints
        self._account(seen.complaints)
        return seen.metrics

    def _run(self) -> None:
        began = time.monotonic()
        self.up = False
        try:
            seen = self._look()
            self.up = True
        except NothingYetError:
            seen = Look(())
        except SourceError as error:
            seen = Look((), (str(error),))
        self.seconds = time.monotonic() - began
        self._seen = seen

    def _account(self, complaints: Sequence[str]) -> None:
        """Count complaints, and say each once for as long as it lasts."""
        self.errors += len(complaints)
        now = set(complaints)
        for complaint in sorted(now - self._said):
            _log.warning("some metrics are not shown", part=self.name, reason=complaint)
        if self._said and not now:
            _log.info("all metrics are shown again", part=self.name)
        self._said = now


class PartsCollector(Collector):
    """The metrics of all parts, and how the parts are. One scrape at a time: who calls it sees to that."""

    def __init__(self, parts: Sequence[Part], patience: float = _PATIENCE) -> None:
        """Prepare.

        Args:
            parts: the sources.
            patience: seconds that all of them together may take; what is not there by then is left out.
        """
        self._parts = parts
        self._patience = patience

    def collect(self) -> Iterable[Metric]:
        """The metrics."""
        deadline = time.monotonic() + self._patience
        for part in self._parts:
            part.begin()
        for part in self._parts:
            yield from part.end(deadline)
        yield from self._own()

    def _own(self) -> Iterable[Metric]:
        up = GaugeMetricFamily(
            "seismic_pipeline_up", "1 where a part of the pipeline is there and can be read whole.", labels=["part"]
        )
        errors = CounterMetricFamily(
            "seismic_pipeline_scrape_errors",
            "What could not be read; a part that is not there yet is no error.",
            labels=["part"],
        )
        seconds = GaugeMetricFamily(
            "seismic_pipeline_scrape_seconds", "How long the last look at a part took.", labels=["part"]
        )
        for part in self._parts:
            up.add_metric([part.name], part.up)
            errors.add_metric([part.name], part.errors)
            seconds.add_metric([part.name], part.seconds)
        yield from (up, errors, seconds)
