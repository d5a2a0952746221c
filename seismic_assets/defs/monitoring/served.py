"""What was served lately: requests whose traces and features were kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from seismic_assets.drift import Sample
from seismic_assets.monitoring import MonitoringError
from seismic_assets.registry import Bundle
from seismic_assets.serving.recording import FEEDBACK, INFERENCE_LOG
from seismic_assets.serving.recording.errors import cause_of
from seismic_assets.settings import Settings

SERVED = "served"
_TABLE = "inference_log"


def served_sample(settings: Settings, bundle: Bundle, version: str, now: datetime) -> Sample | None:
    """Features of the requests that a version answered in the last hours, the latest; None where none were kept.

    Where the traces of a request lie is not known, so they count in their order, and those that follow each other as
    neighbours.
    """
    width = len(bundle.manifest.feature_names)
    since = now - timedelta(hours=settings.monitoring_hours)
    kept = served_rows(settings, since, _TABLE).filter(
        (pl.col("model_version") == version)
        & (pl.col("status") == 200)
        & (pl.col("num_features") == width)
        & (pl.col("traces") > 0)
        & (pl.col("features").bin.size() == 4 * width * pl.col("windows"))
    )
    # The features of a day can be a gigabyte: first which requests, then their features.
    latest = collected(kept.select("received_at", "traces").sort("received_at", descending=True), _TABLE)
    latest = latest.filter(pl.col("traces").cum_sum() <= settings.drift_traces)
    if latest.height == 0:
        return None
    rows = collected(
        kept.filter(pl.col("received_at") >= latest["received_at"][-1])
        .select("received_at", "traces", "features")
        .sort("received_at"),
        _TABLE,
    )
    features, trace, first = [], [], 0
    for row in rows.iter_rows(named=True):
        values = np.frombuffer(row["features"], "<f4").reshape(-1, width)
        features.append(values)
        trace.append(first + np.repeat(np.arange(row["traces"]), len(values) // row["traces"]))
        first += row["traces"]
    return Sample(np.concatenate(features), np.concatenate(trace), np.zeros(first, bool))


def served_rows(settings: Settings, since: datetime, table: str) -> pl.LazyFrame:
    """Rows of a table of the service that came since then; without any where nothing was served yet.

    Raises:
        MonitoringError: the table is damaged.
    """
    folder = settings.local_root / "serving" / table
    if not DeltaTable.is_deltatable(str(folder)):
        schema = (INFERENCE_LOG if table == _TABLE else FEEDBACK).schema
        return pl.DataFrame(pl.from_arrow(schema.empty_table())).lazy()
    with _readable(table):
        rows = pl.scan_delta(str(folder))
    return rows.filter((pl.col("date") >= since.date()) & (pl.col("received_at") >= since))


def collected(rows: pl.LazyFrame, table: str) -> pl.DataFrame:
    """The rows of a table of the service.

    Raises:
        MonitoringError: the table is damaged.
    """
    with _readable(table):
        return pl.DataFrame(rows.collect())


@contextmanager
def _readable(table: str) -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, DeltaError, OSError) as error:
        raise MonitoringError(
            f"the table {table} of the service cannot be read ({cause_of(error)}); restore the file, or move the table "
            "away: the service begins a new one"
        ) from error
