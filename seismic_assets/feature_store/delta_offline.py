"""Feast's dask offline store, reading of a Delta table the rows that it has now.

Feast 0.67 takes every Parquet file below the folder of a `DeltaFormat` source: parts that a later version removed, and
those of a writer that was killed. Its function that reads is not meant to be replaced by a subclass, so it is replaced
where it stands, for sources of that format alone; Feast imports this module by the name in `feature_store.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import dask.dataframe as dd
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from feast import FileSource
from feast.data_format import DeltaFormat
from feast.infra.offline_stores import dask as feast_dask
from feast.infra.offline_stores.dask import DaskOfflineStore, DaskOfflineStoreConfig

from seismic_assets.objects.address import ObjectAddress, place_of
from seismic_assets.objects.files import filesystem_of, path_in


class DeltaDaskOfflineStoreConfig(DaskOfflineStoreConfig):
    """Settings of the store, as in `feature_store.yaml`."""

    type: Literal["seismic_assets.feature_store.delta_offline.DeltaDaskOfflineStore"] = (
        "seismic_assets.feature_store.delta_offline.DeltaDaskOfflineStore"
    )


class DeltaDaskOfflineStore(DaskOfflineStore):
    """As `DaskOfflineStore`; see the module."""


def _part_of_store(part: ObjectAddress) -> Any:
    """Rows of a part; dask's own reader of Parquet wants another client for object stores."""
    return pq.read_table(path_in(part), filesystem=filesystem_of(part), partitioning="hive").to_pandas()


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
    if all(isinstance(file, Path) for file in files):
        return dd.read_parquet([str(file) for file in files])
    empty = pa.schema(table.schema().to_arrow()).empty_table().to_pandas()
    return dd.from_map(_part_of_store, files, meta=empty)


feast_dask._read_datasource = _read
