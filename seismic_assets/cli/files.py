"""`seismic inspect` and `seismic predict`: commands about one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress

from seismic_assets.cli.render import errors, facts_table, output
from seismic_assets.segy import FileReport, inspect_file
from seismic_assets.settings import load_settings


def inspect(
    file: Annotated[Path, typer.Argument(help="A SEG-Y file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Say what a SEG-Y file is and whether it would be admitted; exit status 0 when it would.

    [bold]Examples[/]

      seismic inspect line.sgy

      seismic inspect line.sgy --json | jq .geometry
    """
    if file.is_dir():
        raise typer.BadParameter(f"{file} is a folder; give one SEG-Y file")
    report = inspect_file(file)
    if as_json:
        output.print_json(json.dumps(report.as_dict()))
    else:
        output.print(facts_table(report.file, _facts(report)))
        for problem in report.problems:
            output.print(f"[yellow]{'Note' if report.admitted else 'Refused'}:[/] {escape(problem)}", soft_wrap=True)
    raise typer.Exit(0 if report.admitted else 1)


def _facts(report: FileReport) -> dict[str, str]:
    if report.geometry is None:
        return {"admitted": "no"}
    geometry = report.geometry
    return {
        "admitted": "yes",
        "traces": f"{report.traces:,}",
        "samples": f"{report.samples:,} every {report.sample_interval_us} us from {report.start_ms:g} ms",
        "sample format": f"{report.format}, {report.endian}-endian",
        "revision": report.revision,
        "geometry": geometry.kind,
        "inlines": f"{geometry.inlines:,} from {geometry.inline[0]} to {geometry.inline[1]}",
        "crosslines": f"{geometry.crosslines:,} from {geometry.crossline[0]} to {geometry.crossline[1]}",
        "CDP": f"{geometry.cdp[0]} to {geometry.cdp[1]}",
        "coordinates": f"x {geometry.x[0]:.1f} to {geometry.x[1]:.1f}, y {geometry.y[0]:.1f} to {geometry.y[1]:.1f}",
        "traces at a position": f"up to {geometry.traces_per_position}",
    }


def predict(
    file: Annotated[Path, typer.Argument(help="A SEG-Y file.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Parquet file to write.")],
    storage_root: Annotated[Path | None, typer.Option(help="Storage root that holds the model.")] = None,
) -> None:
    """Predict every window of a SEG-Y file with the production model and write the rows to a Parquet file.

    [bold]Example[/]

      seismic predict line.sgy -o line.parquet --storage-root store/
    """
    if out.is_dir():
        raise typer.BadParameter(f"{out} is a folder; give the Parquet file to write")
    if not out.parent.is_dir():
        raise typer.BadParameter(f"the folder {out.parent} of the output does not exist")
    settings = load_settings(storage_root=storage_root)
    from seismic_assets.defs.resources import registry_of
    from seismic_assets.inference import Predictor, predict_file, write_predictions

    version, bundle = registry_of(settings).aliased()
    with Progress(console=errors, transient=True) as bar:
        task = bar.add_task(f"predicting {escape(file.name)}", total=None)
        frames = predict_file(
            Predictor(bundle), file, lambda done, total: bar.update(task, completed=done, total=total)
        )
        rows = write_predictions(frames, out)
    sentence = f"{rows:,} windows of {file.name} predicted by version {version}: {out}"
    output.print(sentence, highlight=False, markup=False, soft_wrap=True)
