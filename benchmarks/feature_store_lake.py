"""A lake with the history of synthetic files, the feature store over it, and rounds that bring windows online."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import yaml

from seismic_assets.attributes import feature_names
from seismic_assets.feature_store.backends import OnlineBackend
from seismic_assets.feature_store.generations import FileFacts, Making, keep_generations
from seismic_assets.feature_store.keys import trace_ids
from seismic_assets.feature_store.online import Materialised, materialise
from seismic_assets.feature_store.repository import StorePlace, write_repository
from seismic_assets.feature_store.served import rows_of, served_files
from seismic_assets.feature_store.spec import StoreSpec
from seismic_assets.lake import WINDOW_LABELS, Lake, PartTask, trace_features_table, window_features_table

NAMES = feature_names(32)
WINDOWS_A_TRACE, FILES = 13, 10
SPEC = StoreSpec(NAMES, ("normal", "anomaly"))
TABLE, SOURCE = window_features_table(NAMES), trace_features_table(NAMES)
ACQUIRED = datetime(2026, 1, 1, tzinfo=UTC)
_TRACES_AT_ONCE = 4096


@dataclass(frozen=True)
class Ground:
    """A lake below a folder and the feature store over it.

    Attributes:
        root: folder.
        traces: of each of the ten files.
        redis: HOST:PORT, or None for SQLite.
    """

    root: Path
    traces: int
    redis: str | None = None

    @property
    def lake(self) -> Lake:
        return Lake(self.root / "lake")

    @property
    def place(self) -> StorePlace:
        folder = self.root / ("feature_store" if self.redis is None else "feature_store_redis")
        return StorePlace(folder, self.lake.path(TABLE), self.lake.path(WINDOW_LABELS), redis=self.redis)

    @property
    def rows(self) -> int:
        return FILES * self.traces * WINDOWS_A_TRACE


def file_id(number: int) -> str:
    return f"line_{number}.sgy"


def made(ground: Ground, stock: bool = False) -> Ground:
    """Write the lake, the history of its files and the repository; with Feast's own SQLite store where asked for."""
    for number in range(FILES):
        keep(ground, number, ACQUIRED)
    write_repository(ground.place, SPEC)
    if stock:
        path = ground.place.folder / "feature_store.yaml"
        settings = yaml.safe_load(path.read_text())
        settings["online_store"] = {"type": "sqlite", "path": ground.place.online.name}
        path.write_text(yaml.safe_dump(settings))
    return ground


def keep(ground: Ground, number: int, at: datetime) -> None:
    """Values of a file, other ones for another time, as the pipeline puts them into the history."""
    name = file_id(number)
    task = PartTask(name, lambda: _features(ground.traces, number, at))
    ground.lake.replace_files(SOURCE, [name], [task])
    facts = FileFacts(name, ACQUIRED, "bytes", 462, 4000)
    for _ in keep_generations(ground.lake, TABLE, SOURCE, [facts], Making(at, "made so", "commit"), 3):
        pass


def values_of(ground: Ground, number: int, at: datetime = ACQUIRED) -> np.ndarray:
    """(traces, 13, 40) features of a file."""
    blocks = [block.select(NAMES).to_numpy() for block in _features(ground.traces, number, at)]
    return np.concatenate(blocks).reshape(ground.traces, WINDOWS_A_TRACE, len(NAMES))


def _features(traces: int, number: int, at: datetime) -> Iterator[pl.DataFrame]:
    random = np.random.default_rng([number, int(at.timestamp())])
    for first in range(0, traces, _TRACES_AT_ONCE):
        some = min(_TRACES_AT_ONCE, traces - first)
        values = random.standard_normal((len(NAMES), some * WINDOWS_A_TRACE), dtype=np.float32)
        yield pl.DataFrame(
            {
                "trace_index": np.repeat(np.arange(first, first + some), WINDOWS_A_TRACE),
                "window_index": np.tile(np.arange(WINDOWS_A_TRACE, dtype=np.int32), some),
                **dict(zip(NAMES, values, strict=True)),
            }
        )


def brought(ground: Ground, backend: OnlineBackend, files: int = FILES) -> tuple[Materialised, float]:
    """A round as the asset `online_features` makes it, from the Delta table on, and its seconds."""
    lake = ground.lake
    started = time.perf_counter()
    done = materialise(
        backend,
        SPEC.views,
        served_files(lake, TABLE, [file_id(number) for number in range(files)]),
        lambda file: rows_of(lake, TABLE, file, SPEC.views),
        now=datetime.now(UTC),
        keep_served=timedelta(hours=24),
    )
    return done, time.perf_counter() - started


def any_windows(ground: Ground, count: int, files: int = FILES) -> Iterator[tuple[int, int, int, int]]:
    """Windows at random: number of the file, place of the trace in it, window, and id of the trace."""
    random = np.random.default_rng(7)
    for _ in range(count):
        number, place = int(random.integers(files)), int(random.integers(ground.traces))
        yield number, place, int(random.integers(WINDOWS_A_TRACE)), int(trace_ids(file_id(number), [place])[0])


def bytes_on_disk(path: Path) -> int:
    """Size of an SQLite file once all that was written lies in it."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path.stat().st_size
