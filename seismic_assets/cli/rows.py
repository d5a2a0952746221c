"""Rows of a table in the terminal, with words and numbers whole."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from seismic_assets.cli.render import output

_WITHOUT_TERMINAL = 200  # columns, where the environment names no number
_OF_SENTENCE = 24  # columns that a sentence has at least


def print_rows(
    columns: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
    optional: Collection[str] = (),
    sentences: Collection[str] = (),
) -> None:
    """Print rows; only a sentence goes over several lines, and what is too wide is left to the terminal to wrap.

    Args:
        columns: heading by name, in order.
        rows: with a value for each name.
        optional: columns that are left out, and said to be, where every value is zero or missing.
        sentences: columns whose text may be wrapped.
    """
    empty = [name for name in columns if name in optional and not any(row[name] for row in rows)]
    shown = {name: heading for name, heading in columns.items() if name not in empty}
    console = _console()
    for gap in (1, 0):
        table = _table(shown, rows, sentences, gap)
        needed = Measurement.get(console, console.options.update(width=10_000), table).minimum
        if needed <= console.width:
            break
    Console(width=max(needed, console.width)).print(table)
    zero = [columns[name] for name in empty if name not in sentences]
    if zero:
        output.print(
            f"Zero in every row, so not shown: {', '.join(zero)}.", highlight=False, markup=False, soft_wrap=True
        )


def _console() -> Console:
    # Not `output`: it keeps the number of columns that it found when it was made.
    return Console() if output.is_terminal or os.environ.get("COLUMNS") else Console(width=_WITHOUT_TERMINAL)


def _table(
    columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]], sentences: Collection[str], gap: int
) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, gap, 0, 0))
    cells = {name: [_cell(name, row[name]) for row in rows] for name in columns}
    for name, heading in columns.items():
        numeric = any(isinstance(row[name], int | float) for row in rows)
        widest = max(map(len, cells[name]))
        if name in sentences:
            table.add_column(heading, min_width=min(widest, _OF_SENTENCE))
            continue
        lines = heading.split() if len(heading) > widest else [heading]
        table.add_column(
            "\n".join(lines),
            justify="right" if numeric else "left",
            no_wrap=True,
            min_width=max(widest, *map(len, lines)),
        )
    for row in zip(*cells.values(), strict=True):
        table.add_row(*map(escape, row))
    return table


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_share"):
        return f"{100 * value:.3g} %"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "strftime") else str(value)
