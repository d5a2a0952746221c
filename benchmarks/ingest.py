"""How fast SEG-Y becomes bronze and features, against the disk, a memory map and other readers; and in what memory.

Files of the F3 survey's shape (462 samples a trace) are generated and read once before anything is timed. Each figure
is the best of some rounds, each stage runs in a process of its own, and what counts are the ratios within one run.

    python -m benchmarks.ingest
    python -m benchmarks.ingest --json
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.f3_shaped import F3_TRACES, SAMPLES, write_f3_shaped

SIZES = (50_000, F3_TRACES, 2_400_000)
_SOME = 50_000  # traces that the slow readers are timed on
_TRACE = np.dtype([("header", "u1", 240), ("samples", ">f4", SAMPLES)])
_OFFSET = 3600


@dataclass(frozen=True)
class Timing:
    """A stage in a process of its own.

    Attributes:
        traces_per_s: of its best round.
        peak_rss_mb: largest resident memory of the process.
    """

    traces_per_s: float
    peak_rss_mb: float


def _best(work: Callable[[], None], traces: int, rounds: int) -> float:
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return traces / min(seconds)


def pread(path: Path, traces: int) -> None:
    """Read all bytes into a buffer of 1,024 traces."""
    buffer = bytearray(1024 * _TRACE.itemsize)
    with path.open("rb", buffering=0) as stream:
        stream.seek(_OFFSET)
        while stream.readinto(buffer):
            pass


def memmap(path: Path, traces: int) -> None:
    """Byte-swap a memory map into a block of 1,024 traces."""
    mapped = np.memmap(path, _TRACE, "r", _OFFSET, (traces,))
    block = np.empty((1024, SAMPLES), np.float32)
    for start in range(0, traces, 1024):
        stop = min(start + 1024, traces)
        block[: stop - start] = mapped["samples"][start:stop]


def ours(path: Path, traces: int, workers: int = 1) -> None:
    """Our reader into blocks of 1,024 traces, the blocks shared by threads as ingest shares them."""
    from concurrent.futures import ThreadPoolExecutor

    from seismic_assets.segy import open_segy

    with open_segy(path) as reader:

        def segment(first: int) -> None:
            block = np.empty((1024, SAMPLES), np.float32)
            last = min(first + 36_864, traces)
            for start in range(first, last, 1024):
                reader.traces(start, min(start + 1024, last), out=block)

        starts = range(0, traces, 36_864)
        if workers == 1:
            for first in starts:
                segment(first)
            return
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(segment, starts))


def ours_threads(path: Path, traces: int) -> None:
    """Our reader with a thread for each core."""
    ours(path, traces, len(os.sched_getaffinity(0)))


def segyio_raw(path: Path, traces: int) -> None:
    """`segyio.trace.raw[]` in slices of 1,024."""
    import segyio

    with segyio.open(str(path), ignore_geometry=True) as handle:
        for start in range(0, traces, 1024):
            _ = handle.trace.raw[start : min(start + 1024, traces)]


def segyio_loop(path: Path, traces: int) -> None:
    """A loop over single traces."""
    import segyio

    with segyio.open(str(path), ignore_geometry=True) as handle:
        for index in range(traces):
            _ = handle.trace[index]


def segfast_load(path: Path, traces: int) -> None:
    """`segfast`, blocks of 1,024."""
    import segfast

    loader = segfast.open(str(path))
    for start in range(0, traces, 1024):
        loader.load_traces(range(start, min(start + 1024, traces)))


def tgsai_segy(path: Path, traces: int) -> None:
    """TGSAI's `segy`, slices of 1,024."""
    from segy import SegyFile

    file = SegyFile(str(path))
    for start in range(0, traces, 1024):
        _ = file.sample[start : min(start + 1024, traces)]


READERS: dict[str, tuple[Callable[[Path, int], None], int | None]] = {
    "pread, bytes only": (pread, None),
    "memory map, byte-swapped": (memmap, None),
    "ours, one thread": (ours, None),
    "ours, a thread for each core": (ours_threads, None),
    "segyio trace.raw[]": (segyio_raw, None),
    "segfast": (segfast_load, None),
    "segyio, trace by trace": (segyio_loop, _SOME),
    "TGSAI segy": (tgsai_segy, _SOME),
}


