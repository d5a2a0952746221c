"""The history of the quality of the data: a row for each state they were in."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from seismic_assets.file_locks import held
from seismic_assets.insights.quality.report import QualityReport
from seismic_assets.insights.quality.result import AgentResult
from seismic_assets.lake import QUALITY_HISTORY, Lake, LakeError

MOST_ROWS = 1000
_LOCK_SECONDS = 60.0


def append_history(lake: Lake, report: QualityReport, now: datetime) -> bool:
    """Keep the state of the data, unless it is that of the latest row; of many rows the last 1,000 stay.

    Args:
        lake: of the deployment.
        report: on the state.
        now: aware.

    Returns:
        Whether a row came; none does where the statistics could not be judged.

    Raises:
        LakeError: the table is damaged, cannot be written, or is being written by another for a minute.
    """
    row = _row(report, now)
    if row is None:
        return False
    with held(lake.lock_file(QUALITY_HISTORY.name), _LOCK_SECONDS) as mine:
        if not mine:
            raise LakeError(f"table {QUALITY_HISTORY.name} is being written by another process; run again")
        known = lake.read(QUALITY_HISTORY)
        if known.height and known["identity"][-1] == row["identity"][0]:
            return False
        lake.replace(QUALITY_HISTORY, pl.concat([known, row]).tail(MOST_ROWS))
    return True


def _row(report: QualityReport, now: datetime) -> pl.DataFrame | None:
    results: dict[str, AgentResult] = {each.name: each for each in report.results}
    snapshot = results["statistics"].snapshot
    if snapshot is None:
        return None
    judged = {name: results[name].verdict for name in ("statistics", "domain", "drift")}
    values = {
        **snapshot.row(),
        **judged,
        "timestamp": now,
        "verdict": report.verdict,
        # A state that only differs much from the one before is what later ones are compared with.
        "accepted": snapshot.traces > 0 and "FAIL" not in (judged["statistics"], judged["domain"]),
        "findings": sum(len(results[name].findings) for name in judged),
        "summary": report.insight.summary,
    }
    empty = pl.DataFrame(pl.from_arrow(QUALITY_HISTORY.schema.empty_table()))
    return pl.DataFrame([values], schema=empty.schema)
