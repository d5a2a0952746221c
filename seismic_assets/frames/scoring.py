"""Predictions of rows of the split with the features that a bundle itself makes, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.attributes import FeatureSet, Traces, WindowEmbedder, WindowGrid, window_features
from seismic_assets.evaluation import signal_to_noise
from seismic_assets.frames.neighbours import surroundings_of
from seismic_assets.frames.scales import amplitude_scales
from seismic_assets.frames.silver import chosen_windows, usable_traces_of
from seismic_assets.lake import BRONZE_TRACES, Lake

_ARRAYS = ("truth", "blocks", "centre_ms", "rms", "noise", "kept", "features")
Predict = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class FeatureMaker:
    """How the features of a window are made, as a model version carries it.

    Attributes:
        grid: how traces are cut.
        embedder: what makes the embedding.
        feature_set: which features.
        normalise: `robust` or `none`.
    """

    grid: WindowGrid
    embedder: WindowEmbedder
    feature_set: FeatureSet
    normalise: str


@dataclass(frozen=True)
class ScoredWindows:
    """Predictions of m windows of the split and what they can be divided by.

    Attributes:
        rows: the windows' rows of the split, in the order of the arrays.
        truth: (m,) int32 class indices.
        blocks: (m,) int64, spatial block.
        probabilities: (m, classes) float32 by name of the graph.
        centre_ms: (m,) float32, time of the centre.
        rms: (m,) float32, root mean square amplitude.
        noise: (m,) float32, estimated signal-to-noise ratio in dB, see `signal_to_noise`.
        kept: windows that were kept whole, the places of `features` among the m.
        features: (k, f) float32, not standardised.
    """

    rows: pl.DataFrame
    truth: NDArray[np.int32]
    blocks: NDArray[np.int64]
    probabilities: Mapping[str, NDArray[np.float32]]
    centre_ms: NDArray[np.float32]
    rms: NDArray[np.float32]
    noise: NDArray[np.float32]
    kept: NDArray[np.int64]
    features: NDArray[np.float32]


def score_windows(
    lake: Lake,
    rows: pl.DataFrame,
    make: FeatureMaker,
    graphs: Mapping[str, Predict],
    *,
    keep: int = 0,
) -> ScoredWindows:
    """Predict rows of the split; only answers are kept for all of them, features for some.

    Args:
        lake: of the deployment.
        rows: rows of `dataset_split`.
        make: how the model's features are made.
        graphs: (m, f) float32 features to (m, classes) float32 probabilities, by name.
        keep: windows whose features are kept, evenly over the rows.
    """
    numbered = rows.with_columns(block_number=pl.col("block").rank("dense").fill_null(0).cast(pl.Int64) - 1)
    parts = list(_parts(lake, numbered, make, graphs, max(1, -(-rows.height // keep)) if keep else 0))
    return _joined(parts) if parts else _nothing(rows, graphs, make)


def _joined(parts: Sequence[ScoredWindows]) -> ScoredWindows:
    def whole(name: str) -> NDArray:
        return np.concatenate([getattr(part, name) for part in parts])

    return ScoredWindows(
        rows=pl.concat([part.rows for part in parts]),
        probabilities={
            graph: np.concatenate([part.probabilities[graph] for part in parts]) for graph in parts[0].probabilities
        },
        **{name: whole(name) for name in _ARRAYS},
    )


def _nothing(rows: pl.DataFrame, graphs: Mapping[str, Predict], make: FeatureMaker) -> ScoredWindows:
    features = np.zeros((0, len(make.feature_set.names(make.embedder.num_components))), np.float32)
    none = np.zeros(0, np.float32)
    return ScoredWindows(
        rows.clear(),
        none.astype(np.int32),
        none.astype(np.int64),
        dict.fromkeys(graphs, none[:, None]),
        none,
        none,
        none,
        none.astype(np.int64),
        features,
    )


def _parts(
    lake: Lake,
    rows: pl.DataFrame,
    make: FeatureMaker,
    graphs: Mapping[str, Predict],
    stride: int,
) -> Iterator[ScoredWindows]:
    file_ids = rows["file_id"].unique().sort().to_list()
    scales, around = amplitude_scales(lake, file_ids, make.normalise), surroundings_of(lake, file_ids, make.feature_set)
    seen = 0
    for (file_id,), chosen in rows.group_by(["file_id"], maintain_order=True):
        segments = lake.segments(BRONZE_TRACES, [str(file_id)])
        for traces, places, wanted in chosen_windows(segments, chosen, make.grid, scales, around):
            windows = traces.traces.windows(make.grid).of(places)
            features = window_features(windows, make.embedder, make.feature_set)
            place = seen + np.arange(len(places))
            kept = place % stride == 0 if stride else np.zeros(len(places), np.bool_)
            seen += len(places)
            samples = windows.samples.astype(np.float64)
            assert windows.centre_ms is not None
            yield ScoredWindows(
                rows=wanted.drop("block_number"),
                truth=wanted["class"].to_numpy().astype(np.int32),
                blocks=wanted["block_number"].to_numpy(),
                probabilities={name: predict(features) for name, predict in graphs.items()},
                centre_ms=windows.centre_ms,
                rms=np.sqrt(np.mean(samples**2, axis=1)).astype(np.float32),
                noise=signal_to_noise(windows.samples).astype(np.float32),
                kept=place[kept],
                features=features[kept],
            )


def one_trace(lake: Lake, file_id: str, feature_set: FeatureSet, normalise: str) -> tuple[Traces, float | None]:
    """The first usable trace of a file as it came, with its neighbours where they are needed, and the file's scale.

    Raises:
        ValueError: the file has no usable trace.
    """
    around = surroundings_of(lake, [file_id], feature_set)
    for traces in usable_traces_of(lake.segments(BRONZE_TRACES, [file_id]), around=around):
        return traces.traces.of(np.arange(1)), amplitude_scales(lake, [file_id], normalise).get(file_id)
    raise ValueError(f"{file_id} has no trace that can be classified")
