"""Delta tables: rows, size and age, from their logs alone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from prometheus_client.core import GaugeMetricFamily

from seismic_assets.exporter.errors import NothingYetError, SourceError
from seismic_assets.exporter.parts import Look
from seismic_assets.lake.errors import cause_of
from seismic_assets.lake.upkeep import MERGED
from seismic_assets.objects import Place
from seismic_assets.objects.delta import LOG, Mark, delta_tables, log_mark

_MOST = 200
_COMMITS = 20


@dataclass(frozen=True)
class TableFigures:
    """What the log of a table says of its current version.

    Attributes:
        rows: of the table; None where a part was written without statistics.
        parts: Parquet files of this version.
        size: bytes of these.
        version: Delta's number of it.
        committed_at: when it was made, seconds since 1970.
    """

    rows: int | None
    parts: int
    size: int
    version: int
    committed_at: float


class TablesSource:
    """The tables below some folders; the log of one is read again when it has grown."""

    def __init__(self, folders: Sequence[Place]) -> None:
        """Prepare; the folders need not be there yet."""
        self._folders = folders
        self._known: dict[Place, tuple[Mark, TableFigures]] = {}

    def look(self) -> Look:
        """The metrics; a table that is damaged is a complaint, and the others go on.

        Raises:
            NothingYetError: there is no table yet.
        """
        tables = list(self._tables())
        if not tables:
            raise NothingYetError(f"no table yet below {', '.join(map(str, self._folders))}")
        found: dict[str, TableFigures] = {}
        complaints = []
        for folder in tables:
            try:
                found[folder.name] = self._figures(folder)
            except SourceError as error:
                complaints.append(str(error))
        readable = _gauge("readable", "1 where the log of a table can be read.")
        for folder in tables:
            readable.add_metric([folder.name], folder.name in found)
        return Look([readable, *_metrics(found)], complaints)

    def _tables(self) -> Iterator[Place]:
        found: list[Place] = []
        for folder in self._folders:
            try:
                found += delta_tables(folder).values()
            except OSError as error:
                raise SourceError(f"{folder} cannot be listed ({cause_of(error)}); fix the rights") from error
        yield from found[:_MOST]

    def _figures(self, folder: Place) -> TableFigures:
        try:
            mark = log_mark(folder)
            known = self._known.get(folder)
            if known is None or known[0] != mark:
                self._known.pop(folder, None)
                self._known[folder] = known = mark, _read(folder)
            return known[1]
        except (DeltaError, OSError, ValueError, KeyError) as error:
            raise SourceError(
                f"table {folder.name} in {folder.parent} cannot be read ({cause_of(error)}); restore its {LOG} folder"
            ) from error


def _read(folder: Place) -> TableFigures:
    delta = DeltaTable(str(folder))
    actions = pa.table(delta.get_add_actions(flatten=True))
    rows = actions["num_records"].to_pylist()
    commits = delta.history(_COMMITS)
    # Upkeep changes no row: it must not make a table look young.
    last = next((each for each in commits if not _of_upkeep(each)), commits[-1])
    return TableFigures(
        rows=None if None in rows else sum(rows),
        parts=actions.num_rows,
        size=sum(actions["size_bytes"].to_pylist()),
        version=delta.version(),
        committed_at=float(last["timestamp"]) / 1000,
    )


def _of_upkeep(commit: Mapping[str, Any]) -> bool:
    return str(commit.get("operation", "")).startswith(("VACUUM", "OPTIMIZE")) or MERGED in commit


def _metrics(found: dict[str, TableFigures]) -> list[GaugeMetricFamily]:
    rows = _gauge("rows", "Rows of a table.")
    age = _gauge("age_seconds", "Since the last commit to a table.")
    parts = _gauge("parts", "Parquet files of a table's current version.")
    size = _gauge("bytes", "Bytes of a table's current version.")
    version = _gauge("version", "Delta version of a table.")
    now = time.time()
    for name, figures in found.items():
        if figures.rows is not None:
            rows.add_metric([name], figures.rows)
        age.add_metric([name], max(0.0, now - figures.committed_at))
        parts.add_metric([name], figures.parts)
        size.add_metric([name], figures.size)
        version.add_metric([name], figures.version)
    return [rows, age, parts, size, version]


def _gauge(name: str, description: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"seismic_pipeline_table_{name}", description, labels=["table"])
