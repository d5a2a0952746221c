"""`seismic run` on ten million traces: time, memory, rows and disk of every asset.

Twenty files of the F3 survey's shape are generated (19 GB), some traces of the first are labelled, and the command line
does the rest: bronze, attributes and the 40 features of whole-trace windows, split, model, predictions.

    python -m benchmarks.ten_million --folder /data/ten_million
    python -m benchmarks.ten_million --files 2 --json
"""

from __future__ import annotations

import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console

from benchmarks.f3_shaped import CROSSLINES, FIRST_CROSSLINE, third_of, write_f3_shaped

_CLASSES = ("sharp", "smooth", "smoother")
_LABELLED = 20_000


def make_landing(folder: Path, files: int, traces: int) -> None:
    """The files, side by side along the inlines, and labels on some traces of the first."""
    console = Console(stderr=True)
    for number in range(files):
        console.print(f"file {number + 1} of {files}", end="\r")
        first_inline = 100 + number * (traces // CROSSLINES + 1)
        write_f3_shaped(folder / f"part_{number:02d}.sgy", traces, first_inline=first_inline, seed=number)
    chosen = np.linspace(0, traces - 1, min(_LABELLED, traces)).astype(int)
    with (folder / "labels.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["file_id", "trace_index", "class"])
        thirds = third_of(FIRST_CROSSLINE + chosen % CROSSLINES)
        rows.writerows(
            ("part_00.sgy", index, _CLASSES[third])
            for index, third in zip(chosen.tolist(), thirds.tolist(), strict=True)
        )
    (folder / "labels.yaml").write_text(
        f"classes: [{', '.join(_CLASSES)}]\nsources:\n  - {{kind: table, path: labels.csv}}\n"
    )


def measure(folder: Path, files: int, traces: int) -> dict[str, Any]:
    """Run it, and what it took."""
    landing, storage = folder / "landing", folder / "storage"
    make_landing(landing, files, traces)
    shutil.rmtree(storage, ignore_errors=True)
    command = [sys.executable, "-m", "seismic_assets.cli", "run", "--json"]
    command += ["--landing-dir", str(landing), "--storage-root", str(storage)]
    start = time.perf_counter()
    environment = {**os.environ, "SEISMIC_WINDOW_SAMPLES": "none"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise SystemExit(f"the run failed with status {done.returncode}: {done.stdout}")
    outcome = json.loads(done.stdout)
    return {
        "traces": files * traces,
        "files": files,
        "seconds": round(seconds, 1),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
        "segy_gb": _gigabytes(landing),
        "lake_gb": {path.name: _gigabytes(path) for path in sorted((storage / "lake").iterdir())},
        "assets": {
            each["asset"]: {"rows": each["rows"], "seconds": round(each["seconds"], 1)} for each in outcome["assets"]
        },
        "notes": outcome["notes"],
        "scores": {name: round(values["f1_macro"], 3) for name, values in outcome["scores"].items()},
    }


def _gigabytes(folder: Path) -> float:
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e9, 3)


def main(
    folder: Annotated[
        Path | None, typer.Option(help="Where files and storage are kept; by default they are not.")
    ] = None,
    files: Annotated[int, typer.Option(min=1)] = 20,
    traces: Annotated[int, typer.Option(min=1000, help="Of each file.")] = 500_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Needs about 45 GB of disk for 20 files of 500,000 traces."""
    with tempfile.TemporaryDirectory() as temporary:
        found = measure(folder or Path(temporary), files, traces)
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        Console().print(found)


if __name__ == "__main__":
    typer.run(main)
