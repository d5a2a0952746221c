"""A small feature store over tables that are made for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from seismic_assets.attributes import FeatureSet
from seismic_assets.feature_store.backends import OnlineBackend
from seismic_assets.feature_store.generations import FileFacts, Kept, Making, keep_generations
from seismic_assets.feature_store.keys import trace_ids
from seismic_assets.feature_store.lookup import Lookup
from seismic_assets.feature_store.online import Materialised, materialise
from seismic_assets.feature_store.repository import StorePlace
from seismic_assets.feature_store.served import rows_of, served_files
from seismic_assets.feature_store.spec import StoreSpec, VersionSpec
from seismic_assets.lake import TRACE_LABELS, WINDOW_LABELS, Lake, trace_features_table, window_features_table

NAMES = tuple(FeatureSet("classic").names(4))
CLASSES = ("normal", "anomaly")
SPEC = StoreSpec(NAMES, CLASSES, {"1": VersionSpec(NAMES, "made so"), "2": VersionSpec(NAMES[:8], "made so")})
TABLE = window_features_table(NAMES)
JANUARY, FEBRUARY, MARCH, APRIL = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3, 4))
WINDOWS = 3


def features_of(traces: int, seed: int) -> pl.DataFrame:
    """Features of every window of a file as `trace_features` has them, other ones for another seed."""
    values = np.random.default_rng(seed).standard_normal((traces * WINDOWS, len(NAMES))).astype(np.float32)
    keys = {
        "trace_index": np.repeat(np.arange(traces), WINDOWS),
        "window_index": np.tile(np.arange(WINDOWS, dtype=np.int32), traces),
    }
    return pl.DataFrame({**keys, **{name: values[:, place] for place, name in enumerate(NAMES)}})


def rows_of_file(file_id: str, traces: int, seed: int) -> pl.DataFrame:
    """The same as the feature store has them."""
    rows = features_of(traces, seed)
    ids = pl.Series("trace_id", trace_ids(file_id, rows["trace_index"].to_numpy()))
    return rows.select(ids, pl.col("window_index").cast(pl.Int64), *NAMES)


def add(
    lake: Lake,
    file_id: str,
    seed: int,
    at: datetime,
    *,
    traces: int = 4,
    keep: int = 5,
    acquired: datetime | None = None,
    making: str = "made so",
) -> Kept:
    """What a file has now, added to its history: of other bytes, unless it was acquired at the time it was before."""
    source = trace_features_table(NAMES)
    lake.replace_file(source, file_id, features_of(traces, seed))
    came = acquired or at
    facts = FileFacts(file_id, came, f"bytes of {came.isoformat()}", 128, 4000)
    return dict(keep_generations(lake, TABLE, source, [facts], Making(at, making, "commit"), keep))[file_id]


def add_labels(lake: Lake, file_id: str, classes: Sequence[int], at: datetime) -> Kept:
    """Labels of the first windows of a file, added to their history."""
    rows = features_of(4, 0).head(len(classes)).select("trace_index", "window_index")
    place = {name: pl.lit(1, pl.Int32) for name in ("inline", "crossline")}
    labels = rows.with_columns(
        pl.Series("class", classes, pl.Int32),
        pl.Series("class_name", [CLASSES[each] for each in classes], pl.String),
        *(value.alias(name) for name, value in place.items()),
        *(pl.lit(0.0).alias(name) for name in ("cdp_x", "cdp_y")),
        pl.lit("picks").alias("source"),
    )
    lake.replace_file(TRACE_LABELS, file_id, labels)
    facts = FileFacts(file_id, JANUARY, "bytes", 128, 4000)
    return dict(keep_generations(lake, WINDOW_LABELS, TRACE_LABELS, [facts], Making(at, "", "commit"), 5))[file_id]


def place_of(root: Path, lake: Lake, redis: str | None = None) -> StorePlace:
    """Where the store of a lake is."""
    return StorePlace(root / "feature_store", lake.path(TABLE), lake.path(WINDOW_LABELS), redis)


def make_lake(root: Path) -> Lake:
    """A lake with the history of two files, and labels of one."""
    lake = Lake(root / "lake")
    for number, file_id in enumerate(("a.sgy", "b.sgy")):
        add(lake, file_id, number, JANUARY)
    add_labels(lake, "a.sgy", [1] * 12, JANUARY)
    return lake


def brought(
    backend: OnlineBackend, lake: Lake, patterns: Sequence[str] = ("*",), spec: StoreSpec = SPEC, now: datetime = MARCH
) -> Materialised:
    """The online store, brought up to date."""
    return materialise(
        backend,
        spec.views,
        served_files(lake, TABLE, patterns),
        lambda file: rows_of(lake, TABLE, file, spec.views),
        now=now,
        keep_served=timedelta(hours=24),
    )


def assert_many_are_found_as_each(lookup: Lookup) -> None:
    """Several traces of the two files of `make_lake` at once are what each is alone, and what the lake has."""
    ids = [int(trace_ids(file_id, [place])[0]) for file_id, place in (("b.sgy", 2), ("a.sgy", 3), ("b.sgy", 0))]
    names = [NAMES[9], NAMES[0], NAMES[6]]

    found = lookup.traces([*ids, ids[0]], names, "made so")

    assert [each.trace_id for each in found] == [*ids, ids[0]]
    assert [(each.file.file_id, each.trace_index) for each in found[:3]] == [("b.sgy", 2), ("a.sgy", 3), ("b.sgy", 0)]
    for each in found:
        alone = lookup.trace(each.trace_id, names)
        np.testing.assert_array_equal(each.window_index, alone.window_index)
        np.testing.assert_array_equal(each.features, alone.features)
        rows = rows_of_file(each.file.file_id, 4, 0 if each.file.file_id == "a.sgy" else 1)
        expected = rows.filter(pl.col("trace_id") == each.trace_id).select(names).to_numpy()
        np.testing.assert_array_equal(each.features, expected)
    assert lookup.traces([], names) == []
