"""Windows of bronze as the samples that drift is judged by: whole tiles of traces, spread over the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.attributes import window_features
from seismic_assets.drift import Sample
from seismic_assets.drift.tiles import tiles_of
from seismic_assets.frames.neighbours import surroundings_of
from seismic_assets.frames.scales import amplitude_scales
from seismic_assets.frames.scoring import FeatureMaker
from seismic_assets.frames.silver import usable_traces_of
from seismic_assets.lake import BRONZE_TRACES, Lake
from seismic_assets.survey import group_files, lay_out

_PLACE = ["file_id", "trace_index", "inline", "crossline", "is_dead", "has_nan"]
# Between areas that show different places, so far that nothing is alike because it is near.
_APART = 1_000_000.0


def drift_sample(
    lake: Lake, file_ids: Sequence[str], make: FeatureMaker, most_traces: int, *, only: pl.DataFrame | None = None
) -> Sample:
    """Features of the windows of some traces of files: all of them, or whole tiles drawn evenly over the files.

    Dead traces, and those with samples or features that are not finite, count as dead; the others have all their
    windows.

    Args:
        lake: of the deployment.
        file_ids: the files; those without rows in bronze add nothing.
        make: how the model's features are made.
        most_traces: about how many are taken.
        only: `file_id` and `trace_index` of the traces to choose from; all of the files where it is not given.

    Raises:
        LakeError: the tables cannot be read.
    """
    known = lake.read(BRONZE_TRACES, file_ids, _PLACE)
    if only is not None:
        known = known.join(only.unique(["file_id", "trace_index"]), on=["file_id", "trace_index"], how="semi")
    traces, places = _placed(known)
    chosen = _in_tiles(places, most_traces)
    traces, places = traces[chosen], places[chosen]
    features, trace = _features(lake, traces, make)
    dead = (traces["is_dead"] | traces["has_nan"]).to_numpy().copy()
    # Amplitudes near the largest float32 give features that are not finite.
    dead[trace[~np.isfinite(features).all(axis=1)]] = True
    heard = ~dead[trace]
    file = traces["file_id"].rank("dense").cast(pl.Int64).to_numpy()
    return Sample(features[heard], trace[heard], dead, places, file)


@dataclass(frozen=True)
class MapScale:
    """From the trace steps of a file's sample to inline and crossline numbers.

    Attributes:
        origin: the smallest inline and crossline number; 0 where the traces have no positions but their order.
        step: between neighbouring numbers.
    """

    origin: tuple[float, float]
    step: tuple[float, float]

    def numbers(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """(b, 2) inline and crossline numbers of places in trace steps."""
        return np.asarray(self.origin) + places * np.asarray(self.step)


def map_scale(lake: Lake, file_id: str) -> MapScale:
    """Where the places of a file's `drift_sample` lie among its inline and crossline numbers."""
    traces = lake.read(BRONZE_TRACES, [file_id], _PLACE)
    if traces.height == 0 or lay_out(traces).geometry == "trace order":
        return MapScale((0.0, 0.0), (1.0, 1.0))
    axes = [traces[name].unique().sort() for name in ("inline", "crossline")]
    steps = [float(axis.diff().min() or 1) for axis in axes]  # type: ignore[arg-type]
    return MapScale((float(axes[0][0]), float(axes[1][0])), (steps[0], steps[1]))


def _placed(traces: pl.DataFrame) -> tuple[pl.DataFrame, NDArray[np.float64]]:
    """The traces sorted by file, and where they lie in trace steps; areas lie far apart."""
    if traces.height == 0:
        return traces, np.empty((0, 2))
    parts, places = [], []
    for number, files in enumerate(_areas(traces)):
        part = traces.filter(pl.col("file_id").is_in(files)).sort("file_id", "trace_index")
        parts.append(part)
        places.append(lay_out(part).positions + np.array([number * _APART, 0.0]))
    return pl.concat(parts), np.concatenate(places)


def _areas(traces: pl.DataFrame) -> list[list[str]]:
    """Files by area. Those with the same line numbers are of different surveys: mixed tiles would be like neither."""
    nth = pl.int_range(pl.len()).over("inline", "crossline").alias("nth")
    taken = traces.unique(["file_id", "inline", "crossline"]).sort("file_id").with_columns(nth)
    layer = dict(taken.group_by("file_id").agg(pl.col("nth").max()).iter_rows())
    return [
        [file_id for file_id in files if layer[file_id] == number]
        for files in group_files(traces, 1)
        for number in sorted({layer[file_id] for file_id in files})
    ]


def _in_tiles(places: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Rows of the traces of so many tiles, evenly over all of them, that there are about `most`."""
    if len(places) <= most:
        return np.arange(len(places))
    tiling = tiles_of(places, len(places))
    wanted = max(1, round(most / (len(places) / tiling.count)))
    tiles = np.linspace(0, tiling.count - 1, min(wanted, tiling.count)).astype(np.int64)
    return np.flatnonzero(np.isin(tiling.tile, tiles))


def _features(lake: Lake, traces: pl.DataFrame, make: FeatureMaker) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Features of all windows of the traces that can be classified, and the row in `traces` of each window."""
    files = traces["file_id"].unique(maintain_order=True).to_list()
    scales = amplitude_scales(lake, files, make.normalise)
    around = surroundings_of(lake, files, make.feature_set)
    features, rows = [], []
    for file_id, row in _rows_by_trace(traces).items():
        for usable in usable_traces_of(lake.segments(BRONZE_TRACES, [file_id]), scales, around):
            wanted = row[np.minimum(usable.trace_index, len(row) - 1)]
            wanted[usable.trace_index >= len(row)] = -1
            some = usable.of(wanted >= 0)
            if len(some.trace_index) == 0:
                continue
            made = window_features(some.traces.windows(make.grid), make.embedder, make.feature_set)
            features.append(made)
            rows.append(np.repeat(wanted[wanted >= 0], len(made) // len(some.trace_index)))
    if not features:
        return np.empty((0, len(make.feature_set.names(make.embedder.num_components))), np.float32), np.empty(0, int)
    return np.concatenate(features), np.concatenate(rows)


def _rows_by_trace(traces: pl.DataFrame) -> Mapping[str, NDArray[np.int64]]:
    """By file: the row of each trace index, -1 where it was not chosen."""
    found = {}
    numbered = traces.with_row_index("row")
    for (file_id,), part in numbered.group_by("file_id", maintain_order=True):
        row = np.full(int(part["trace_index"].max()) + 1, -1, np.int64)  # type: ignore[arg-type]
        row[part["trace_index"].to_numpy()] = part["row"].to_numpy()
        found[str(file_id)] = row
    return found
