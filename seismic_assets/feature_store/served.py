"""What of the files' history is to be online: which files, which views, and the rows of a generation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

import polars as pl

from seismic_assets.feature_store.backends import OnlineFile
from seismic_assets.feature_store.generations import latest_generations
from seismic_assets.feature_store.spec import StoreSpec, ViewSpec
from seismic_assets.lake import Lake, Table, window_features_table
from seismic_assets.lake.history_tables import CREATED, EVENT, GENERATION, TRACE_ID, WINDOW

_READ_ROWS = 1 << 16


def served_files(lake: Lake, table: Table, patterns: Sequence[str]) -> dict[str, OnlineFile]:
    """The latest generation of each file that is to be online, by file id.

    Args:
        lake: of the deployment.
        table: `window_features_table(names)`.
        patterns: of file ids, as `survey_*`.
    """
    notes = latest_generations(lake, table)
    chosen = [row for row in notes.iter_rows(named=True) if any(fnmatchcase(row["file_id"], each) for each in patterns)]
    places = _places(lake, table, [row["file_id"] for row in chosen])
    return {row["file_id"]: _file(row, *places.get(row["file_id"], (0, 0))) for row in chosen}


def served_views(spec: StoreSpec, versions: Sequence[str]) -> tuple[ViewSpec, ...]:
    """The views that some model versions look at; all of them where no such version is registered."""
    looked_at = [spec.served_versions[each].features for each in versions if each in spec.served_versions]
    names = list(dict.fromkeys(name for features in looked_at for name in features))
    return spec.views_with(names) if names else spec.views


def rows_of(lake: Lake, table: Table, file: OnlineFile, views: Sequence[ViewSpec]) -> Iterator[pl.DataFrame]:
    """The windows of a generation with the features of some views, block by block; those that are gone are left out."""
    names = [name for view in views for name in view.names]
    for block in lake.stream(table, file.file_id, [TRACE_ID, WINDOW, GENERATION, *names], _READ_ROWS):
        chosen = block.filter((pl.col(GENERATION) == file.generation) & pl.col(names[0]).is_not_null())
        if chosen.height:
            yield chosen


def history_table(spec: StoreSpec) -> Table:
    """The table with the history of a store's features."""
    return window_features_table(spec.features)


def _places(lake: Lake, table: Table, file_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """One more than the largest place of a trace, and number of a window, by file id."""
    if not lake.exists(table) or not file_ids:
        return {}
    found = (
        pl.scan_delta(str(lake.path(table)))
        .filter(pl.col("file_id").is_in(list(file_ids)))
        .group_by("file_id")
        .agg((pl.col(TRACE_ID).max() & (2**32 - 1)) + 1, pl.col(WINDOW).max() + 1)
        .collect()
    )
    return {file_id: (traces, windows) for file_id, traces, windows in found.iter_rows()}


def _file(note: dict, traces: int, windows: int) -> OnlineFile:
    return OnlineFile(
        note["file_id"],
        note[GENERATION],
        note["making"],
        note["rows"],
        traces,
        windows,
        note["num_samples"],
        note["sample_interval_us"],
        note[EVENT],
        note[CREATED],
    )
