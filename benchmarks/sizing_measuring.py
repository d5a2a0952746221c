"""What the sizing page rests on, measured in one go: the product's own functions over a generated survey."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from benchmarks.f3_shaped import SAMPLES, write_f3_shaped
from benchmarks.many_files import make_files
from benchmarks.many_windows import draw, write_tables
from benchmarks.serving_models import windowed_model
from benchmarks.sizing_arithmetic import Measured, Stage
from seismic_assets.attributes import feature_names
from seismic_assets.frames import IngestOptions, ingest_files, write_attributes, write_by_segment, write_features
from seismic_assets.inference import PREDICTED_COLUMNS, Predictor, bronze_predictions
from seismic_assets.lake import (
    BRONZE_TRACES,
    TRACE_ATTRIBUTES,
    TRACE_LABELS,
    Lake,
    Segment,
    Table,
    predictions_table,
    trace_features_table,
)
from seismic_assets.segy import list_segy_files

_FILE = "survey.sgy"
_DIGITS = {
    "peak_mb": 0,
    "event_seconds": 5,
    "event_seconds_postgres": 5,
    "event_bytes": 0,
    "listing_seconds": 7,
    "opening_seconds": 3,
    "split_bytes": 0,
}
_EVENTS, _LISTED, _PARTS, _SPLIT_WINDOWS = 300, 2_000, 20_000, 1_000_000


def measure(folder: Path, traces: int, database: str | None) -> Measured:
    """Everything, in processes of their own where processor time or memory is told.

    Args:
        folder: to work in.
        traces: of the survey.
        database: a PostgreSQL that records of the history are tried in too; its tables are made there.
    """
    path = write_f3_shaped(folder / "landing" / _FILE, traces)
    bundle = folder / "model"
    windowed_model(bundle)
    stages, peak = _alone(run_stages, path, bundle, folder / "lake", traces)
    event_seconds, event_bytes = _alone(record_events, folder / "sqlite", None)
    return Measured(
        traces=traces,
        samples=SAMPLES,
        windows=stages[-1][1] // traces,
        segy_bytes=path.stat().st_size,
        stages=tuple(Stage(**each) for each, _ in stages),
        peak_mb=peak,
        assets_a_file=_alone(assets_a_file, folder / "graph"),
        event_seconds=event_seconds,
        event_seconds_postgres=None if database is None else _alone(record_events, folder / "postgres", database)[0],
        event_bytes=event_bytes,
        listing_seconds=list_files(folder / "many"),
        opening_seconds=_alone(open_many_parts, Lake(folder / "lake"), folder / "wide", _PARTS),
        opened_parts=_PARTS,
        split_bytes=split_bytes(folder / "split"),
    )


def run_stages(path: Path, model: Path, root: Path, traces: int) -> tuple[list[tuple[dict[str, Any], int]], float]:
    """Every stage on one thread: its figures, and rows of its table; and the peak of memory in MB."""
    from seismic_assets.registry import load_bundle

    bundle = load_bundle(model)
    predictor, lake = Predictor(bundle), Lake(root)
    grid, table = bundle.manifest.window, predictions_table(bundle.manifest.classes)
    unlabelled = lake.read(TRACE_LABELS, [], ["trace_index", "window_index", "class"])

    def predicted(segment: Segment) -> Iterator[pl.DataFrame]:
        return bronze_predictions(predictor, segment.batches(PREDICTED_COLUMNS, rows=1024), unlabelled, "1")

    stages: dict[str, tuple[Table, Callable[[], Any]]] = {
        "bronze_traces": (BRONZE_TRACES, lambda: list(ingest_files(lake, {_FILE: path}, IngestOptions(workers=1)))),
        "trace_attributes": (TRACE_ATTRIBUTES, lambda: list(write_attributes(lake, [_FILE], grid))),
        "trace_features": (
            trace_features_table(feature_names(bundle.embedder.num_components)),
            lambda: list(write_features(lake, [_FILE], bundle.embedder, grid.step)),
        ),
        "predictions": (table, lambda: list(write_by_segment(lake, table, [_FILE], predicted))),
    }
    for _, work in stages.values():
        work()  # what is imported or made ready once is not in the second round
    found = []
    for name, (written, work) in stages.items():
        start = time.process_time()
        work()
        seconds = time.process_time() - start
        rows = lake.row_counts(written)[_FILE]
        if rows % traces:
            raise SystemExit(f"{name} wrote {rows} rows for {traces} traces")
        found.append(({"name": name, "cpu_seconds": seconds, **_on_disk(lake.path(written))}, rows))
    return found, _peak_mb()


def _peak_mb() -> float:
    """The kernel's own mark of this program: what getrusage says begins at what the parent had."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


