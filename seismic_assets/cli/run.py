"""`seismic run`."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from seismic_assets.cli.folders import LandingDir, StorageRoot
from seismic_assets.cli.render import errors, outcome_table, output, reasons_table, scores_table
from seismic_assets.cli.writing import writing_to
from seismic_assets.settings import Settings, load_settings

if TYPE_CHECKING:
    from seismic_assets.driver import RunOutcome


def run(
    landing_dir: LandingDir = None,
    storage_root: StorageRoot = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Materialise everything that is missing or stale, in this process.

    New, changed and vanished files are found, tables written, a model trained if the labelled windows changed,
    and predictions made. Killed and run again, it goes on where it was.

    [bold]Examples[/]

      seismic run --landing-dir survey/ --storage-root store/

      SEISMIC_LANDING_DIR=survey SEISMIC_STORAGE_ROOT=store SEISMIC_WINDOW_SAMPLES=32 seismic run --json
    """
    settings = load_settings(landing_dir=landing_dir, storage_root=storage_root)
    _check_folder(settings)
    with writing_to(settings.dagster_dir):
        _check_writable(settings.dagster_dir)
    # Dagster takes seconds to import; a wrong folder is said at once.
    from sqlalchemy.exc import OperationalError

    from seismic_assets.driver import BusyError, materialise_stale, open_instance, place_of_history

    with errors.status("looking at the landing folder") as status:

        def progress(line: str) -> None:
            errors.print(f"  {line}", highlight=False, markup=False)
            status.update(line)

        def detail(line: str) -> None:
            if errors.is_terminal:
                status.update(escape(line))
            else:
                errors.print(f"  {line}", highlight=False, markup=False)

        try:
            with writing_to(settings.local_root):
                outcome = materialise_stale(settings, open_instance(settings), progress, detail)
        except BusyError as error:
            errors.print(f"[bold red]Error:[/] {escape(str(error))}")
            raise typer.Exit(2) from error
        except OperationalError as error:
            cause = str(error.orig)
            errors.print(
                f"[bold red]Error:[/] Dagster's history {escape(place_of_history(settings))} cannot be written "
                f"({escape(cause)}); free space or fix the rights, then run again: tables are whole",
                soft_wrap=True,
                highlight=False,
            )
            raise typer.Exit(2) from error
    if as_json:
        output.print_json(json.dumps(outcome.as_dict()))
    else:
        tell(outcome, settings.insights_dir / "quality_report.html")
    for sentence in outcome.errors:
        errors.print(f"[bold red]Error:[/] {escape(sentence)}", soft_wrap=True, highlight=False)
    if not outcome.errors and not outcome.succeeded:
        errors.print("[bold red]Error:[/] no file of the landing folder could be read; the reasons stand above.")
    raise typer.Exit(0 if outcome.succeeded else 1)


def tell(outcome: RunOutcome, quality_page: Path) -> None:
    """Print what a run did and where its reports are.

    Args:
        outcome: of the run.
        quality_page: the report in words that a person reads first; it may be missing.
    """
    output.print(outcome_table(outcome) if outcome.assets else "Everything is up to date.")
    if outcome.quarantined:
        output.print(reasons_table("Quarantined", outcome.quarantined))
    if outcome.unread:
        output.print(reasons_table("Admitted, then unreadable", outcome.unread))
    if outcome.scores:
        output.print(scores_table(outcome.scores, outcome.scored_version))
        if outcome.production_version not in (None, outcome.scored_version):
            output.print(f"In production: version {outcome.production_version}")
        output.print(f"Report: {outcome.report}", soft_wrap=True, highlight=False)
    if outcome.monitoring:
        output.print(f"Monitoring: {escape(outcome.monitoring)}", soft_wrap=True, highlight=False)
        output.print(f"Monitoring report: {outcome.monitoring_report}", soft_wrap=True, highlight=False)
    if quality_page.exists():
        line = f"Quality of the data, with the other reports in words beside it: {quality_page}"
        output.print(line, soft_wrap=True, highlight=False, markup=False)
    for note in outcome.notes:
        output.print(f"[yellow]Note:[/] {escape(note)}", soft_wrap=True)


def _check_writable(folder: Path) -> None:
    """A file can be made; otherwise what makes the first one fails somewhere deep in a database."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(b"probe")


def _check_folder(settings: Settings) -> None:
    from seismic_assets.deployment import check_object_stores, fetch_landed
    from seismic_assets.lake import SEGY_CATALOGUE, Lake
    from seismic_assets.segy import LandingFolderError, list_segy_files

    check_object_stores(settings)
    copied = fetch_landed(settings)
    if copied.fetched:
        errors.print(f"  {len(copied.fetched)} files copied from {settings.landing_dir}", highlight=False, markup=False)
    for name in copied.unsafe:
        line = f"{name!r} in {settings.landing_dir} is passed over: its name leads out of the folder; give it another"
        errors.print(f"[yellow]Note:[/] {escape(line)}", soft_wrap=True, highlight=False)
    if not list_segy_files(settings.landing_folder):
        stocked = Lake(settings.lake_dir).exists(SEGY_CATALOGUE)
        if not stocked:
            raise LandingFolderError(
                str(settings.landing_dir),
                "holds no SEG-Y file (.sgy or .segy); copy some there, or make some with `seismic survey`",
            )
