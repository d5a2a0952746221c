"""What the paths of a batch prediction hold: SEG-Y files, folders of them, Parquet files, Delta tables."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deltalake import DeltaTable

from seismic_assets.inference.batch_inputs import ReadOptions, TraceInput
from seismic_assets.inference.batch_segy import SegyInput
from seismic_assets.inference.batch_table_parts import TraceTable
from seismic_assets.inference.batch_tables import TableInput
from seismic_assets.inference.predictor import PredictionError
from seismic_assets.segy import SegyError, file_id_of, list_segy_files

PARQUET_SUFFIXES = (".parquet", ".pq")
_PARQUET_MAGIC = b"PAR1"


@dataclass(frozen=True)
class Refused:
    """An input that is not predicted.

    Attributes:
        path: of the input.
        reason: a sentence.
    """

    path: Path
    reason: str


def find_inputs(paths: Sequence[Path], options: ReadOptions) -> list[TraceInput | Refused]:
    """The inputs that paths name, each once, in order, under names that tell them apart.

    A folder that is no Delta table stands for the SEG-Y files below it.
    """
    found: list[TraceInput | Refused] = []
    seen: set[Path] = set()
    names: set[str] = set()
    for path, name in _files(paths):
        if path.resolve() in seen:
            continue
        seen.add(path.resolve())
        unique = name if name not in names else file_id_of(path.as_posix())
        names.add(unique)
        try:
            found.append(_opened(path, unique, options))
        except (PredictionError, SegyError) as error:
            found.append(Refused(path, str(error)))
    return found


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Paths of inputs and their names; a folder in which no SEG-Y file is found stands for itself."""
    for path in paths:
        landed = list_segy_files(path) if _holds_files(path) else []
        yield from ((each.path, each.file_id) for each in landed)
        if not landed:
            yield path, path.name or path.resolve().name


def _holds_files(path: Path) -> bool:
    return kind_of_input(path) == "folder" and os.access(path, os.R_OK | os.X_OK)


def _opened(path: Path, name: str, options: ReadOptions) -> TraceInput:
    match kind_of_input(path):
        case "delta":
            return TableInput(TraceTable.delta(path), name, options)
        case "parquet":
            return TableInput(TraceTable.parquet(path), name, options)
        case "segy":
            return SegyInput(path, name, options)
    raise PredictionError(
        f"the folder {path} holds no SEG-Y file (.sgy, .segy) that may be read, and is no Delta table; give another"
    )


def kind_of_input(path: Path) -> Literal["segy", "parquet", "delta", "folder"]:
    """What lies at a path; what is neither a folder nor Parquet is taken for SEG-Y."""
    if path.is_dir():
        return "delta" if is_delta(path) else "folder"
    if path.suffix.lower() in PARQUET_SUFFIXES:
        return "parquet"
    try:
        with path.open("rb") as stream:
            return "parquet" if stream.read(4) == _PARQUET_MAGIC else "segy"
    except OSError:
        return "segy"  # opening it says why


def is_delta(path: Path) -> bool:
    """Whether a folder is a Delta table."""
    return path.is_dir() and bool(DeltaTable.is_deltatable(str(path)))
