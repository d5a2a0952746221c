"""Frames for the agents, without any file behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from seismic_assets.insights.quality import AgentResult, QualityInputs, agents
from seismic_assets.insights.quality.gathering import CLASS_SCHEMA, FOLD_SCHEMA
from seismic_assets.insights.quality.positions import HEADER_COLUMNS, positions_of
from seismic_assets.lake import BRONZE_TRACES, QUALITY_HISTORY, SEGY_CATALOGUE, TRACE_QUALITY, Table

START = datetime(2026, 3, 1, tzinfo=UTC)
SOUND: Mapping[str, Any] = {
    "status": "read",
    "reason": "",
    "traces_declared": 100,
    "traces": 100,
    "num_samples": 500,
    "sample_interval_us": 4000,
    "source_interval_us": 4000,
    "mean_amplitude": 0.5,
    "std_amplitude": 1000.0,
    "min_amplitude": -9000.0,
    "max_amplitude": 8000.0,
    "amplitude_scale": 900.0,
    "score": 99.0,
    "notes": "",
}


def frame(table: Table, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows of a table; integers that are not given are 0."""
    schema = pl.DataFrame(pl.from_arrow(table.schema.empty_table())).schema
    zeros = {name: 0 for name, kind in schema.items() if kind.is_integer()}
    return pl.DataFrame([{**zeros, **row} for row in rows], schema=schema)


def grid(file_id: str, inlines: int = 10, crosslines: int = 10, **changes: Any) -> pl.DataFrame:
    """Headers of a file on a grid of 25 m; `changes` are of the coordinates: functions of (x, y) or constants."""
    inline, crossline = np.repeat(np.arange(inlines), crosslines), np.tile(np.arange(crosslines), inlines)
    values = {
        "file_id": [file_id] * inline.size,
        "trace_index": np.arange(inline.size),
        "inline": 100 + inline,
        "crossline": 300 + crossline,
        "cdp": 1 + np.arange(inline.size),
        "cdp_x": 400_000.0 + 25.0 * crossline,
        "cdp_y": 5_000_000.0 + 25.0 * inline,
        "start_ms": np.zeros(inline.size),
    }
    return headers(values | changes)


def headers(values: Mapping[str, Any]) -> pl.DataFrame:
    """The header columns of bronze in their types."""
    schema = pl.DataFrame(pl.from_arrow(BRONZE_TRACES.schema.empty_table())).schema
    return pl.DataFrame(values).select(pl.col(name).cast(schema[name]) for name in HEADER_COLUMNS)


def made(
    files: Mapping[str, Mapping[str, Any]],
    *,
    positions: Sequence[pl.DataFrame] | None = None,
    quarantined: Mapping[str, str] | None = None,
    classes: Mapping[str, int] | None = None,
    history: pl.DataFrame | None = None,
    problems: Mapping[str, str] | None = None,
) -> QualityInputs:
    """Inputs of files that are sound but for what is given of each; each on a grid of its own ground."""
    rows = [{"file_id": file, **SOUND, **changes} for file, changes in files.items()]
    catalogue = [{"file_id": file, "admitted": True, "digest": file, "reason": "", "notes": ""} for file in files]
    refused = [
        {"file_id": file, "admitted": False, "digest": file, "reason": why, "notes": ""}
        for file, why in (quarantined or {}).items()
    ]
    apart = [
        grid(file).with_columns(pl.col("cdp_x") + 1000.0 * number)
        for number, (file, changes) in enumerate(files.items())
        if changes.get("status", "read") == "read"
    ]
    given = apart if positions is None else positions
    labels = [("a.sgy", number, name, count) for number, (name, count) in enumerate((classes or {}).items())]
    return QualityInputs(
        quality=frame(TRACE_QUALITY, rows),
        catalogue=frame(SEGY_CATALOGUE, [*catalogue, *refused]),
        positions=positions_of(pl.concat(given) if given else headers({name: [] for name in HEADER_COLUMNS})),
        classes=pl.DataFrame(labels, schema=CLASS_SCHEMA, orient="row"),
        folds=pl.DataFrame(schema=FOLD_SCHEMA),
        history=frame(QUALITY_HISTORY, []) if history is None else history,
        windows=sum((classes or {}).values()),
        problems=problems or {},
    )


def by_name(inputs: QualityInputs) -> dict[str, AgentResult]:
    """Results of the agents by name."""
    return {each.name: each for each in agents(inputs)}


def codes(result: AgentResult) -> dict[str, str]:
    """Severity by code of the findings."""
    return {each.code: each.severity for each in result.findings}


def sentence(result: AgentResult, code: str) -> str:
    """The sentence of the only finding of a code."""
    (found,) = (each.sentence for each in result.findings if each.code == code)
    return found
