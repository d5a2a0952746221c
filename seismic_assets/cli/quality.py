"""`seismic quality`: what the quality agents say of the files, over time and file by file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from seismic_assets.cli.folders import StorageRoot, settings_for_reading
from seismic_assets.cli.render import output
from seismic_assets.cli.rows import print_rows
from seismic_assets.lake import QUALITY_HISTORY, TRACE_QUALITY, Lake, LakeError

if TYPE_CHECKING:
    from seismic_assets.insights.quality import QualityReport
    from seismic_assets.settings import Settings

quality = typer.Typer(rich_markup_mode="rich")

_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
_STYLES = {"PASS": "green", "WARN": "bold yellow", "FAIL": "bold red"}
_SEVERITIES = {"fail": "[bold red]FAIL[/]", "warn": "[bold yellow]WARN[/]", "info": "[dim]note[/]"}
_TRENDS = {
    "timestamp": "timestamp",
    "verdict": "verdict",
    "accepted": "accepted",
    "files": "files",
    "traces": "traces",
    "lost_share": "lost share",
    "score_mean": "score mean",
    "scale_median": "scale median",
    "drift": "drift",
}
_FAULTS = {
    "dead_traces": "dead",
    "nan_traces": "NaN",
    "clipped_traces": "clipped",
    "spiked_traces": "spiked",
    "duplicate_traces": "duplicate",
}
_FIGURES = {
    "file_id": "file",
    "status": "status",
    "score": "score",
    "traces": "traces",
    **_FAULTS,
    "amplitude_scale": "amplitude scale",
    "reason": "reason",
}


@quality.callback(invoke_without_command=True)
def report(context: typer.Context, storage_root: StorageRoot = None, as_json: _Json = False) -> None:
    """Say how good the data are, what is wrong with them, what changed, and what to do; exit status 1 on FAIL.

    Nothing is written: the history grows when the asset `quality_report` is made.

    [bold]Examples[/]

      seismic quality --storage-root store/

      seismic quality --json | jq '.actions[].advice'

      seismic quality history --storage-root store/

      seismic quality files --storage-root store/
    """
    if context.invoked_subcommand is not None:
        context.obj = (storage_root, as_json)
        return
    from seismic_assets.insights.quality import QualityLimits, gather_quality, quality_report

    settings = settings_for_reading(storage_root=storage_root)
    found = quality_report(gather_quality(_lake(settings)), QualityLimits(files=settings.thresholds))
    if as_json:
        output.print_json(json.dumps(found.to_dict()))
    else:
        _print_report(found)
    if found.verdict == "FAIL":
        raise typer.Exit(1)


@quality.command()
def history(
    context: typer.Context,
    storage_root: StorageRoot = None,
    last: Annotated[int, typer.Option(min=1, help="So many states, the latest ones.")] = 20,
    as_json: _Json = False,
) -> None:
    """List the states that the data were in, the latest last.

    [bold]Example[/]

      seismic quality history --last 5 --storage-root store/
    """
    settings, as_json = _given(context, storage_root, as_json)
    rows = _lake(settings).read(QUALITY_HISTORY).tail(last).to_dicts()
    nothing = "no state is recorded yet; the asset quality_report records one, as `seismic run` makes it"
    _print_rows(_TRENDS, rows, as_json, nothing)


@quality.command()
def files(
    context: typer.Context,
    storage_root: StorageRoot = None,
    limit: Annotated[int, typer.Option(min=1, help="So many files at most.")] = 50,
    as_json: _Json = False,
) -> None:
    """List the files, the worst first: those that could not be read, then by quality score.

    [bold]Example[/]

      seismic quality files --limit 10 --storage-root store/
    """
    settings, as_json = _given(context, storage_root, as_json)
    frame = _lake(settings).read(TRACE_QUALITY)
    rows = frame.sort("score", "file_id", nulls_last=False).head(limit).to_dicts()
    _print_rows(_FIGURES, rows, as_json, "no file has been read yet; run `seismic run`")
    if frame.height > limit and not as_json:
        _say(f"{limit:,} of {frame.height:,} files; --limit shows more")


def _print_rows(columns: Mapping[str, str], rows: Sequence[dict[str, Any]], as_json: bool, nothing: str) -> None:
    if as_json:
        output.print_json(json.dumps([_plain(row) for row in rows]))
    elif rows:
        print_rows(columns, rows, optional=(*_FAULTS, "reason"), sentences=("reason",))
    else:
        _say(nothing)


def _given(context: typer.Context, storage_root: str | None, as_json: bool) -> tuple[Settings, bool]:
    """Options may stand before the name of the command too."""
    before_root, before_json = context.obj or (None, False)
    return settings_for_reading(storage_root=storage_root or before_root), as_json or before_json


def _lake(settings: Settings) -> Lake:
    lake = Lake(settings.lake_dir)
    if not lake.is_there():
        raise LakeError(f"{settings.storage_root} is no storage root: it has no folder lake; give the one of your runs")
    return lake


def _print_report(found: QualityReport) -> None:
    style = _STYLES[found.verdict]
    output.print(f"[{style}]{found.verdict}[/]", highlight=False)
    agents = Table(box=box.SIMPLE_HEAD)
    for column in ("agent", "verdict"):
        agents.add_column(column, no_wrap=True)
    agents.add_column("in a sentence")
    for each in found.results:
        agents.add_row(each.name, f"[{_STYLES[each.verdict]}]{each.verdict}[/]", escape(each.summary))
    output.print(agents)
    done = {(each.code, each.finding) for each in found.actions}
    rest = [each for result in found.results[:2] for each in result.findings if (each.code, each.sentence) not in done]
    if rest:
        output.print(_sentences(("", "worth knowing"), [(_SEVERITIES[each.severity], each.sentence) for each in rest]))
    if found.actions:
        rows = [(_SEVERITIES[each.severity], each.finding, each.advice) for each in found.actions]
        output.print(_sentences(("", "because", "what to do"), rows))


def _sentences(header: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Table:
    """The first column is marked up; the others are text."""
    table = Table(*header, box=box.SIMPLE_HEAD)
    for first, *rest in rows:
        table.add_row(first, *map(escape, rest))
    return table


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON holds it: times in ISO 8601, the shares of classes as an object, what is not finite as null."""
    plain = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
    if "class_shares" in plain:
        plain["class_shares"] = json.loads(plain["class_shares"] or "{}")
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in plain.items()
    }


def _say(sentence: str) -> None:
    output.print(sentence, highlight=False, markup=False, soft_wrap=True)
