"""What the lake's tables are: names, keys, columns and their meanings."""

from __future__ import annotations

from collections.abc import Iterable

from seismic_assets.knowledge.documents import Document, Loaded
from seismic_assets.lake import (
    BRONZE_TRACES,
    DATASET_SPLIT,
    FEATURE_GENERATIONS,
    LABEL_MATCHES,
    MONITORING_TABLES,
    SEGY_CATALOGUE,
    TRACE_LABELS,
    TRACE_QUALITY,
    WINDOW_LABELS,
    Table,
)

# Those of features and predictions depend on the model; the feature catalogue and docs/user.md describe them.
KNOWN_TABLES: tuple[Table, ...] = (
    SEGY_CATALOGUE,
    BRONZE_TRACES,
    TRACE_QUALITY,
    TRACE_LABELS,
    LABEL_MATCHES,
    DATASET_SPLIT,
    FEATURE_GENERATIONS,
    WINDOW_LABELS,
    *MONITORING_TABLES,
)


def table_documents(tables: Iterable[Table] = KNOWN_TABLES) -> Loaded:
    """A document a table: its key and a line a column, with type and meaning; `source` is `lake/<name>`."""
    return Loaded(tuple(_described(table) for table in tables))


def _described(table: Table) -> Document:
    per = "replaced file by file" if table.per_file else "replaced as a whole"
    lines = [f"The table {table.name} of the lake; a row is identified by {', '.join(table.key)}, and it is {per}.", ""]
    for column in table.schema:
        meaning = table.meanings.get(column.name, "")
        lines.append(f"- column {column.name} ({column.type}){': ' if meaning else ''}{meaning}")
    return Document(f"lake/{table.name}", f"Table {table.name}", "\n".join(lines) + "\n", "table")
