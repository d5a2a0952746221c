"""Windows brought online and looked up: Feast's stock SQLite path beside ours, and Redis.

Rows are windows of the classic set's 40 features, 13 a trace, in ten files; values are noise. Each part runs in a
process of its own, seconds are without the start of Python:

- stock: `FeatureStore.materialize` from the Delta table into Feast's own SQLite store, on fewer rows, as it is slow;
- ours: a round of `online_features` from the same table, on those rows and on all; then one of ten files changed; then
  nothing changed;
- feast: `FeatureStore.materialize` into our store for Feast, on the rows of the stock path;
- redis: a round of `online_features` into a redis-server of its own, where there is one.

Look-ups are of one window by `get_online_features`, and of a trace's 13 windows by `Lookup.trace`.

    python -m benchmarks.feature_store --json
    python -m benchmarks.feature_store --rows 600000
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.feature_store_lake import FILES, WINDOWS_A_TRACE, Ground, made
from benchmarks.feature_store_parts import Asked, part, redis_server


def _in_a_process(name: str, asked: Asked, files: int = FILES) -> dict[str, Any]:
    typer.echo(f"{name}: {asked.ground.rows:,} rows in the table", err=True)
    command = [sys.executable, "-m", "benchmarks.feature_store", "--part", name, "--root", str(asked.ground.root)]
    command += ["--traces", str(asked.ground.traces), "--lookups", str(asked.lookups), "--files", str(files)]
    command += ["--redis", asked.ground.redis] if asked.ground.redis else []
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))  # Feast prints its progress


def measured(
    root: Path,
    rows: int,
    stock_rows: int,
    redis_rows: int,
    count: int,
    run: Callable[..., dict[str, Any]] = _in_a_process,
) -> dict[str, Any]:
    """The figures: every part after another, each in its own folder below `root`."""
    small, large = _traces(stock_rows), _traces(rows)
    whole = made(Ground(root / "whole", large))
    all_rows = run("ours", Asked(whole, count))
    found = run("lookups", Asked(whole, count))
    same_rows = run("ours", Asked(made(Ground(root / "same", small)), count))
    by_feast = run("feast", Asked(made(Ground(root / "feast", small)), count))
    by_stock = run("stock", Asked(made(Ground(root / "stock", small), stock=True), count))
    with redis_server(root) as address:
        files = max(1, min(FILES, redis_rows // (large * WINDOWS_A_TRACE)))
        in_redis = None
        if address is not None:
            in_redis = run("redis", Asked(replace(whole, redis=address), count), files)
    return {
        "speedup_vs_stock": all_rows["rows_per_s"] / by_stock["rows_per_s"],
        "lookup_p99_ms": found["window"]["p99_ms"],
        "bytes_per_row": all_rows["bytes_per_row"],
        "lookup_p50_ms": found["window"]["p50_ms"],
        "lookup_trace_p50_ms": found["trace"]["p50_ms"],
        "lookup_trace_p99_ms": found["trace"]["p99_ms"],
        "lookup_stock_p50_ms": by_stock["lookup"]["p50_ms"],
        "lookup_stock_p99_ms": by_stock["lookup"]["p99_ms"],
        "lookups": count,
        "bytes_per_row_stock": by_stock["bytes_per_row"],
        "speedup_on_the_same_rows": same_rows["rows_per_s"] / by_stock["rows_per_s"],
        "speedup_of_feast_on_our_store": by_feast["rows_per_s"] / by_stock["rows_per_s"],
        "peak_rss_mb": all_rows["peak_rss_mb"],
        "one_of_ten_seconds": all_rows["one_of_ten_seconds"],
        "one_of_ten_ratio": all_rows["one_of_ten_ratio"],
        "unchanged_seconds": all_rows["unchanged_seconds"],
        "ours": all_rows,
        "ours_on_the_same_rows": same_rows,
        "feast_on_our_store": by_feast,
        "stock": by_stock,
        "redis": in_redis,
        "redis_missing": None if in_redis else "no redis-server is installed: apt-get install redis-server",
    }


def _traces(rows: int) -> int:
    """Traces of each file for about so many rows."""
    return max(1, round(rows / FILES / WINDOWS_A_TRACE))


def show(figures: dict[str, Any]) -> None:
    table = Table("path", "windows", "seconds", "windows/s", "bytes a window", title="windows brought online")
    paths = {
        "Feast, its own SQLite store": "stock",
        "Feast, our store": "feast_on_our_store",
        "ours, SQLite, the same windows": "ours_on_the_same_rows",
        "ours, SQLite": "ours",
        "ours, Redis": "redis",
    }
    for name, key in paths.items():
        row = figures[key]
        if row is not None:
            cells = (f"{row[each]:,.0f}" for each in ("rows_per_s", "bytes_per_row"))
            table.add_row(name, f"{row['rows']:,}", f"{row['seconds']:.1f}", *cells)
    looked = Table("look-up", "p50 ms", "p99 ms", title=f"{figures['lookups']:,} look-ups at random")
    looks = {
        "one window by Feast, its own SQLite store": figures["stock"]["lookup"],
        "one window by Feast, our store": {"p50_ms": figures["lookup_p50_ms"], "p99_ms": figures["lookup_p99_ms"]},
        "a trace's 13 windows, SQLite": {
            "p50_ms": figures["lookup_trace_p50_ms"],
            "p99_ms": figures["lookup_trace_p99_ms"],
        },
    }
    if figures["redis"] is not None:
        looks["one window by Feast, Redis"] = figures["redis"]["window"]
        looks["a trace's 13 windows, Redis"] = figures["redis"]["trace"]
    for name, times in looks.items():
        looked.add_row(name, f"{times['p50_ms']:.2f}", f"{times['p99_ms']:.2f}")
    console = Console()
    console.print(table, looked)
    console.print(
        f"{figures['speedup_vs_stock']:.0f} times the stock path; at most {figures['peak_rss_mb']:.0f} MB; one of ten "
        f"files changed: {figures['one_of_ten_seconds']:.2f} s, {figures['one_of_ten_ratio']:.2f} of a whole round; "
        f"nothing changed: {figures['unchanged_seconds']:.2f} s"
    )
    if figures["redis_missing"]:
        console.print(figures["redis_missing"])


def main(
    rows: Annotated[int, typer.Option(help="Windows.")] = 100_000,
    stock_rows: Annotated[int, typer.Option(help="Windows of the stock path.")] = 13_000,
    redis_rows: Annotated[int, typer.Option(help="At most so many windows into Redis, whole files.")] = 100_000,
    lookups: Annotated[int, typer.Option(help="Look-ups of each kind.")] = 2_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    name: Annotated[str | None, typer.Option("--part", hidden=True)] = None,
    root: Annotated[Path | None, typer.Option(hidden=True)] = None,
    traces: Annotated[int, typer.Option(hidden=True)] = 1,
    files: Annotated[int, typer.Option(hidden=True)] = FILES,
    address: Annotated[str | None, typer.Option("--redis", hidden=True)] = None,
) -> None:
    """Bring windows online and look them up."""
    if name is not None and root is not None:
        print(json.dumps(part(name, Asked(Ground(root, traces, address), lookups), files)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        figures = measured(Path(scratch), rows, stock_rows, redis_rows, lookups)
    if as_json:
        print(json.dumps(figures))
    else:
        show(figures)


if __name__ == "__main__":
    typer.run(main)
