"""Ten million labelled windows: what it takes to draw the windows that a model is fitted on, and how much memory.

The tables `trace_features` and `dataset_split` are written as the pipeline writes them (values are noise); then a
process of its own reads the split, draws 200,000 windows evenly over blocks and reads their 40 features.

    python -m benchmarks.many_windows --json
    python -m benchmarks.many_windows --windows 1000000
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import polars as pl
import typer

from seismic_assets.attributes import feature_names
from seismic_assets.frames import lake_features, training_data
from seismic_assets.lake import DATASET_SPLIT, Lake, PartTask, trace_features_table

_WINDOWS_A_TRACE, _CROSSLINES, _BLOCK = 13, 1000, 48
_NAMES = feature_names(32)


def write_tables(lake: Lake, windows: int, files: int) -> None:
    """Features of every window file by file, and the split of all of them."""
    traces = windows // files // _WINDOWS_A_TRACE
    table = trace_features_table(_NAMES)
    for number in range(files):
        file_id = f"line_{number:03d}.sgy"
        tasks = [PartTask(file_id, lambda number=number: _features(traces, number))]  # type: ignore[misc]
        lake.replace_files(table, [file_id], tasks)
    lake.replace(DATASET_SPLIT, pl.concat([_split(traces, number) for number in range(files)]))


def _keys(first: int, traces: int) -> dict[str, np.ndarray]:
    return {
        "trace_index": np.repeat(np.arange(first, first + traces), _WINDOWS_A_TRACE),
        "window_index": np.tile(np.arange(_WINDOWS_A_TRACE, dtype=np.int32), traces),
    }


def _features(traces: int, seed: int) -> Iterator[pl.DataFrame]:
    random = np.random.default_rng(seed)
    for first in range(0, traces, 4096):
        some = min(4096, traces - first)
        values = random.standard_normal((len(_NAMES), some * _WINDOWS_A_TRACE), dtype=np.float32)
        yield pl.DataFrame({**_keys(first, some), **dict(zip(_NAMES, values, strict=True))})


def _split(traces: int, number: int) -> pl.DataFrame:
    keys = _keys(0, traces)
    inline = number * 1000 + keys["trace_index"] // _CROSSLINES
    crossline = keys["trace_index"] % _CROSSLINES
    block = (inline // _BLOCK) * 1000 + crossline // _BLOCK
    fold = np.array(["train", "train", "train", "validation", "test"])[block % 5]
    random = np.random.default_rng(number)
    return pl.DataFrame(
        {
            "file_id": pl.Series([f"line_{number:03d}.sgy"]).new_from_index(0, len(inline)),
            **keys,
            "inline": inline.astype(np.int32),
            "crossline": crossline.astype(np.int32),
            "class": random.choice(3, len(inline), p=(0.8, 0.12, 0.08)).astype(np.int32),
            "block": pl.Series(block).cast(pl.String).str.replace("^", "area0/"),
            "fold": fold,
        }
    )


def draw(root: Path, most: int) -> dict[str, float]:
    """What the asset `seismic_classifier` does before its fit; seconds and the largest memory of this process."""
    lake = Lake(root)
    started = time.perf_counter()
    split = lake.read(DATASET_SPLIT)
    read = time.perf_counter() - started
    data = training_data(lake_features(lake), split, _NAMES, most=most, seed=42)
    return {
        "windows": split.height,
        "drawn": len(data.train),
        "split_seconds": read,
        "draw_seconds": time.perf_counter() - started - read,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main(
    windows: Annotated[int, typer.Option(help="Labelled windows.")] = 10_000_000,
    files: Annotated[int, typer.Option(help="Files that they lie in.")] = 20,
    most: Annotated[int, typer.Option(help="Windows that a model is fitted on.")] = 200_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    root: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Draw the windows that a model is fitted on from many."""
    if root is not None:
        print(json.dumps(draw(root, most)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        write_tables(Lake(Path(scratch)), windows, files)
        command = [sys.executable, "-m", "benchmarks.many_windows", "--root", scratch, "--most", str(most)]
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    print(json.dumps(found) if as_json else "\n".join(f"{name}: {value:,.1f}" for name, value in found.items()))


if __name__ == "__main__":
    typer.run(main)
