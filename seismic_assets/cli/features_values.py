"""Features of a trace in the terminal, and how they changed from generation to generation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from seismic_assets.cli.features_catalogue import MOST_FILES, SHORT, legend, moment, narrow_table, say, short_code
from seismic_assets.cli.render import facts_table, output

if TYPE_CHECKING:
    from seismic_assets.cli.features_found import Changes, Found
    from seismic_assets.feature_store.lineage import Origin

_ANY_WIDTH = 1_000_000


def print_found(found: Found) -> None:
    """A window in each row; where that is too wide a feature in each row, and as many windows as there is space for."""
    features = found.values.features
    rows = [
        [str(number), *_span(start, end), *map(_figure, values)]
        for number, start, end, values in zip(
            found.values.window_index.tolist(), found.start_ms, found.end_ms, features.tolist(), strict=True
        )
    ]
    table = _table(["window", "from ms", "to ms", *found.names], rows)
    if _fits(table):
        output.print(table)
    else:
        shown, turned = _turned(found)
        output.print(turned)
        if shown < len(rows):
            say(f"The first {shown} of {len(rows)} windows; name some --feature, or give --json, for all of them.")
    output.print(facts_table("Where it is from", found.facts))
    for note in found.notes:
        say(note)


def print_generations(origins: Sequence[Origin]) -> None:
    """A table for each file and what is known of it, those that changed last first."""
    parts: dict[str, dict[str, list[Origin]]] = {}
    for each in origins:
        parts.setdefault(each.file_id, {}).setdefault(each.table, []).append(each)
    for file_id, tables in list(parts.items())[:MOST_FILES]:
        for table, generations in sorted(tables.items()):
            output.print(_generations_table(f"{file_id}: {table.removeprefix('window_')}", generations))
    more = len(parts) - MOST_FILES
    say(f"{f'And {more:,} more files; --file shows one, --json all. ' if more > 0 else ''}{legend(origins)}")


def print_changes(changes: Changes) -> None:
    """The windows of a trace, the values of each generation in a column, the latest first."""
    names = [f"generation {each.generation}" for each in changes.origins]
    rows = [
        [str(number), *_span(start, end), *(_figure(each.get(number)) for each in changes.values)]
        for number, start, end in zip(changes.window_index, changes.start_ms, changes.end_ms, strict=True)
    ]
    table = _table(["window", "from ms", "to ms", *names], rows)
    table.title = escape(f"{changes.feature} of trace {changes.place} of {changes.origins[0].file_id}")
    output.print(table)
    output.print(_generations_table("Generations", changes.origins))
    for note in (*changes.notes, legend(changes.origins)):
        say(note)


def _generations_table(title: str, generations: Sequence[Origin]) -> Table:
    table = narrow_table(title)
    table.add_column("no.", justify="right", no_wrap=True)
    for column in ("acquired", "made"):
        table.add_column(column)
    table.add_column("windows", justify="right")
    for column in ("made with", "code", "content"):
        table.add_column(column)
    for each in generations:
        windows = f"{each.windows:,}" + (f", {each.gone:,} gone" if each.gone else "")
        ends = (each.making[:SHORT], escape(short_code(each.code)), each.content[:SHORT])
        table.add_row(str(each.generation), moment(each.acquired), moment(each.made), windows, *ends)
    return table


def _turned(found: Found) -> tuple[int, Table]:
    """A feature in each row and the first windows in the columns, how many being what the terminal has space for."""
    columns = [
        ["-".join(_span(start, end)), *map(_figure, values)]
        for start, end, values in zip(found.start_ms, found.end_ms, found.values.features.tolist(), strict=True)
    ]
    shown = 1
    while shown < len(columns) and _fits(_of_columns(found.names, columns[: shown + 1])):
        shown += 1
    return shown, _of_columns(found.names, columns[:shown])


def _of_columns(names: Sequence[str], columns: Sequence[Sequence[str]]) -> Table:
    rows = [[name, *values] for name, *values in zip(names, *(column[1:] for column in columns), strict=True)]
    return _table(["feature, by ms", *(column[0] for column in columns)], rows)


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title_justify="left")
    for place, name in enumerate(names):
        table.add_column(escape(name), justify="left" if place == 0 else "right", no_wrap=True)
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _fits(table: Table) -> bool:
    return Measurement.get(output, output.options.update(max_width=_ANY_WIDTH), table).maximum <= output.width


def _span(start: float, end: float) -> tuple[str, str]:
    return f"{start:.6g}", f"{end:.6g}"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"
