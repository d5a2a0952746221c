"""Feast's dask offline store, reading of a Delta table the rows that it has now.

Feast 0.67 takes every Parquet file below the folder of a `DeltaFormat` source: parts that a later version removed, and
those of a writer that was killed. Its function that reads is not meant to be replaced by a subclass, so it is replaced
where it stands, for sources of that format alone; Feast imports this module by the name in `feature_store.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import dask.dataframe as dd
import pyarrow as pa
from deltalake import DeltaTable
from feast import FileSource
from feast.data_format import DeltaFormat
from feast.infra.offline_stores import dask as feast_dask
from feast.infra.offline_stores.dask import DaskOfflineStore, DaskOfflineStoreConfig

from seismic_assets.objects.address import place_of
from seismic_assets.objects.files import filesystem_of, path_in


class DeltaDaskOfflineStoreConfig(DaskOfflineStoreConfig):
    """Settings of the store, as in `feature_store.yaml`."""

    type: Literal["seismic_assets.feature_store.delta_offline.DeltaDaskOfflineStore"] = (
        "seismic_assets.feature_store.delta_offline.DeltaDaskOfflineStore"
    )


class DeltaDaskOfflineStore(DaskOfflineStore):
    """As `DaskOfflineStore`; see the module."""


_by_feast: Callable[[Any, Any], Any] = feast_dask._read_datasource


def _read(data_source: Any, repo_path: Any) -> Any:
    if not isinstance(data_source.file_options.file_format, DeltaFormat):
        return _by_feast(data_source, repo_path)
    path = FileSource.get_uri_for_file_path(repo_path=repo_path, uri=data_source.file_options.uri)
    table = DeltaTable(str(path))
    files = [place_of(file) for file in sorted(table.file_uris())]
    if not files:
        empty = pa.schema(table.schema().to_arrow()).empty_table().to_pandas()
        return dd.from_pandas(empty, npartitions=1)
    return dd.read_parquet([path_in(file) for file in files], filesystem=filesystem_of(files[0]))


feast_dask._read_datasource = _read
