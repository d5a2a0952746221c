"""The parts of a batch put together: the output appears whole, at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from seismic_assets.inference.batch_inputs import TraceInput
from seismic_assets.inference.batch_outputs import (
    Output,
    common_schema,
    conformed,
    write_csv,
    write_delta,
    write_parquet,
)
from seismic_assets.inference.batch_parts import PartFolder
from seismic_assets.segy import file_id_of

_FILE_ID = pa.field("file_id", pa.large_string())


@dataclass(frozen=True)
class Prepared:
    """An input all of whose parts are done.

    Attributes:
        source: the input.
        key: what the names of its parts begin with.
        schema: of its parts.
    """

    source: TraceInput
    key: str
    schema: pa.Schema


def assemble(
    ready: Sequence[Prepared], parts: PartFolder, output: Output, *, named: bool, version: str
) -> list[tuple[int, Path]]:
    """Write the output from its parts, and return for each input how many rows it has and where.

    Args:
        ready: the inputs, in order; without any nothing is written.
        parts: their parts.
        output: where to.
        named: say of each row in `file_id` which input it is from.
        version: of the model; kept in the metadata of Parquet files.

    Raises:
        OutputError: the output cannot be written.
    """
    with parts.writable():
        if output.kind == "folder":
            return _into_folder(ready, parts, output.path, version)
        return _into_one(ready, parts, output, named, version) if ready else []


def _into_folder(ready: Sequence[Prepared], parts: PartFolder, folder: Path, version: str) -> list[tuple[int, Path]]:
    written = []
    for each in ready:
        schema = _noted(each.schema, version)
        tables = conformed(parts.batches(each.key, each.source.units()), schema, None)
        name = f"{file_id_of(each.source.name)}.parquet"
        written.append((write_parquet(tables, schema, parts.path / name), folder / name))
    for _, target in written:  # all of them are whole before the first one appears
        folder.mkdir(exist_ok=True)
        (parts.path / target.name).replace(target)
    return written


def _into_one(
    ready: Sequence[Prepared], parts: PartFolder, output: Output, named: bool, version: str
) -> list[tuple[int, Path]]:
    schema = common_schema([each.schema for each in ready])
    if named:
        others = [field for field in schema if field.name != _FILE_ID.name]
        schema = pa.schema([_FILE_ID, *others])
    rows = [0] * len(ready)

    def tables() -> Iterator[pa.Table]:
        for number, each in enumerate(ready):
            batches = parts.batches(each.key, each.source.units())
            for table in conformed(batches, schema, each.source.name):
                rows[number] += table.num_rows
                yield table

    _write(tables(), schema, parts.path / "whole", output, version)
    return [(count, output.path) for count in rows]


def _write(tables: Iterable[pa.Table], schema: pa.Schema, temporary: Path, output: Output, version: str) -> None:
    if output.kind == "delta":
        write_delta(tables, schema, output.path)
        return
    if output.kind == "csv":
        write_csv(tables, schema, temporary)
    else:
        noted = _noted(schema, version)
        write_parquet((table.cast(noted) for table in tables), noted, temporary)
    temporary.replace(output.path)


def _noted(schema: pa.Schema, version: str) -> pa.Schema:
    return schema.with_metadata({"seismic.model_version": version})
