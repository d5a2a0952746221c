"""Features by Feast's point-in-time join: what was known of windows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.feature_store.errors import FeatureStoreError
from seismic_assets.feature_store.keys import trace_ids
from seismic_assets.feature_store.repository import StorePlace, open_store, read_spec
from seismic_assets.feature_store.spec import EVENT, TRACE, WINDOW, StoreSpec
from seismic_assets.frames import FeatureReader


def joined_features(place: StorePlace, at: datetime) -> FeatureReader:
    """Reads features from the offline side of the feature store.

    Args:
        place: of the store.
        at: the time of which features are asked for, aware.
    """

    def read(rows: pl.DataFrame, names: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        wanted = _keys(rows)
        found = _joined(place, read_spec(place.folder), wanted, names, at)
        there = wanted.join(found, on=[TRACE, WINDOW], how="left", maintain_order="left").select(names)
        if there.height != wanted.height:
            raise FeatureStoreError(
                f"the feature store gave {found.height} rows for {wanted.height} windows; see the check keys_unique"
            )
        features = there.to_numpy().astype(np.float32, copy=False)
        return features, ~there.select(pl.all_horizontal(pl.all().is_null())).to_series().to_numpy()

    return read


def _keys(rows: pl.DataFrame) -> pl.DataFrame:
    """Keys of the store of rows, in their order."""
    ids = np.empty(rows.height, np.int64)
    for (file_id,), part in rows.with_row_index("row").group_by(["file_id"], maintain_order=True):
        ids[part["row"].to_numpy()] = trace_ids(str(file_id), part["trace_index"].to_numpy())
    return pl.DataFrame({TRACE: ids, WINDOW: rows["window_index"].cast(pl.Int64)})


def _joined(
    place: StorePlace, spec: StoreSpec, wanted: pl.DataFrame, names: Sequence[str], at: datetime
) -> pl.DataFrame:
    """Rows of the windows that were known, with nulls for values that were not; Feast leaves the others out."""
    features = [f"{spec.view_of(name).name}:{name}" for name in names]
    entities = wanted.to_pandas().assign(**{EVENT: at})
    found = open_store(place).get_historical_features(entities, features).to_arrow()
    return pl.DataFrame(pl.from_arrow(found)).select(TRACE, WINDOW, *names).with_columns(pl.col(names).fill_nan(None))
