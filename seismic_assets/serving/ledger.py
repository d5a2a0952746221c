"""What is noted of each request: a line in the log, one in the audit trail, a row in the inference table."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import numpy as np
import structlog
from fastapi import HTTPException
from starlette.types import Scope

from seismic_assets.serving.audit import AuditTrail
from seismic_assets.serving.config import ServiceConfig
from seismic_assets.serving.facts import CallFacts
from seismic_assets.serving.metrics import ServiceMetrics
from seismic_assets.serving.paths import PREDICTING
from seismic_assets.serving.recording import (
    RecordedCall,
    Recorder,
    RecorderOptions,
    RecordingError,
    Retention,
    find_call,
    recent_calls,
)

_log = structlog.get_logger(__name__)
_LONGEST_PATH = 200
_REFUSED = frozenset({401, 403, 429})


class Ledger:
    """Takes note of requests; what it writes, it writes behind them.

    Attributes:
        recorder: writes the tables, or None where nothing is kept.
    """

    def __init__(self, config: ServiceConfig, metrics: ServiceMetrics) -> None:
        recording, folder = config.recording, config.folder
        self._share = recording.inputs_share if recording is not None else 0.0
        # Bound at the start, when the level is known: a proxy binds anew for each line, also where none is written.
        self._log: Any = _log
        self._random = random.Random()  # of each process its own
        self.recorder: Recorder | None = None
        self._folder = folder
        self._audit: AuditTrail | None = None
        self._lines: list[dict[str, object]] = []
        if recording is not None and folder is not None:
            options = RecorderOptions(calls=Retention(recording.days, recording.max_bytes))
            self.recorder = Recorder(folder, options)
            self._audit = AuditTrail(folder / "audit", recording.days)
            metrics.follow_recorder(self.counts)

    def start(self) -> None:
        """Begin to write."""
        self._log = _log.bind()
        if self.recorder is not None:
            self.recorder.start()

    def stop(self) -> None:
        """Write what is left."""
        if self.recorder is not None:
            self.recorder.stop()
        if self._audit is not None:
            self._write_lines(self._audit)
            self._audit.close()

    def _write_lines(self, audit: AuditTrail) -> None:
        lines, self._lines = self._lines, []
        if lines:
            audit.write(lines)

    def counts(self) -> dict[str, int]:
        """What became of the rows so far."""
        if self.recorder is None:
            return {}
        figures = self.recorder.figures()
        return {
            "accepted": figures.accepted,
            "written": figures.written,
            "dropped": figures.dropped,
            "lost": figures.lost_and_found,
            "failures": figures.failures + (self._audit.lost if self._audit is not None else 0),
        }

    def find(self, request_id: str) -> dict[str, Any] | None:
        """The row of a request, written or waiting to be; may read the disk.

        Raises:
            HTTPException: 503, the table cannot be read.
        """
        if self.recorder is None or self._folder is None:
            return None
        waiting = self.recorder.find_pending(request_id)
        if waiting is not None:
            return asdict(waiting)
        with _reading():
            return find_call(self._folder, request_id)

    def recent(self, limit: int, search: str | None) -> list[dict[str, Any]]:
        """Recent requests to predict, the latest first; reads the disk.

        Raises:
            HTTPException: 503, the table cannot be read.
        """
        if self.recorder is None or self._folder is None:
            return []
        with _reading():
            return recent_calls(self._folder, limit, search)

    def keeps_inputs(self) -> bool:
        """Whether the traces of the request at hand are to be kept; drawn anew for each."""
        return self.recorder is not None and self._random.random() < self._share

    def note(self, facts: CallFacts, scope: Scope, status: int, seconds: float) -> None:
        """Note a request that was answered; called in the event loop."""
        line = {
            "request_id": facts.request_id,
            "method": scope["method"],
            "path": _shown(scope["path"]),
            "status": status,
            "milliseconds": round(seconds * 1000, 3),
            "caller": facts.caller.key_id,
        }
        if facts.version:
            line |= {"traces": facts.traces, "version": facts.version}
        self._log.info("request", **line)
        if self._audit is not None:
            client = scope.get("client")
            if not self._lines:  # those that end in one turn of the event loop are written in one go
                asyncio.get_running_loop().call_soon(self._write_lines, self._audit)
            self._lines.append({"time": facts.received_at, "address": client[0] if client else "", **line})
        if self.recorder is not None and facts.endpoint in PREDICTING and status not in _REFUSED:
            self.recorder.record(_row(facts, status, seconds))


@contextmanager
def _reading() -> Iterator[None]:
    """Around a look at the table: what is wrong with the disk is for the operator, not for the caller."""
    try:
        yield
    except RecordingError as error:
        _log.error("the table of requests cannot be read", reason=str(error))
        raise HTTPException(503, "the table of requests cannot be read; the log of the service says why") from error


def _row(facts: CallFacts, status: int, seconds: float) -> RecordedCall:
    kept, second = facts.kept, facts.compared
    return RecordedCall(
        request_id=facts.request_id,
        received_at=facts.received_at,
        endpoint=facts.endpoint,
        method_form=facts.form,
        key_id=facts.caller.key_id,
        model_version=facts.version,
        status=status,
        traces=facts.traces,
        windows=facts.windows,
        latency_ms=seconds * 1000,
        classes=facts.classes,
        trace_classes=facts.trace_classes,
        mean_confidence=facts.confidence,
        error=facts.error,
        inputs=None if kept is None else np.ascontiguousarray(kept.traces, "<f4").tobytes(),
        num_samples=None if kept is None else kept.traces.shape[1],
        sample_interval_us=None if kept is None else kept.sample_interval_us,
        features=None if kept is None else np.ascontiguousarray(kept.features, "<f4").tobytes(),
        num_features=None if kept is None else kept.features.shape[2],
        second_version=None if second is None else second.version,
        second_role=None if second is None else second.role,
        second_agreement=None if second is None else second.agreement,
        second_difference=None if second is None else second.difference,
    )


@lru_cache(256)
def _shown(path: str) -> str:
    """The path percent-encoded, so that it cannot forge a line of the log."""
    return quote(path)[:_LONGEST_PATH]
