"""Batch prediction: rows a second by the number of workers, and the memory for n and for 4n traces.

A SEG-Y file of noise is predicted with a small model of its own (gradient boosting, windows of 64 samples), each time
in a process of its own; seconds are those of the run, without the start of Python.

    python -m benchmarks.batch --json
    python -m benchmarks.batch --traces 100000 --workers 4
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.serving_models import INTERVAL_US, windowed_model
from seismic_assets.inference import BatchOptions, Output, ReadOptions, run_batch
from seismic_assets.registry import load_bundle
from seismic_assets.segy import create_segy


def noise(traces: int, samples: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((traces, samples), dtype=np.float32) * 1000


def make_file(path: Path, traces: int, samples: int) -> None:
    with create_segy(path, num_samples=samples, sample_interval_us=INTERVAL_US, sample_format="ieee") as writer:
        for first in range(0, traces, 4096):
            place = np.arange(first, min(first + 4096, traces))
            writer.append(
                noise(len(place), samples, first),
                inline=place // 1000,
                crossline=place % 1000,
                cdp_x=place % 1000 * 25.0,
                cdp_y=place // 1000 * 25.0,
            )


def once(model: Path, path: Path, out: Path, workers: int) -> dict[str, float]:
    """One run, in this process."""
    bundle = load_bundle(model)
    started = time.perf_counter()
    result = run_batch(bundle, "1", [path], Output.of(out), BatchOptions(ReadOptions(), workers=workers))
    seconds = time.perf_counter() - started
    # ru_maxrss of a child begins at what its parent had: the kernel's own high-water mark of this program is right.
    status = Path("/proc/self/status")
    peak = (
        int(status.read_text().split("VmHWM:")[1].split()[0])
        if status.exists()
        else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    )
    return {
        "rows_per_s": result.inputs[0].rows / seconds,
        "traces_per_s": result.inputs[0].traces / seconds,
        "peak_rss_mb": peak / 1024,
    }


def measured(model: Path, path: Path, out: Path, workers: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.batch", "--of", str(model), str(path), str(out)]
    command += ["--workers", str(workers)]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return dict(json.loads(found))


def main(
    traces: Annotated[int, typer.Option(help="n: traces of the smaller file.")] = 40_000,
    samples: Annotated[int, typer.Option(help="Samples a trace.")] = 462,
    workers: Annotated[int, typer.Option(help="N; by default the cores.")] = len(os.sched_getaffinity(0)),
    rounds: Annotated[int, typer.Option(help="Runs of each kind, in turn; the best counts.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    of: Annotated[tuple[Path, Path, Path] | None, typer.Option(hidden=True)] = None,
) -> None:
    """Measure batch prediction."""
    if of is not None:
        print(json.dumps(once(*of, workers)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        model, small, large, out = (Path(scratch) / name for name in ("model", "n.sgy", "4n.sgy", "out.parquet"))
        windowed_model(model)
        make_file(small, traces, samples)
        make_file(large, 4 * traces, samples)
        runs = [(measured(model, small, out, 1), measured(model, small, out, workers)) for _ in range(rounds)]
        whole = measured(model, large, out, workers)
    one, several = (max(each, key=lambda found: found["rows_per_s"]) for each in zip(*runs, strict=True))
    figures = {
        "traces": traces,
        "workers": workers,
        "rows_per_s_1_worker": one["rows_per_s"],
        "rows_per_s": several["rows_per_s"],
        "traces_per_s": several["traces_per_s"],
        "workers_vs_1": several["rows_per_s"] / one["rows_per_s"],
        "peak_rss_mb_n": max(each["peak_rss_mb"] for _, each in runs),
        "peak_rss_mb_4n": whole["peak_rss_mb"],
        "rss_4n_vs_n": whole["peak_rss_mb"] / max(each["peak_rss_mb"] for _, each in runs),
    }
    print(json.dumps(figures) if as_json else "\n".join(f"{name}: {value:,.2f}" for name, value in figures.items()))


if __name__ == "__main__":
    typer.run(main)
