"""What the attributes of windows cost, beside the eight handcrafted ones.

Windows of 64 samples every 32 of traces of 462 samples, one thread; the cost of cutting the windows is left out.

    python -m benchmarks.attributes
    python -m benchmarks.attributes --json
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from seismic_assets.attributes import WindowGrid, extended, fit_embedder, handcrafted, lateral
from seismic_assets.attributes.autoencoder import fit_autoencoder

GRID = WindowGrid(64, 32)
SAMPLES, INTERVAL_US = 462, 4000
REPEATS = 5


def windows_per_second(traces: int) -> dict[str, float]:
    """Windows a second of each kind of attribute, the best of some repeats."""
    random = np.random.default_rng(0)
    windows = GRID.cut((random.normal(size=(traces, SAMPLES)).cumsum(axis=1) * 500).astype(np.float32))
    around = np.repeat(windows[:, None], 8, axis=1)
    present = np.ones((len(windows), 8), dtype=bool)
    components = fit_embedder([windows[:20_000]], 32)
    network = fit_autoencoder([windows[:2_000]], 32, seed=0)
    work: dict[str, Callable[[], object]] = {
        "handcrafted": lambda: handcrafted(windows, INTERVAL_US),
        "principal components": lambda: components.embed(windows),
        "autoencoder": lambda: network.embed(windows),
        "extended": lambda: extended(windows, INTERVAL_US),
        "lateral": lambda: lateral(windows, around, present),
    }
    with threadpool_limits(limits=1):
        return {name: len(windows) / min(_seconds(run) for _ in range(REPEATS)) for name, run in work.items()}


def main(
    traces: Annotated[int, typer.Option(help="Traces to cut windows from.")] = 4_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Time each kind of attribute."""
    rates = windows_per_second(traces)
    if as_json:
        print(json.dumps({f"{name.replace(' ', '_')}_windows_per_second": rate for name, rate in rates.items()}))
        return
    table = Table(title="Attributes of windows of 64 samples, one thread")
    for column in ("attributes", "windows/s", "traces/s", "time over handcrafted"):
        table.add_column(column, justify="left" if column == "attributes" else "right")
    a_trace = len(GRID.starts(SAMPLES))
    for name, rate in rates.items():
        table.add_row(name, f"{rate:,.0f}", f"{rate / a_trace:,.0f}", f"{rates['handcrafted'] / rate:.1f}")
    Console().print(table)


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    typer.run(main)
