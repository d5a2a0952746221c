"""Attributes and features on a Ray cluster: one machine against two, the tables against local ones, a machine killed.

A survey of the F3 survey's shape is made and read into bronze once. The machines are process trees with one core each;
with --namespaces each has a network of its own (needs root). What counts are the ratios within one run.

    python -m benchmarks.scale_out --json
    python -m benchmarks.scale_out --traces 100000 --namespaces
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
import xxhash
from rich.console import Console
from rich.table import Table as Shown

from benchmarks.f3_shaped import F3_TRACES, write_f3_shaped
from benchmarks.ray_nodes import Nodes, ray_nodes
from seismic_assets.attributes import CLASSIC, WindowEmbedder, WindowGrid, feature_names, fit_embedder
from seismic_assets.cluster import RayPool
from seismic_assets.frames import IngestOptions, ingest_files, write_attributes, write_features
from seismic_assets.lake import (
    BRONZE_TRACES,
    Lake,
    Table,
    batch_array,
    trace_attributes_table,
    trace_features_table,
)
from seismic_assets.lake.pools import Workers

FILE, GRID, COMPONENTS = "survey.sgy", WindowGrid(64, 32), 32
TABLES = (
    trace_attributes_table(CLASSIC.attributes),
    trace_features_table(feature_names(COMPONENTS, CLASSIC)),
)
_KILL_AFTER = 0.4  # of the time that two machines need


class Work:
    """The work that is timed: attributes and features of one survey."""

    def __init__(self, folder: Path, traces: int) -> None:
        """Make the survey, read it into bronze, fit the embedding."""
        self.lake = Lake(folder / "lake")
        survey = write_f3_shaped(folder / FILE, traces)
        for _ in ingest_files(self.lake, {FILE: survey}, IngestOptions(workers=2)):
            pass
        self._embedder = _embedder(self.lake)

    def seconds(self, workers: Workers) -> float:
        """How long some workers need."""
        begun = time.perf_counter()
        for _ in write_attributes(self.lake, [FILE], GRID, workers):
            pass
        for _ in write_features(self.lake, [FILE], self._embedder, GRID.step, workers):
            pass
        taken = time.perf_counter() - begun
        self.lake.tidy(0)
        return taken

    def digests(self) -> list[str]:
        """Of the rows of each table, in their order."""
        return [_digest(self.lake, table) for table in TABLES]


def measured(folder: Path, traces: int, rounds: int, namespaces: bool, told: Callable[[str], None]) -> dict[str, Any]:
    """All figures of one run.

    Args:
        folder: that the survey and the lake are written to.
        traces: of the survey.
        rounds: of which the best counts.
        namespaces: a network of its own for each machine.
        told: called with what is begun.
    """
    told("the survey, bronze and the tables by local threads")
    work = Work(folder, traces)
    local = work.seconds(2)
    expected = work.digests()
    equal = []
    with ray_nodes(1, namespaces=namespaces) as nodes:
        pool = RayPool(nodes.address, token=nodes.token)
        seconds = {}
        for machines in (1, 2):
            told(f"{machines} machine{'s' * (machines > 1)}")
            while len(nodes.workers) < machines:
                nodes.add()
            _warm(pool, machines)
            seconds[machines] = min(work.seconds(pool) for _ in range(rounds))
            equal.append(work.digests() == expected)
        told("three machines, one of which is killed")
        nodes.add()
        _warm(pool, 3)
        with _killed_meanwhile(nodes, _KILL_AFTER * seconds[2]) as at_work:
            killed = work.seconds(pool)
            struck = at_work()
        survived = struck and work.digests() == expected
    return {
        "traces": traces,
        "windows": sum(work.lake.row_counts(TABLES[1]).values()),
        "speedup_2_workers": round(seconds[1] / seconds[2], 2),
        "tables_equal": all(equal),
        "survived_node_kill": survived,
        "seconds_1_worker": round(seconds[1], 2),
        "seconds_2_workers": round(seconds[2], 2),
        "seconds_with_a_kill": round(killed, 2),
        "two_workers_over_two_threads": round(local / seconds[2], 2),
        "namespaces": namespaces,
    }


def _embedder(lake: Lake) -> WindowEmbedder:
    first = lake.segments(BRONZE_TRACES, [FILE])[0].group(0, ["samples"])
    traces = batch_array(first["samples"].combine_chunks())
    return fit_embedder([traces[:, at : at + GRID.samples].copy() for at in range(0, 320, GRID.step)], COMPONENTS)


def _digest(lake: Lake, table: Table) -> str:
    digest = xxhash.xxh3_128()
    for segment in lake.segments(table, [FILE]):
        for batch in segment.batches():
            for column in batch.columns:
                digest.update(column.to_numpy(zero_copy_only=False).tobytes())
    return digest.hexdigest()


def _warm(pool: RayPool, machines: int) -> None:
    """Every machine has imported what the work needs."""
    pool.run(_import, list(range(4 * machines)))


def _import(number: int) -> int:
    import seismic_assets.frames  # noqa: F401

    time.sleep(0.5)  # so that none takes the piece of another
    return number


@contextmanager
def _killed_meanwhile(nodes: Nodes, after: float) -> Iterator[Callable[[], bool]]:
    """Kill a machine after some seconds; gives what says whether that was during the block."""
    killed = threading.Event()

    def kill() -> None:
        nodes.kill(0)
        killed.set()

    timer = threading.Timer(after, kill)
    timer.start()
    try:
        yield killed.is_set
    finally:
        timer.cancel()


def main(
    traces: Annotated[int, typer.Option(min=40_000, help="Of the survey.")] = F3_TRACES,
    rounds: Annotated[int, typer.Option(min=1, help="The best counts.")] = 2,
    folder: Annotated[Path | None, typer.Option(help="For survey and lake, kept; by default a new one.")] = None,
    namespaces: Annotated[bool, typer.Option(help="A network of its own for each machine.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure and print."""
    console = Console(stderr=True)
    place = folder or Path(tempfile.mkdtemp(prefix="scale_out-"))
    try:
        found = measured(place, traces, rounds, namespaces, lambda line: console.print(line, style="dim"))
    finally:
        if folder is None:
            shutil.rmtree(place, ignore_errors=True)
    if as_json:
        print(json.dumps(found))
        return
    table = Shown("figure", "value")
    for name, value in found.items():
        table.add_row(name, f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value))
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
