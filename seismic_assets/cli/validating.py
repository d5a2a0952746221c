"""`seismic validate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from seismic_assets.cli.folders import LandingDir, StorageRoot
from seismic_assets.cli.render import errors, output
from seismic_assets.settings import load_settings

if TYPE_CHECKING:
    from seismic_assets.settings import Settings
    from seismic_assets.validation import Layer, Validation

_STYLES = {"ok": "green", "switched off": "dim", "stale": "yellow", "missing": "yellow", "failed": "bold red"}


def validate(
    full: Annotated[bool, typer.Option("--full", help="Make everything anew in an empty folder, then look.")] = False,
    workflow: Annotated[
        bool, typer.Option("--workflow", help="Print a GitHub Actions workflow that validates every night.")
    ] = False,
    keep: Annotated[Path | None, typer.Option(help="With --full: the empty folder, which is kept.")] = None,
    landing_dir: LandingDir = None,
    storage_root: StorageRoot = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Look at every layer: is it there, fresh, and did its checks pass?

    It reads Dagster's history, the tables' logs and the model in production, and changes nothing. The status is 0 where
    all is well, 1 where something is wrong, 2 where it could not look.

    [bold]Examples[/]

      seismic validate --storage-root store/

      seismic validate --json | jq -r '.layers[] | select(.state != "ok") | .layer'

      seismic validate --workflow > .github/workflows/seismic.yml
    """
    if workflow and (full or keep is not None):
        raise typer.BadParameter("--workflow prints a workflow and looks at nothing; leave out --full and --keep")
    if workflow:
        from seismic_assets.validation import workflow_text

        print(workflow_text(), end="")
        return
    if keep is not None and not full:
        raise typer.BadParameter("--keep goes with --full")
    settings = load_settings(landing_dir=landing_dir, storage_root=storage_root)
    found = _anew(settings, keep) if full else _look(settings)
    if as_json:
        output.print_json(json.dumps(found.as_dict()))
    else:
        _tell(found)
    raise typer.Exit(found.exit_status)


def _look(settings: Settings) -> Validation:
    # Dagster takes seconds to import.
    from seismic_assets.deployment import check_object_stores_for_reading
    from seismic_assets.driver.home import use_history
    from seismic_assets.driver.validation import look_at

    check_object_stores_for_reading(settings)
    use_history(settings)
    with errors.status("looking at the deployment"):
        return look_at(settings)


def _anew(settings: Settings, keep: Path | None) -> Validation:
    from seismic_assets.driver.anew import make_anew

    return make_anew(settings, keep, lambda line: errors.print(f"  {line}", highlight=False, markup=False))


def _tell(found: Validation) -> None:
    table = Table(box=box.SIMPLE_HEAD, title=f"Layers of {escape(found.storage_root)}", title_justify="left")
    table.add_column("layer", no_wrap=True)
    table.add_column("assets", justify="right")
    table.add_column("rows", justify="right")
    table.add_column("state", no_wrap=True)
    table.add_column("reason")
    table.add_column("what to do")
    for layer in found.layers:
        table.add_row(*_row(layer))
    output.print(table)
    for layer in found.layers:
        for finding in layer.findings[1:]:
            style = _STYLES[finding.state]
            output.print(
                f"[{style}]{layer.name}[/]: {escape(finding.reason)}"
                + (f"; {escape(finding.remedy)}" if finding.remedy else ""),
                highlight=False,
                soft_wrap=True,
            )
    wrong = [layer.name for layer in found.layers if layer.wrong]
    verdict = "Every layer is well." if found.well else f"Something is wrong in {', '.join(wrong)}."
    output.print(verdict, highlight=False, markup=False)


def _row(layer: Layer) -> tuple[str, str, str, str, str, str]:
    first = layer.findings[0] if layer.findings else None
    return (
        layer.name,
        str(layer.assets or ""),
        f"{layer.rows:,}" if layer.rows is not None else "",
        f"[{_STYLES[layer.state]}]{layer.state}[/]",
        escape(first.reason) if first else "",
        escape(first.remedy) if first else "",
    )
