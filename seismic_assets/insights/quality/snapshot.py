"""The state of the data in figures that another state can be compared with."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import polars as pl

from seismic_assets.insights.quality.inputs import READ, QualityInputs

_DIGITS = 9  # figures of floating point are the same to so many


@dataclass(frozen=True)
class Snapshot:
    """One state of the data.

    Attributes:
        identity: digest of the files, their quality and their labels.
        files: that were read.
        refused_files: that are quarantined or could not be read.
        traces: of the files that were read.
        lost_share, clipped_share, spiked_share, duplicate_share: of the traces; lost are dead and broken ones.
        score_mean: of the files, each as often as it has traces; NaN without traces.
        score_deviation: between files.
        score_lowest: NaN without files.
        scaled_files: files with an amplitude scale, that is with a live trace.
        scale_median: of the amplitude scales, in the unit of the files; NaN without.
        log_scale_mean, log_scale_deviation: of the common logarithms of the scales.
        labelled_windows: how many windows have a class.
        class_shares: share of them by class name.
    """

    identity: str
    files: int
    refused_files: int
    traces: int
    lost_share: float
    clipped_share: float
    spiked_share: float
    duplicate_share: float
    score_mean: float
    score_deviation: float
    score_lowest: float
    scaled_files: int
    scale_median: float
    log_scale_mean: float
    log_scale_deviation: float
    labelled_windows: int
    class_shares: Mapping[str, float]

    def row(self) -> dict[str, Any]:
        """Columns of `quality_history`; what is not known is null."""
        known = {name: _or_null(value) for name, value in asdict(self).items() if name != "class_shares"}
        return known | {"class_shares": json.dumps(dict(sorted(self.class_shares.items())))}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Snapshot:
        """The inverse of `row`; columns that are no attribute are passed over."""
        values = {name: row[name] for name in SNAPSHOT_COLUMNS if name != "class_shares"}
        known: dict[str, Any] = {name: math.nan if value is None else value for name, value in values.items()}
        return cls(**known, class_shares=json.loads(row["class_shares"] or "{}"))


SNAPSHOT_COLUMNS: tuple[str, ...] = tuple(each.name for each in fields(Snapshot))
"""Columns of `quality_history` that are a state's."""


def snapshot_of(inputs: QualityInputs) -> Snapshot:
    """The state that the frames are of.

    Raises:
        QualityInputError: a frame could not be had.
    """
    read = inputs.read_files()
    traces = int(read["traces"].sum())
    scores = read["score"].drop_nulls().to_numpy()
    scales = known_scales(read)["amplitude_scale"].to_numpy()
    logs = np.log10(scales)
    return Snapshot(
        identity=_identity(inputs),
        files=read.height,
        refused_files=len(refused_files(inputs)),
        traces=traces,
        lost_share=_share(read, traces, "dead_traces", "nan_traces"),
        clipped_share=_share(read, traces, "clipped_traces"),
        spiked_share=_share(read, traces, "spiked_traces"),
        duplicate_share=_share(read, traces, "duplicate_traces"),
        score_mean=_weighted_score(read),
        score_deviation=float(scores.std()) if scores.size else 0.0,
        score_lowest=float(scores.min()) if scores.size else math.nan,
        scaled_files=len(scales),
        scale_median=float(np.median(scales)) if scales.size else math.nan,
        log_scale_mean=float(logs.mean()) if logs.size else math.nan,
        log_scale_deviation=float(logs.std()) if logs.size else 0.0,
        labelled_windows=int(inputs.take("classes", "windows")["windows"].sum()),
        class_shares=class_shares(inputs.take("classes", "class_name", "windows")),
    )


def refused_files(inputs: QualityInputs) -> dict[str, str]:
    """Files that are quarantined or could not be read, and why.

    Raises:
        QualityInputError: a frame could not be had.
    """
    catalogue = inputs.take("catalogue", "file_id", "admitted", "reason").filter(~pl.col("admitted"))
    unread = inputs.take("quality", "file_id", "status", "reason").filter(~READ)
    both = pl.concat([catalogue.select("file_id", "reason"), unread.select("file_id", "reason")])
    return {file: reason or "no reason is recorded" for file, reason in both.sort("file_id").iter_rows()}


def known_scales(read: pl.DataFrame) -> pl.DataFrame:
    """Files with an amplitude scale that is a positive number."""
    return read.filter(pl.col("amplitude_scale") > 0)


def class_shares(classes: pl.DataFrame) -> dict[str, float]:
    """Share of the labelled windows by class name, the commonest first."""
    counts = classes.group_by("class_name").agg(pl.col("windows").sum()).sort("windows", "class_name", descending=True)
    total = int(counts["windows"].sum())
    return {name: count / total for name, count in counts.iter_rows()} if total else {}


def _share(read: pl.DataFrame, traces: int, *names: str) -> float:
    return sum(int(read[name].sum()) for name in names) / traces if traces else 0.0


def _weighted_score(read: pl.DataFrame) -> float:
    scored = read.filter(pl.col("score").is_not_null() & (pl.col("traces") > 0))
    if scored.is_empty():
        return math.nan
    return float(np.average(scored["score"].to_numpy(), weights=scored["traces"].to_numpy()))


def _identity(inputs: QualityInputs) -> str:
    """Of the content, not of the time or the order it was written in."""
    catalogue = inputs.take("catalogue", "file_id", "digest", "admitted", "reason")
    kept = {
        "quality": _rows(inputs.take("quality")),
        "catalogue": _rows(catalogue.select("file_id", "digest", "admitted", "reason")),
        "classes": _rows(inputs.take("classes")),
    }
    return hashlib.blake2b(json.dumps(kept, sort_keys=True).encode(), digest_size=16).hexdigest()


def _rows(frame: pl.DataFrame) -> list[str]:
    return sorted(json.dumps([_rounded(value) for value in row]) for row in frame.select(sorted(frame.columns)).rows())


def _rounded(value: Any) -> Any:
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else value


def _or_null(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
