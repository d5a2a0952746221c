"""Metadata that the Dagster page shows: column schemas, rows, figures."""

import base64
from collections.abc import Iterable
from typing import Any

import dagster as dg
import polars as pl

from seismic_assets.lake import Table

OWNERS = ["team:seismic"]


def table_metadata(table: Table) -> dict[str, Any]:
    """Columns of a Delta table with their meanings, for the definition of the asset that writes it."""
    columns = [dg.TableColumn(field.name, str(field.type), table.meanings.get(field.name)) for field in table.schema]
    return {
        "dagster/column_schema": dg.TableSchema(columns=columns),
        "dagster/table_name": table.name,
        "key": ", ".join(table.key),
    }


def rows_metadata(rows: int, **figures: Any) -> dict[str, Any]:
    """Number of rows, as Dagster plots it, with further figures."""
    return {"dagster/row_count": dg.MetadataValue.int(rows), **figures}


def picture(png: bytes, alt: str) -> dg.MetadataValue:
    """A PNG that the page shows in place."""
    return dg.MetadataValue.md(f"![{alt}](data:image/png;base64,{base64.b64encode(png).decode()})")


def markdown_table(frame: pl.DataFrame) -> dg.MetadataValue:
    """A small frame as a Markdown table."""
    lines = [_line(frame.columns), _line(["---"] * frame.width), *(_line(row) for row in frame.iter_rows())]
    return dg.MetadataValue.md("\n".join(lines))


def _line(cells: Iterable[Any]) -> str:
    return "| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |"
