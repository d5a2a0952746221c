"""Tables and lines in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from seismic_assets.driver import RunOutcome

output = Console()
errors = Console(stderr=True)


def outcome_table(outcome: RunOutcome) -> Table:
    """Assets, files, rows and seconds of a run."""
    table = Table(box=box.SIMPLE_HEAD, title="Assets", title_justify="left")
    table.add_column("asset")
    for column in ("files", "rows", "seconds"):
        table.add_column(column, justify="right")
    table.add_column("status")
    for each in outcome.assets.values():
        rows = f"{each.rows:,}" if each.rows is not None else ""
        status = "[red]failed[/]" if each.error else "[green]materialised[/]"
        table.add_row(each.asset, str(each.files or ""), rows, f"{each.seconds:.1f}", status)
    return table


def scores_table(scores: Mapping[str, Mapping[str, float]], version: str | None = None) -> Table:
    """Test scores of the model and what it is compared with."""
    of = f" of version {version}" if version else ""
    table = Table(box=box.SIMPLE_HEAD, title=f"Scores{of} on the test blocks", title_justify="left")
    names = list(next(iter(scores.values())))
    table.add_column("")
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for model, values in scores.items():
        cells = [f"{values[name]:.3f}" if name in values else "" for name in names]
        table.add_row(model, *cells, style="bold" if model == "model" else None)
    return table


def facts_table(title: str, facts: Mapping[str, Any]) -> Table:
    """Two columns: what, and its value."""
    table = Table(box=box.SIMPLE_HEAD, show_header=False, title=escape(title), title_justify="left")
    table.add_column(style="bold")
    table.add_column()
    for name, value in facts.items():
        table.add_row(name, escape(str(value)))
    return table


def reasons_table(title: str, rows: Sequence[tuple[str, str]]) -> Table:
    """A file and a reason in each row."""
    table = Table("file", "reason", box=box.SIMPLE_HEAD, title=title, title_justify="left")
    for file, reason in rows:
        table.add_row(escape(file), escape(reason))
    return table
