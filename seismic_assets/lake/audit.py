"""Whether the rows of a per-file table keep their promises, part by part; a part never changes and is read once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from seismic_assets.lake.errors import LakeError
from seismic_assets.lake.parts import Segment
from seismic_assets.lake.store import Lake
from seismic_assets.lake.tables import Table
from seismic_assets.objects import Place
from seismic_assets.objects.files import read_whole, write_whole

_BATCH = 1 << 16


@dataclass(frozen=True)
class PartAudit:
    """What one Parquet part was found to be.

    Attributes:
        file_id: whose rows it holds.
        rows: how many.
        ordered: whether its keys rise from row to row, so that none occurs twice.
        first, last: trace index of its first and last row.
        not_finite: float32 values that are NaN or infinite.
    """

    file_id: str
    rows: int
    ordered: bool
    first: int
    last: int
    not_finite: int


def audit_table(lake: Lake, table: Table) -> dict[str, list[PartAudit]]:
    """Audits of all parts of a per-file table, in order, by file id.

    Verdicts are kept beside the table, so that a table of many files costs what is new in it.
    """
    cache = lake.root / "_audits" / f"{table.name}.json"
    kept = read_whole(cache)
    known = json.loads(kept) if kept is not None else {}
    segments = lake.segments(table, lake.file_ids(table))
    verdicts: dict[str, PartAudit] = {}
    for segment in segments:
        name = segment.path.name
        verdicts[name] = PartAudit(**known[name]) if name in known else _audit(segment, table)
    if verdicts.keys() != known.keys():
        _keep(cache, {name: asdict(verdict) for name, verdict in verdicts.items()})
    result: dict[str, list[PartAudit]] = {}
    for segment in segments:
        result.setdefault(segment.file_id, []).append(verdicts[segment.path.name])
    return result


def repeated_keys(audits: Iterable[PartAudit]) -> bool:
    """Whether a key may occur twice among the parts of a file, or their order is broken."""
    parts = list(audits)
    return not all(part.ordered for part in parts) or any(
        before.last >= after.first for before, after in pairwise(parts)
    )


def _keep(cache: Place, verdicts: dict[str, dict[str, object]]) -> None:
    try:
        write_whole(cache, json.dumps(verdicts).encode())
    except OSError as error:
        why = error.strerror or error
        raise LakeError(f"{cache} cannot be written ({why}); free space or fix the rights") from error


def _audit(segment: Segment, table: Table) -> PartAudit:
    keys = [name for name in table.key if name != "file_id"]
    ordered, not_finite, first, last = True, 0, 0, -1
    # Of the part, not of the table: a table of features has the columns of the set that it was made with.
    columns = [*keys, *(field.name for field in segment.schema() if pa.types.is_float32(field.type))]
    previous: int | None = None
    for batch in segment.batches(columns, _BATCH):
        index = batch["trace_index"].to_numpy()
        first, last = (int(index[0]) if previous is None else first), int(index[-1])
        key = _key(batch, keys)
        rises = bool((key[1:] > key[:-1]).all()) and (previous is None or int(key[0]) > previous)
        ordered, previous = ordered and rises, int(key[-1])
        for name in columns[len(keys) :]:
            column = batch[name]
            values = column.to_numpy(zero_copy_only=column.null_count == 0)
            not_finite += int((~np.isfinite(values)).sum()) - column.null_count
    return PartAudit(segment.file_id, segment.rows, ordered, first, last, not_finite)


def _key(batch: pa.RecordBatch, names: list[str]) -> np.ndarray:
    """The key columns as one integer that sorts like them."""
    key = batch[names[0]].to_numpy().astype(np.int64)
    return key if len(names) == 1 else (key << 31) | batch[names[1]].to_numpy().astype(np.int64)