def time_reader(name: str, path: Path, traces: int, rounds: int) -> Timing:
    """Time one reader."""
    read, most = READERS[name]
    count = min(traces, most or traces)
    return Timing(_best(lambda: read(path, count), count, rounds), _peak_rss_mb())


def time_pipeline(path: Path, traces: int, storage: Path, workers: int) -> dict[str, float]:
    """SEG-Y to committed bronze, then to the 40 features of whole-trace windows; seconds of each stage."""
    from seismic_assets.attributes import WindowGrid, fit_embedder
    from seismic_assets.frames import IngestOptions, ingest_files, write_attributes, write_features
    from seismic_assets.lake import Lake
    from seismic_assets.segy import open_segy

    with open_segy(path) as reader:
        embedder = fit_embedder([reader.traces(0, 20_000)], 32)
    lake, grid, seconds = Lake(storage), WindowGrid(None, 1), {}
    stages: dict[str, Callable[[], Any]] = {
        "bronze": lambda: list(ingest_files(lake, {"f3.sgy": path}, IngestOptions(workers=workers))),
        "attributes": lambda: list(write_attributes(lake, ["f3.sgy"], grid, workers)),
        "features": lambda: list(write_features(lake, ["f3.sgy"], embedder, 1, workers)),
    }
    for name, work in stages.items():
        start = time.perf_counter()
        written = work()
        seconds[name] = time.perf_counter() - start
        rows = written[0][1]["traces"] if name == "bronze" else written[0][1]
        if rows != traces:
            raise SystemExit(f"{name} wrote {rows} rows for {traces} traces")
    return seconds | {"peak_rss_mb": _peak_rss_mb()}


