"""What thousands of small files cost: the sensor's look at the folder, the catalogue, and ingest in ranged runs.

python -m benchmarks.many_files
python -m benchmarks.many_files --files 5000 --json
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import dagster as dg
import numpy as np
import typer
from rich.console import Console

from seismic_assets.defs.build import build_definitions
from seismic_assets.defs.partitions import SEGY_FILES
from seismic_assets.defs.raw.discovery import discover
from seismic_assets.lake import BRONZE_TRACES, TRACE_ATTRIBUTES, Lake
from seismic_assets.segy import write_segy
from seismic_assets.settings import Settings

_TRACES, _SAMPLES = 50, 128


def make_files(folder: Path, files: int) -> None:
    """Small files, a line each, no two alike."""
    random = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        position = np.arange(_TRACES)
        write_segy(
            folder / f"line_{number:05d}.sgy",
            random.normal(size=(_TRACES, _SAMPLES)).astype(np.float32),
            inline=np.full(_TRACES, number + 1),
            crossline=position + 1,
            cdp_x=25.0 * position,
            cdp_y=np.full(_TRACES, 25.0 * number),
            sample_interval_us=4000,
            sample_format="ieee",
        )


def measure(root: Path, files: int) -> dict[str, Any]:
    """Seconds of each step."""
    console = Console(stderr=True)
    settings = Settings(landing_dir=root / "landing", storage_root=root / "storage", window_samples=64)
    console.print(f"making {files:,} files")
    make_files(settings.landing_dir, files)
    found: dict[str, Any] = {"files": files}
    with dg.DagsterInstance.local_temp(str(root)) as instance:

        def timed(name: str, work: Callable[[], Any]) -> Any:
            start = time.perf_counter()
            result = work()
            found[name] = round(time.perf_counter() - start, 2)
            console.print(f"{name}: {found[name]} s")
            return result

        stock = timed("first_look_s", lambda: discover(instance, settings, ())).stock
        timed("record_first_look_s", lambda: discover(instance, settings, ()).apply(instance))
        timed("look_without_change_s", lambda: discover(instance, settings, stock.entries))
        (settings.landing_dir / "line_00000.sgy").touch()
        timed("look_after_one_change_s", lambda: discover(instance, settings, stock.entries))
        definitions = build_definitions(settings)
        job = definitions.resolve_implicit_global_asset_job_def()
        keys = instance.get_dynamic_partitions(str(SEGY_FILES.name))
        ranged = {
            "dagster/asset_partition_range_start": keys[0],
            "dagster/asset_partition_range_end": keys[-1],
        }

        def run(*assets: str, tags: dict[str, str] | None = None) -> None:
            selection = [dg.AssetKey(asset) for asset in assets]
            quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
            job.execute_in_process(run_config=quiet, instance=instance, asset_selection=selection, tags=tags or {})

        timed("catalogue_first_s", lambda: run("segy_catalogue"))
        timed("catalogue_again_s", lambda: run("segy_catalogue"))
        timed("ingest_in_one_run_s", lambda: run("bronze_traces", "trace_quality", tags=ranged))
        timed("attributes_in_one_run_s", lambda: run("trace_attributes", tags=ranged))
        timed("catalogue_with_tables_s", lambda: run("segy_catalogue"))
    lake = Lake(settings.lake_dir)
    found["bronze_rows"] = sum(lake.row_counts(BRONZE_TRACES).values())
    found["attribute_rows"] = sum(lake.row_counts(TRACE_ATTRIBUTES).values())
    found["commits_of_bronze"] = lake.version(BRONZE_TRACES)
    found["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return found


def main(
    files: Annotated[int, typer.Option(min=1, help="How many.")] = 5000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Time the folder, the catalogue and the ranged runs."""
    with tempfile.TemporaryDirectory() as root:
        found = measure(Path(root), files)
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        Console().print(found)


if __name__ == "__main__":
    typer.run(main)
