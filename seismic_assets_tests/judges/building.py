"""Samples, tables and language models for the tests of judges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from seismic_assets.judges import PredictionSample
from seismic_assets.lake import (
    BRONZE_TRACES,
    DATASET_SPLIT,
    TRACE_ATTRIBUTES,
    TRACE_LABELS,
    TRACE_QUALITY,
    Lake,
    Table,
    predictions_table,
)
from seismic_assets.llm import LanguageModelError, Question, Reply

CLASSES = ("normal", "anomaly", "boundary")
GRID, WINDOWS = 12, 8
_WINDOW = PredictionSample(
    file_id="a.sgy",
    trace_index=5,
    window_index=3,
    weight=1.0,
    inline=100,
    crossline=305,
    start_ms=384.0,
    end_ms=640.0,
    class_name="normal",
    confidence=0.98,
    probabilities={"normal": 0.98, "anomaly": 0.015, "boundary": 0.005},
    neighbours=dict.fromkeys(("crossline before", "crossline after", "inline before", "inline after"), "normal"),
    above="normal",
    below="normal",
    windows=8,
    flips=1,
    dead=False,
    amplitude_ratio=1.2,
    truth="normal",
    fold="test",
    model_version="1",
)


def window(**changed: Any) -> PredictionSample:
    """A sound window, or one with something changed."""
    return replace(_WINDOW, **changed)


@dataclass
class Scripted:
    """A language model that answers what a function says."""

    says: Callable[[Question], Any]
    name: str = "scripted:1b"
    asked: list[Question] = field(default_factory=list)

    def answer(self, question: Question, on_text: Callable[[str], None] | None = None) -> Reply:
        """What the function says; its errors are raised."""
        self.asked.append(question)
        said = self.says(question)
        if isinstance(said, LanguageModelError):
            raise said
        return Reply(str(said), self.name, data=said)


def _full(table: Table, columns: dict[str, Any], rows: int) -> pl.DataFrame:
    """A frame of a table: what is not given is null."""
    given = {name: columns.get(name, [None] * rows) for name in table.schema.names}
    empty = pl.DataFrame(pl.from_arrow(table.schema.empty_table()))
    return pl.DataFrame(given, schema=empty.schema, strict=False)


def _truth(inline: int, crossline: int, window_index: int) -> int:
    """A body in the middle, with a boundary above and below."""
    inside = 1 <= inline < 11 and 1 <= crossline < 11
    if not inside:
        return 0
    return {2: 2, 3: 1, 4: 1, 5: 2}.get(window_index, 0)


def write_lake(root: Path, shuffled: float = 0.0, files: tuple[str, ...] = ("a.sgy", "b.sgy"), seed: int = 1) -> Lake:
    """Predictions of small surveys, nearly all of them right, with headers, labels, attributes, quality and folds.

    Args:
        root: of the lake.
        shuffled: share of the windows whose class and probabilities are those of another window.
        files: ids; each has 144 traces of 8 windows, and one dead trace.
        seed: of all that is drawn.
    """
    lake, rng = Lake(root), np.random.default_rng(seed)
    for file_id in files:
        _write_file(lake, file_id, shuffled, rng)
    rows = len(files)
    quality = _full(TRACE_QUALITY, {"file_id": list(files), "amplitude_scale": [100.0] * rows}, rows)
    lake_write(lake, TRACE_QUALITY, quality)
    return lake


def lake_write(lake: Lake, table: Table, frame: pl.DataFrame) -> None:
    """Replace the rows of the frame's files, or the table."""
    if not table.per_file:
        lake.replace(table, frame)
        return
    for name, part in frame.group_by("file_id", maintain_order=True):
        lake.replace_file(table, str(name[0]), part)


def _write_file(lake: Lake, file_id: str, shuffled: float, rng: np.random.Generator) -> None:
    traces = GRID * GRID
    dead = np.arange(traces) == 7
    place = np.arange(traces)
    headers = {
        "file_id": [file_id] * traces,
        "trace_index": place,
        "inline": 100 + place // GRID,
        "crossline": 300 + place % GRID,
        "is_dead": dead,
        "has_nan": np.zeros(traces, bool),
    }
    lake.replace_file(BRONZE_TRACES, file_id, _full(BRONZE_TRACES, headers, traces))
    trace, window_index = np.repeat(place, WINDOWS), np.tile(np.arange(WINDOWS), traces)
    rows = len(trace)
    truth = np.array([_truth(int(t) // GRID, int(t) % GRID, int(w)) for t, w in zip(trace, window_index, strict=True)])
    sure = rng.uniform(0.96, 0.999, rows)
    given = np.where(np.eye(3, dtype=bool)[truth], sure[:, None], (1 - sure[:, None]) / 2)
    wrong = rng.random(rows) > sure  # so that confidence is the share of those that are right
    given[wrong] = np.roll(given[wrong], 1, axis=1)
    moved = np.flatnonzero(rng.random(rows) < shuffled)
    given[moved] = given[rng.permutation(rows)[: len(moved)]]
    chosen, live = given.argmax(axis=1), ~dead[trace]
    key = {
        "file_id": [file_id] * rows,
        "trace_index": trace,
        "window_index": window_index,
        "inline": 100 + trace // GRID,
        "crossline": 300 + trace % GRID,
        "start_ms": window_index * 128.0,
        "end_ms": window_index * 128.0 + 256.0,
    }
    names = [CLASSES[each] if alive else None for each, alive in zip(chosen, live, strict=True)]
    predicted = {
        **key,
        "predicted_class": [int(each) if alive else None for each, alive in zip(chosen, live, strict=True)],
        "predicted_class_name": names,
        "confidence": [float(row.max()) if alive else None for row, alive in zip(given, live, strict=True)],
        **{
            f"prob_{name}": [float(p) if alive else None for p, alive in zip(given[:, at], live, strict=True)]
            for at, name in enumerate(CLASSES)
        },
        "model_version": ["3"] * rows,
    }
    table = predictions_table(CLASSES)
    lake.replace_file(table, file_id, _full(table, predicted, rows))
    known = {name: np.asarray(values)[live] for name, values in key.items()}
    count = int(live.sum())
    labels = known | {"class": truth[live], "class_name": [CLASSES[each] for each in truth[live]]}
    lake.replace_file(TRACE_LABELS, file_id, _full(TRACE_LABELS, labels, count))
    loud = np.where((known["trace_index"] == 20) & (known["window_index"] == 1), 5000.0, 120.0)
    attributes = known | {"rms_amplitude": loud}
    lake.replace_file(TRACE_ATTRIBUTES, file_id, _full(TRACE_ATTRIBUTES, attributes, count))
    earlier = lake.read(DATASET_SPLIT)
    folds = known | {"class": truth[live], "fold": np.where(known["crossline"] < 306, "train", "test")}
    split = _full(DATASET_SPLIT, folds, count)
    lake.replace(DATASET_SPLIT, pl.concat([earlier, split]))
