"""`seismic predict`: files and tables through a model."""

from __future__ import annotations

import json
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from seismic_assets.cli.folders import StorageRoot, check_store
from seismic_assets.cli.render import errors, output
from seismic_assets.settings import Settings, load_settings

if TYPE_CHECKING:
    from seismic_assets.inference import BatchResult
    from seismic_assets.registry import Bundle


class Per(StrEnum):
    """What a row of the output is."""

    WINDOW = "window"
    TRACE = "trace"


def predict(
    inputs: Annotated[
        list[Path], typer.Argument(help="SEG-Y files, folders of them, Parquet files or Delta tables with `samples`.")
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="A .parquet or .csv file, a .delta table, or a folder: Parquet an input."),
    ],
    per: Annotated[
        Per, typer.Option(help="`window`: a row a window; `trace`: the input's columns and one answer a trace.")
    ] = Per.WINDOW,
    model: Annotated[str, typer.Option(help="`production`, `staging`, a version, or a bundle folder.")] = "production",
    samples: Annotated[bool, typer.Option("--samples", help="Keep the samples, with --per trace.")] = False,
    delta: Annotated[bool, typer.Option("--delta", help="Write a Delta table, whatever the suffix.")] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads; SEISMIC_WORKERS, by default one for each core.")
    ] = None,
    storage_root: StorageRoot = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and no progress.")] = False,
) -> None:
    """Predict every trace of files and tables and write the predictions to a file, a table or a folder.

    The output appears whole, at the end. A run that was killed goes on where it was when the same command is given
    again. An input that cannot be read is named at the end and the status is 2; the others are written.

    [bold]Examples[/]

      seismic predict line.sgy -o line.parquet --storage-root store/

      seismic predict surveys/ traces.parquet -o all.csv --per trace --model staging
    """
    if samples and per is not Per.TRACE:
        raise typer.BadParameter("--samples needs --per trace: a window has no samples of its own in the output")
    settings = load_settings(storage_root=storage_root, workers=workers)
    from seismic_assets.inference import BatchOptions, Output, ReadOptions, run_batch

    target = Output.of(out, inputs, delta)
    target.check_apart(inputs)
    version, bundle = _model_of(model, settings)
    read = ReadOptions(mapping=settings.header_map, resample=settings.resample, samples=samples)
    options = BatchOptions(read, per.value, settings.threads)
    started = time.perf_counter()
    try:
        with _bar(as_json) as bar:
            task = bar.add_task("predicting", total=None)
            result = run_batch(
                bundle,
                version,
                inputs,
                target,
                options,
                lambda done, total: bar.update(task, completed=done, total=total),
            )
    except KeyboardInterrupt:  # typer would end without a word
        errors.print("stopped; run the same command again to go on")
        raise typer.Exit(130) from None
    if as_json:
        seconds = time.perf_counter() - started
        output.print_json(json.dumps(_summary(result, version, bundle, target.path, per, seconds)))
    else:
        _tell(result, version, target.path, per)
    if result.refused:
        raise typer.Exit(2)


def _model_of(name: str, settings: Settings) -> tuple[str, Bundle]:
    """A version and its bundle: by alias, by number, or from a folder without a registry."""
    from seismic_assets.deployment import registry_of
    from seismic_assets.registry import PRODUCTION, STAGING, load_bundle

    if name in (PRODUCTION, STAGING) or name.isdecimal():
        check_store(settings.storage_root)
    if name in (PRODUCTION, STAGING):
        return registry_of(settings).aliased(name)
    if name.isdecimal():
        return name, registry_of(settings).bundle(name)
    if Path(name).is_dir():
        return name, load_bundle(Path(name))
    raise typer.BadParameter(f"{name} is neither production, staging, a version, nor the folder of a bundle")


def _bar(silent: bool) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("traces"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=errors, transient=True, disable=silent)


def _summary(
    result: BatchResult, version: str, bundle: Bundle, out: Path, per: Per, seconds: float
) -> dict[str, object]:
    return {
        "model_version": version,
        "model_digest": bundle.content_digest(),
        "output": str(out),
        "per": per.value,
        "traces": sum(each.traces for each in result.inputs),
        "rows": sum(each.rows for each in result.inputs),
        "resumed_traces": result.resumed_traces,
        "dropped": result.dropped or None,
        "seconds": round(seconds, 3),
        "inputs": [
            {
                "path": str(each.path),
                "file_id": each.name,
                "traces": each.traces,
                "rows": each.rows,
                "output": str(each.output),
            }
            for each in result.inputs
        ],
        "failed": [{"path": str(each.path), "reason": each.reason} for each in result.refused],
    }


def _tell(result: BatchResult, version: str, out: Path, per: Per) -> None:
    if result.dropped:
        _say(result.dropped)
    if result.resumed_traces:
        _say(f"{result.resumed_traces:,} traces were predicted by an earlier run already")
    if result.inputs:
        count = len(result.inputs)
        what = result.inputs[0].path.name if count == 1 else f"{count} inputs"
        rows = sum(each.rows for each in result.inputs)
        _say(f"{rows:,} {per.value}s of {what} predicted by version {version}: {out}")
    for each in result.refused:
        errors.print(f"[bold red]Error:[/] {escape(each.reason)}", highlight=False, soft_wrap=True)


def _say(sentence: str) -> None:
    output.print(sentence, highlight=False, markup=False, soft_wrap=True)
