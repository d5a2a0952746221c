"""Entries of the catalogue."""

from collections.abc import Sequence

import polars as pl

from seismic_assets.lake import SEGY_CATALOGUE, Lake
from seismic_assets.segy import StockEntry


def catalogue_entries(lake: Lake, file_ids: Sequence[str] | None = None) -> dict[str, StockEntry]:
    """Entries of the catalogue by file id, of all files or of the given ones."""
    frame = lake.read(SEGY_CATALOGUE)
    if file_ids is not None:
        frame = frame.filter(pl.col("file_id").is_in(list(file_ids)))
    return {row["file_id"]: StockEntry.from_dict(row) for row in frame.iter_rows(named=True)}
