"""How much was asked, how fast it was answered, and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from seismic_assets.monitoring.served import ANSWERED

_SOUND = pl.col("latency_ms").is_finite() & (pl.col("latency_ms") >= 0)


@dataclass(frozen=True)
class Traffic:
    """Requests of a period or a window.

    Attributes:
        requests: that came.
        answered: below status 400.
        traces: classified in answered requests.
        refused: status 400 to 499, the caller's mistakes.
        failed: status 500 and above, the service's.
        latency_p50, latency_p95, latency_p99: milliseconds of answered requests; None where there is none.
        unsound_latencies: answered requests whose latency is missing, negative or not finite; they are left out.
        requests_per_hour: over the hours that have passed; None where none has.
    """

    requests: int
    answered: int
    traces: int
    refused: int
    failed: int
    latency_p50: float | None
    latency_p95: float | None
    latency_p99: float | None
    unsound_latencies: int
    requests_per_hour: float | None

    @property
    def refused_rate(self) -> float:
        """Share of 1."""
        return self.refused / max(self.requests, 1)

    @property
    def failed_rate(self) -> float:
        """Share of 1."""
        return self.failed / max(self.requests, 1)


def traffic_of(rows: pl.DataFrame, hours: float) -> Traffic:
    """Figures of some requests of `read_calls` over so many hours."""
    latency = pl.col("latency_ms").filter(ANSWERED & _SOUND)
    figures = rows.select(
        requests=pl.len(),
        answered=ANSWERED.sum(),
        traces=pl.col("traces").filter(ANSWERED).sum(),
        refused=pl.col("status").is_between(400, 499).sum(),
        failed=(pl.col("status") >= 500).sum(),
        latency_p50=latency.quantile(0.5, "linear"),
        latency_p95=latency.quantile(0.95, "linear"),
        latency_p99=latency.quantile(0.99, "linear"),
        unsound_latencies=(ANSWERED & ~_SOUND.fill_null(False)).sum(),
    ).row(0, named=True)
    return Traffic(**figures, requests_per_hour=_rate(figures, hours))


def _rate(figures: dict[str, Any], hours: float) -> float | None:
    return float(figures["requests"] / hours) if hours > 0 else None