def _on_disk(table: Path) -> dict[str, int]:
    """What the last commit is: it replaced the one before, whose parts lie there still."""
    last = max((table / "_delta_log").glob("*.json"))
    added = [line["add"] for line in map(json.loads, last.read_text().splitlines()) if "add" in line]
    log = sum(len(json.dumps({"add": each})) for each in added)
    return {"bytes": sum(each["size"] for each in added), "parts": len(added), "log_bytes": log}


def record_events(home: Path, database: str | None) -> tuple[float, float]:
    """Seconds (of the fastest tenth: other work slows the rest) and bytes of recording that an asset was made."""
    home.mkdir(parents=True)
    storage = {} if database is None else {"storage": {"postgres": {"postgres_url": database}}}
    (home / "dagster.yaml").write_text(json.dumps({**storage, "telemetry": {"enabled": False}}))
    with dg.DagsterInstance.from_config(str(home)) as instance:
        instance.add_dynamic_partitions("files", [f"f{number:05d}" for number in range(_EVENTS)])
        before, seconds = _size(home), []
        for number in range(_EVENTS):
            made = dg.AssetMaterialization("bronze_traces", partition=f"f{number:05d}", metadata={"rows": number})
            start = time.perf_counter()
            instance.report_runless_asset_event(made)
            seconds.append(time.perf_counter() - start)
    return statistics.quantiles(seconds, n=10)[0], (_size(home) - before) / _EVENTS


def assets_a_file(root: Path) -> int:
    """Assets that are made for each SEG-Y file, as the settings have them by default."""
    from seismic_assets.defs.build import build_definitions
    from seismic_assets.defs.partitions import SEGY_FILES
    from seismic_assets.settings import Settings

    graph = build_definitions(Settings(landing_dir=root / "landing", storage_root=root)).resolve_asset_graph()
    return sum(graph.get(key).partitions_def == SEGY_FILES for key in graph.materializable_asset_keys)


def list_files(folder: Path) -> float:
    """Seconds to list a file of a folder that has thousands."""
    make_files(folder, _LISTED)
    start = time.perf_counter()
    listed = list_segy_files(folder)
    seconds = time.perf_counter() - start
    if len(listed) != _LISTED:
        raise SystemExit(f"{len(listed)} of {_LISTED} files were listed")
    return seconds / _LISTED


def open_many_parts(lake: Lake, root: Path, parts: int) -> float:
    """Seconds to open a table whose log names many parts, and to count its rows; the parts themselves are not there."""
    source, copy = lake.path(BRONZE_TRACES) / "_delta_log", root / BRONZE_TRACES.name / "_delta_log"
    shutil.copytree(source, copy)
    first = min(copy.glob("*.json"))
    lines = [json.loads(line) for path in sorted(copy.glob("*.json")) for line in path.read_text().splitlines()]
    head = [line for line in lines if "protocol" in line or "metaData" in line]
    added = next(line["add"] for line in lines if "add" in line)
    for path in copy.glob("*.json"):
        path.unlink()
    many = [
        {"add": {**added, "path": added["path"].replace(".parquet", f"-{number}.parquet")}} for number in range(parts)
    ]
    first.write_text("\n".join(map(json.dumps, [*head, *many])) + "\n")
    wide, start = Lake(root), time.process_time()
    rows = sum(wide.row_counts(BRONZE_TRACES).values())
    seconds = time.process_time() - start
    if rows != parts * json.loads(added["stats"])["numRecords"]:
        raise SystemExit(f"{rows} rows were counted in {parts} parts")
    return seconds


def split_bytes(root: Path) -> float:
    """Memory of a labelled window while the windows of a fit are drawn: what twice as many take more."""
    peaks = []
    for windows in (_SPLIT_WINDOWS, 3 * _SPLIT_WINDOWS):
        folder = root / str(windows)
        write_tables(Lake(folder), windows, 4)
        peaks.append(_alone(draw, folder, 200_000)["peak_rss_mb"])
        shutil.rmtree(folder)
    return max(0.0, peaks[1] - peaks[0]) * 1024 * 1024 / (2 * _SPLIT_WINDOWS)


def written_down(measured: Measured) -> str:
    """As JSON, figures rounded to what they are worth."""
    document = asdict(measured)
    for stage in document["stages"]:
        stage["cpu_seconds"] = round(stage["cpu_seconds"], 2)
    for name, digits in _DIGITS.items():
        document[name] = None if document[name] is None else round(document[name], digits)
    return json.dumps(document, indent=2) + "\n"


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _alone(work: Callable[..., Any], *arguments: Any) -> Any:
    """In a fresh process of one thread: its processor time and memory are its own."""
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", POLARS_MAX_THREADS="1", RAYON_NUM_THREADS="1")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)
