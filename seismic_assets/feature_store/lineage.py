"""Where the values of the feature store are from: the SEG-Y file, its bytes, the code; and what was known when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
import pyarrow.compute as pc
from numpy.typing import NDArray

from seismic_assets.feature_store.errors import FeatureStoreError, UnknownTraceError
from seismic_assets.feature_store.keys import file_number, parts_of
from seismic_assets.lake import FEATURE_GENERATIONS, SEGY_CATALOGUE, Lake, Table
from seismic_assets.lake.history_tables import CREATED, EVENT, GENERATION, TRACE_ID, WINDOW


@dataclass(frozen=True)
class Origin:
    """What a generation of a file came from.

    Attributes:
        file_id: of the file.
        table: which table has the rows.
        generation: counts what was known of the file, from 1.
        segy: path of the SEG-Y file in the landing folder; empty where the catalogue no longer has it.
        changed: whether the SEG-Y file has other bytes by now.
        start_ms: time of the first sample.
        digest: of the SEG-Y file as it was then.
        acquired: when the file came as it was then, aware.
        made: when the values were made, aware.
        windows: rows with values.
        gone: windows of the generation before that were no more.
        content: digest of keys and values.
        making: what the values were made with, as of `making_of`.
        num_samples: of a trace.
        sample_interval_us: microseconds.
        code: Git commit of the code, or the version of the package.
        source_version: Delta version of the table that the rows were copied from.
    """

    file_id: str
    table: str
    generation: int
    segy: str
    changed: bool
    start_ms: float
    digest: str
    acquired: datetime
    made: datetime
    windows: int
    gone: int
    content: str
    making: str
    num_samples: int
    sample_interval_us: int
    code: str
    source_version: int


@dataclass(frozen=True)
class WindowValues:
    """Features of the windows of a trace.

    Attributes:
        window_index: (k,) int64, in order.
        features: (k, f) float32.
    """

    window_index: NDArray[np.int64]
    features: NDArray[np.float32]


def origins_of(lake: Lake, table: Table | None = None) -> list[Origin]:
    """Generations that are kept, those that were made last first.

    Args:
        lake: of the deployment.
        table: only those of a table.

    Raises:
        LakeError: a table is damaged.
    """
    noted = lake.read(FEATURE_GENERATIONS)
    if table is not None:
        noted = noted.filter(pl.col("table") == table.name)
    files = {row["file_id"]: row for row in lake.read(SEGY_CATALOGUE, columns=_OF_A_FILE).iter_rows(named=True)}
    noted = noted.sort([CREATED, "file_id", "table", GENERATION], descending=[True, False, False, True])
    return [_origin(note, files.get(note["file_id"], {})) for note in noted.iter_rows(named=True)]


def latest_of(origins: Iterable[Origin]) -> dict[tuple[str, str], Origin]:
    """The latest generation by file id and table."""
    found: dict[tuple[str, str], Origin] = {}
    for each in sorted(origins, key=lambda origin: origin.generation):
        found[each.file_id, each.table] = each
    return found


def known_at(origins: Iterable[Origin], moment: datetime) -> Origin | None:
    """The generation that a point-in-time join takes at a moment; None where nothing had come by then.

    As Feast has it: of what had been acquired by then the latest, and of that what was made last, be it after the
    moment.

    Args:
        origins: of one file and table.
        moment: aware.
    """
    come = [each for each in origins if each.acquired <= moment]
    return max(come, key=lambda each: (each.acquired, each.made), default=None)


def file_of_trace(origins: Iterable[Origin], trace_id: int) -> str:
    """The file that a trace is from.

    Raises:
        UnknownTraceError: no file has such traces.
    """
    number, _ = parts_of(trace_id)
    for each in origins:
        if file_number(each.file_id) == number:
            return each.file_id
    raise UnknownTraceError(
        f"no file of the lake has the trace {trace_id}; `seismic features get` tells ids by --file and --trace-index"
    )


def values_of(lake: Lake, table: Table, origin: Origin, trace_id: int, names: Sequence[str]) -> WindowValues:
    """Features of a trace in a generation, read from the parts that may have them and no others; none if it has none.

    Args:
        lake: of the deployment.
        table: with the history of the features.
        origin: the generation.
        trace_id: of the trace.
        names: of features, at least one.

    Raises:
        FeatureStoreError: the table is damaged, or has other features.
        LakeError: a part of it is damaged.
    """
    own = (pc.field(GENERATION) == origin.generation) & (pc.field(TRACE_ID) == trace_id)
    rows = [pl.DataFrame(schema={WINDOW: pl.Int64, **dict.fromkeys(names, pl.Float32)})]
    for segment in lake.segments(table, [origin.file_id]):
        if not set(names) <= set(segment.schema().names):
            raise FeatureStoreError(
                f"{lake.path(table)} has the features of another set; materialise window_history, as `seismic run` does"
            )
        found = segment.rows_where([WINDOW, *names], own)
        rows.append(pl.DataFrame(pl.from_arrow(found)))
    values = pl.concat(rows).filter(pl.col(names[0]).is_not_null()).sort(WINDOW)
    return WindowValues(values[WINDOW].to_numpy(), values.select(names).to_numpy())


_OF_A_FILE = ["file_id", "relative", "digest", "start_ms"]


def _origin(note: dict[str, Any], file: dict[str, Any]) -> Origin:
    return Origin(
        file_id=note["file_id"],
        table=note["table"],
        generation=note[GENERATION],
        segy=file.get("relative") or "",
        changed=bool(file) and file["digest"] != note["segy_digest"],
        start_ms=file.get("start_ms") or 0.0,
        digest=note["segy_digest"],
        acquired=note[EVENT],
        made=note[CREATED],
        windows=note["rows"],
        gone=note["gone"],
        content=note["content"],
        making=note["making"],
        num_samples=note["num_samples"],
        sample_interval_us=note["sample_interval_us"],
        code=note["code"],
        source_version=note["source_version"],
    )
