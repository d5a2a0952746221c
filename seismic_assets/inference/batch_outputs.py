"""Where the predictions of a batch go: a Parquet or CSV file, a Delta table, or a folder of Parquet files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from seismic_assets.inference.batch_finding import PARQUET_SUFFIXES, is_delta, kind_of_input
from seismic_assets.inference.batch_parts import OutputError

OutputKind = Literal["parquet", "csv", "delta", "folder"]
_GROUP_ROWS = 1 << 16


@dataclass(frozen=True)
class Output:
    """Where predictions go.

    Attributes:
        path: file or folder; its parent exists.
        kind: `parquet` and `csv` are one file for all inputs, `delta` one table, `folder` has a Parquet file for each.
    """

    path: Path
    kind: OutputKind

    @classmethod
    def of(cls, path: Path, inputs: Iterable[Path] = (), delta: bool = False) -> Output:
        """What a path says by its suffix; one without a suffix is a folder, or a Delta table if that is asked for.

        Raises:
            OutputError: the path cannot be used so, or is an input.
        """
        path = path.resolve()
        for each in inputs:
            _check_other(path, each)
        kind = _kind_of(path, delta)
        if not path.parent.is_dir():
            raise OutputError(f"the folder {path.parent} of the output does not exist; create it first")
        if path.is_dir() != (kind in ("delta", "folder")) and path.exists():
            what = "a folder" if path.is_dir() else "a file"
            raise OutputError(f"{path} is {what} already, and is to become a {kind}; give another output")
        if kind == "delta" and path.is_dir():
            _check_replaceable(path)
        return cls(path, kind)

    def check_apart(self, inputs: Iterable[Path]) -> None:
        """Refuse to write over an input.

        Raises:
            OutputError: an input is the output.
        """
        for path in inputs:
            _check_other(self.path, path)
            if self.kind == "folder" and self.path.exists() and path.exists() and self.path.samefile(path.parent):
                raise OutputError(f"{self.path} holds the input {path.name}; give another folder to write to")


def _check_other(out: Path, path: Path) -> None:
    if out.exists() and path.exists() and out.samefile(path):
        what = {"segy": "SEG-Y file", "folder": "folder of the inputs"}.get(kind_of_input(path), "input table")
        raise OutputError(f"{out} is the {what} itself; give another output to write to")


def _kind_of(path: Path, delta: bool) -> OutputKind:
    suffix = path.suffix.lower()
    if delta or suffix == ".delta" or is_delta(path):
        return "delta"
    if suffix in PARQUET_SUFFIXES:
        return "parquet"
    if suffix == ".csv":
        return "csv"
    if suffix == "" or path.is_dir():
        return "folder"
    raise OutputError(f"{path} has the suffix {suffix}; give a .parquet or .csv file, a .delta table or a folder")


def _check_replaceable(path: Path) -> None:
    """A Delta table of something else, such as the traces themselves, is not to be lost to a slip of the keyboard."""
    from deltalake import DeltaTable

    if not is_delta(path):
        if any(path.iterdir()):
            raise OutputError(f"the folder {path} holds something else than a Delta table; give another output")
        return
    if "predicted_class" not in [field.name for field in DeltaTable(str(path)).schema().fields]:
        raise OutputError(f"the Delta table {path} holds no predictions and is not written over; give another output")


def plain_schema(frame: pl.DataFrame) -> pa.Schema:
    """The Arrow schema of a frame in types that Parquet, Delta and Arrow's files all hold."""
    plain = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}
    return pa.schema([(field.name, plain.get(field.type, field.type)) for field in frame.to_arrow().schema])


def common_schema(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """The columns of several inputs in one output: those of the first, then what others add.

    Raises:
        OutputError: they hold a column of the same name in types that do not go together.
    """
    try:
        return pa.unify_schemas(list(schemas), promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise OutputError(
            f"its columns do not go into one table with those of the others ({error}); "
            "predict it on its own, or give a folder as output"
        ) from error


def check_csv(schema: pa.Schema) -> None:
    """Refuse columns that a CSV file cannot hold.

    Raises:
        OutputError: one is nested or binary.
    """
    for field in schema:
        if pa.types.is_nested(field.type) or pa.types.is_large_binary(field.type) or pa.types.is_binary(field.type):
            raise OutputError(f"its column {field.name} ({field.type}) does not go into CSV; write Parquet instead")


def conformed(batches: Iterable[pa.RecordBatch], schema: pa.Schema, file_id: str | None) -> Iterator[pa.Table]:
    """Rows with the columns of a schema: null where the input has none, `file_id` the name given."""
    for batch in batches:
        arrays = {name: batch[name].cast(schema.field(name).type) for name in batch.schema.names}
        if file_id is not None and "file_id" in schema.names:
            arrays.setdefault("file_id", pa.repeat(file_id, batch.num_rows).cast(schema.field("file_id").type))
        for field in schema:
            if field.name not in arrays:
                arrays[field.name] = pa.nulls(batch.num_rows, field.type)
        yield pa.table(arrays).select(schema.names).cast(schema)


def write_parquet(tables: Iterable[pa.Table], schema: pa.Schema, path: Path) -> int:
    """Write rows in row groups of at least 65,536 rows, but for the last, and return their number."""
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for table in _gathered(tables):
            writer.write_table(table, row_group_size=table.num_rows)
            rows += table.num_rows
    return rows


def write_csv(tables: Iterable[pa.Table], schema: pa.Schema, path: Path) -> None:
    """Write rows with a header."""
    with path.open("wb") as stream:
        pl.DataFrame(pl.from_arrow(schema.empty_table())).write_csv(stream)
        for table in tables:
            pl.DataFrame(pl.from_arrow(table)).write_csv(stream, include_header=False)


def write_delta(tables: Iterable[pa.Table], schema: pa.Schema, path: Path) -> None:
    """Make rows the content of a Delta table, in one commit.

    Raises:
        OutputError: the table cannot be written.
    """
    from deltalake import write_deltalake
    from deltalake.exceptions import DeltaError

    batches = (batch for table in _gathered(tables) for batch in table.combine_chunks().to_batches())
    reader = pa.RecordBatchReader.from_batches(schema, batches)
    try:
        write_deltalake(str(path), reader, mode="overwrite", schema_mode="overwrite")
    except DeltaError as error:
        raise OutputError(
            f"the Delta table {path} cannot be written ({' '.join(str(error).split())}); run the same command again"
        ) from error


def _gathered(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    held: list[pa.Table] = []
    for table in tables:
        held.append(table)
        if sum(each.num_rows for each in held) >= _GROUP_ROWS:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)
