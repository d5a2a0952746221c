"""The validation results under the names that users of the earlier pipeline know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from seismic_assets.insights.quality.errors import QualityInputError
from seismic_assets.insights.quality.findings import by_severity
from seismic_assets.insights.quality.inputs import READ, QualityInputs
from seismic_assets.insights.quality.result import AgentResult

_FIGURES = (
    "status",
    "traces",
    "traces_declared",
    "dead_traces",
    "nan_traces",
    "sample_interval_us",
    "num_samples",
)


def validation_results(inputs: QualityInputs, results: Sequence[AgentResult]) -> dict[str, Any]:
    """The results as JSON holds them.

    Returns:
        `total_traces`, `total_files`: that were read; `missing_trace_data`: traces that are dead, broken, or promised
        and not there; `missing_coordinates`: traces; `sample_rate_consistency`, `num_samples_consistency`: whether all
        files have the same, None without files; `class_label_distribution`: labelled windows by class; `anomalies`:
        sentences, the worst first; `validation_passed`: whether neither statistics nor domain failed.
        A figure whose table could not be read is None.
    """
    read, positions = _had(inputs, "quality", _FIGURES), _had(inputs, "positions", ("traces", "located"))
    read = None if read is None else read.filter(READ)
    judged = [each for each in results if each.name in ("statistics", "domain")]
    found = [finding for result in results if result.name != "actions" for finding in result.findings]
    anomalies = [each.sentence for each in by_severity(found) if each.severity != "info"]
    return {
        "total_traces": None if read is None else int(read["traces"].sum()),
        "total_files": None if read is None else read.height,
        "missing_trace_data": None if read is None else _missing(read),
        "missing_coordinates": None if positions is None else _unlocated(positions),
        "sample_rate_consistency": _same(read, "sample_interval_us"),
        "num_samples_consistency": _same(read, "num_samples"),
        "class_label_distribution": _classes(inputs),
        "anomalies": anomalies,
        "validation_passed": bool(judged) and all(each.verdict != "FAIL" for each in judged),
    }


def _had(inputs: QualityInputs, name: str, columns: Sequence[str]) -> pl.DataFrame | None:
    try:
        return inputs.take(name, *columns)
    except QualityInputError:
        return None  # an agent that needs it has said so


def _missing(read: pl.DataFrame) -> int:
    absent = (pl.col("traces_declared").fill_null(pl.col("traces")) - pl.col("traces")).clip(lower_bound=0)
    return int(read.select((pl.col("dead_traces") + pl.col("nan_traces") + absent).sum()).item())


def _unlocated(positions: pl.DataFrame) -> int:
    return int(positions["traces"].sum()) - int(positions["located"].sum())


def _same(read: pl.DataFrame | None, name: str) -> bool | None:
    return None if read is None or read.is_empty() else read[name].n_unique() == 1


def _classes(inputs: QualityInputs) -> dict[str, int] | None:
    classes = _had(inputs, "classes", ("class_name", "windows"))
    if classes is None:
        return None
    counts = classes.group_by("class_name").agg(pl.col("windows").sum()).sort("class_name")
    return {name: int(count) for name, count in counts.iter_rows()}
