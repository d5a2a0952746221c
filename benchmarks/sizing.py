"""What 10 million, 100 million and a billion traces cost in cores, hours and storage, and where the design would break.

Rates of one core are measured in one go, by processor time, so that other work on the machine does not count; the rest
is arithmetic. With --write the page docs/sizing.md and the figures beside this file are written anew.

    python -m benchmarks.sizing
    python -m benchmarks.sizing --json
    python -m benchmarks.sizing --write
"""

from __future__ import annotations

import json
import platform
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.sizing_arithmetic import (
    Measured,
    Survey,
    bytes_by_table,
    core_hours,
    cores_for,
    history_hours,
    hours_on,
    parts_of,
)
from benchmarks.sizing_measuring import measure, written_down
from benchmarks.sizing_page import CORES, DEADLINE_HOURS, SIZES, TRACES_A_FILE, page_of

FIGURES = Path(__file__).with_name("sizing.json")
PAGE = Path(__file__).parents[1] / "docs" / "sizing.md"


def computed(measured: Measured) -> dict[str, Any]:
    """What follows for each size of a survey."""
    found = {}
    for traces in SIZES:
        survey = Survey(traces, TRACES_A_FILE)
        found[str(traces)] = {
            "files": survey.files,
            "core_hours": core_hours(measured, survey),
            "history_hours": history_hours(measured, survey),
            "hours": {str(cores): hours_on(measured, survey, cores) for cores in CORES},
            "cores": {str(hours): cores_for(measured, survey, hours) for hours in DEADLINE_HOURS},
            "gigabytes": {name: size / 1e9 for name, size in bytes_by_table(measured, survey).items()},
            "parts": {stage.name: parts_of(measured, survey, stage) for stage in measured.stages},
        }
    return found


def main(
    traces: Annotated[int, typer.Option(min=36_304, help="Of the measured survey; a part has 36,304.")] = 72_608,
    database: Annotated[str | None, typer.Option(help="PostgreSQL to try the history in too; tables are made.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write docs/sizing.md and the figures.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure, and compute what surveys cost."""
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Path(folder), traces, database)
    if write:
        machine = {"python": platform.python_version(), "machine": platform.machine()}
        FIGURES.write_text(json.dumps({**machine, **json.loads(written_down(measured))}, indent=2) + "\n")
        PAGE.write_text(page_of(kept()))
    if as_json:
        print(json.dumps({"measured": asdict(measured), "surveys": computed(measured)}, indent=2))
    elif not write:
        print(page_of(measured))


def kept() -> Measured:
    """The figures that the page was written from."""
    document = json.loads(FIGURES.read_text())
    return Measured.of({name: value for name, value in document.items() if name not in ("python", "machine")})


if __name__ == "__main__":
    typer.run(main)
