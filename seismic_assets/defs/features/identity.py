"""The identity of a training set."""

import polars as pl

from seismic_assets.defs.raw.files import catalogue_entries
from seismic_assets.lake import Lake
from seismic_assets.survey import training_digest


def dataset_digest(lake: Lake, split: pl.DataFrame) -> str:
    """Digest of labelled windows, their folds and the bytes of the files they come from."""
    return training_digest(split, {file_id: entry.digest for file_id, entry in catalogue_entries(lake).items()})