def _peak_rss_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _alone(work: Callable[..., Any], *arguments: Any) -> Any:
    """Run in a fresh process: its memory and its imports are its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def _pipeline(path: Path, traces: int, folder: Path, rounds: int, workers: int) -> dict[str, float]:
    """Best seconds of each stage over the rounds, and the largest memory."""
    best: dict[str, float] = {}
    for _ in range(rounds):
        storage = folder / "lake"
        shutil.rmtree(storage, ignore_errors=True)
        found = _alone(time_pipeline, path, traces, storage, workers)
        for name, value in found.items():
            best[name] = max(best.get(name, 0), value) if name == "peak_rss_mb" else min(best.get(name, value), value)
        shutil.rmtree(storage, ignore_errors=True)
        os.sync()  # what the round has written must not be flushed at the cost of the next
    return best


def _warm(path: Path) -> None:
    with path.open("rb", buffering=0) as stream:
        while stream.read(1 << 24):
            pass


def measure(folder: Path, rounds: int, workers: int, sizes: tuple[int, ...]) -> dict[str, Any]:
    """All figures of one run."""
    console = Console(stderr=True)
    readers: dict[str, dict[str, float]] = {}
    for sample_format in ("ieee", "ibm"):
        console.print(f"readers, {sample_format}")
        path = write_f3_shaped(folder / f"{sample_format}.sgy", F3_TRACES, sample_format=sample_format)  # type: ignore[arg-type]
        _warm(path)
        readers[sample_format] = {
            name: _alone(time_reader, name, path, F3_TRACES, rounds).traces_per_s for name in READERS
        }
    curve: dict[int, dict[str, float]] = {}
    for traces in sizes:
        console.print(f"pipeline, {traces:,} traces")
        path = write_f3_shaped(folder / f"ieee_{traces}.sgy", traces)
        _warm(path)
        raw = _alone(time_reader, "pread, bytes only", path, traces, rounds).traces_per_s
        stages = _pipeline(path, traces, folder, rounds, workers)
        total = sum(stages[name] for name in ("bronze", "attributes", "features"))
        curve[traces] = {
            "pread_traces_per_s": raw,
            "bronze_traces_per_s": traces / stages["bronze"],
            "bronze_to_features_traces_per_s": traces / (stages["attributes"] + stages["features"]),
            "features_traces_per_s": traces / total,
            "peak_rss_mb": stages["peak_rss_mb"],
        }
    return summary(readers, curve, workers)


def summary(readers: dict[str, dict[str, float]], curve: dict[int, dict[str, float]], workers: int) -> dict[str, Any]:
    """Ratios of one run, and the figures behind them."""
    ieee, ibm = readers["ieee"], readers["ibm"]
    middle = curve.get(F3_TRACES) or next(iter(curve.values()))
    own, alone = "ours, a thread for each core", "ours, one thread"
    return {
        "read_vs_memmap": ieee[own] / ieee["memory map, byte-swapped"],
        "read_one_thread_vs_memmap": ieee[alone] / ieee["memory map, byte-swapped"],
        "read_vs_segyio": ieee[own] / ieee["segyio trace.raw[]"],
        "read_one_thread_vs_segyio": ieee[alone] / ieee["segyio trace.raw[]"],
        "read_one_thread_vs_segfast": ieee[alone] / ieee["segfast"],
        "read_one_thread_vs_segyio_ibm": ibm[alone] / ibm["segyio trace.raw[]"],
        "bronze_traces_per_s": middle["bronze_traces_per_s"],
        "features_traces_per_s": middle["features_traces_per_s"],
        "bronze_vs_pread": middle["bronze_traces_per_s"] / middle["pread_traces_per_s"],
        "features_vs_pread": middle["features_traces_per_s"] / middle["pread_traces_per_s"],
        "peak_rss_mb": {str(traces): round(figures["peak_rss_mb"]) for traces, figures in curve.items()},
        "workers": workers,
        "readers_traces_per_s": readers,
        "curve": {str(traces): figures for traces, figures in curve.items()},
    }


def _show(found: dict[str, Any], console: Console) -> None:
    table = Table("reader", "IEEE, traces/s", "of the memory map", "IBM, traces/s", title=f"{F3_TRACES:,} traces")
    ieee, ibm = found["readers_traces_per_s"]["ieee"], found["readers_traces_per_s"]["ibm"]
    for name, rate in ieee.items():
        other = "" if name.startswith("memory map") else f"{ibm[name]:,.0f}"
        table.add_row(name, f"{rate:,.0f}", f"{rate / ieee['memory map, byte-swapped']:.2f}", other)
    console.print(table)
    table = Table("traces", "SEG-Y to bronze", "bronze to features", "SEG-Y to features", "of pread", "peak memory")
    for traces, row in found["curve"].items():
        table.add_row(
            f"{int(traces):,}",
            f"{row['bronze_traces_per_s']:,.0f}/s",
            f"{row['bronze_to_features_traces_per_s']:,.0f}/s",
            f"{row['features_traces_per_s']:,.0f}/s",
            f"{row['bronze_traces_per_s'] / row['pread_traces_per_s']:.3f} and "
            f"{row['features_traces_per_s'] / row['pread_traces_per_s']:.3f}",
            f"{row['peak_rss_mb']:,.0f} MB",
        )
    console.print(table)
    for name in ("read_vs_memmap", "read_one_thread_vs_memmap", "read_vs_segyio", "read_one_thread_vs_segyio"):
        console.print(f"{name}: {found[name]:.2f}")


def main(
    folder: Annotated[
        Path | None, typer.Option(help="Where generated files are kept; by default they are not.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="The best of so many counts.")] = 3,
    workers: Annotated[int | None, typer.Option(min=1, help="Threads; by default one for each core.")] = None,
    size: Annotated[list[int] | None, typer.Option(help="Traces of a point of the curve; may be repeated.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Time readers, ingest and features; needs about 15 GB of disk for the curve to 2.4 million traces."""
    threads, sizes = workers or len(os.sched_getaffinity(0)), tuple(size or SIZES)
    with tempfile.TemporaryDirectory() as temporary:
        found = measure(folder or Path(temporary), rounds, threads, sizes)
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        _show(found, Console())


if __name__ == "__main__":
    typer.run(main)
