"""What is known of one request when it ends: for its line in the log, its row in the table and the metrics."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from seismic_assets.serving.comparison import Comparison
from seismic_assets.serving.keys import Caller
from seismic_assets.serving.served_model import Kept

_RANDOM = random.Random()  # seeded by the system, in each process anew
ANYONE = Caller("anonymous", frozenset({"predict", "admin"}))


@dataclass(slots=True)
class CallFacts:
    """What becomes known of a request on its way.

    Attributes:
        request_id: a UUID of version 7, which begins with the time.
        endpoint: path of the route, or `other`.
        caller: who asks.
        form: of the body: json, raw, arrow, segy.
        version: of the model that answered.
        traces, windows: that were answered.
        classes: answered traces by class.
        trace_classes: class of each answered trace, little-endian int16.
        confidence: mean confidence of the traces.
        error: the sentence of the problem.
        kept: traces and features, of a request whose inputs are recorded.
        comparison: gives how the other model answered, in its own time.
        compared: what that gave.
        received_at: UTC.
    """

    request_id: str
    endpoint: str
    received_at: datetime
    caller: Caller = ANYONE
    form: Literal["json", "raw", "arrow", "segy"] = "json"
    version: str = ""
    traces: int = 0
    windows: int = 0
    classes: dict[str, int] = field(default_factory=dict)
    trace_classes: bytes | None = None
    confidence: float | None = None
    error: str | None = None
    kept: Kept | None = None
    comparison: Callable[[], Awaitable[Comparison | None]] | None = None
    compared: Comparison | None = None


def new_facts(endpoint: str) -> CallFacts:
    """The facts of a request that has just come in."""
    now = time.time()
    return CallFacts(_uuid7(int(now * 1000)), endpoint, datetime.fromtimestamp(now, UTC))


def _uuid7(milliseconds: int) -> str:
    """A UUID of version 7 (RFC 9562) as text: the standard library makes none before Python 3.14.

    It tells requests apart and keeps nothing secret, so the bits need not come from the system.
    """
    head, tail = _RANDOM.getrandbits(12), _RANDOM.getrandbits(62)
    digits = f"{(milliseconds << 80) | (7 << 76) | (head << 64) | (2 << 62) | tail:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
