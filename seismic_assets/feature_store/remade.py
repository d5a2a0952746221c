"""Features of a file made anew by the embedder of a model version, where those of the lake are of a later one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from seismic_assets.attributes import FeatureSet, WindowEmbedder
from seismic_assets.feature_store.generations import keyed
from seismic_assets.frames import feature_tables
from seismic_assets.lake import BRONZE_TRACES, Lake, trace_attributes_table


@dataclass(frozen=True)
class Maker:
    """What a model version makes features with.

    Attributes:
        making: digest of it, as of `making_of`.
        embedder: of the version.
        step: samples from window to window.
        feature_set: which features.
    """

    making: str
    embedder: WindowEmbedder
    step: int
    feature_set: FeatureSet


def remade_rows(lake: Lake, file_id: str, maker: Maker, scales: Mapping[str, float]) -> Iterator[pl.DataFrame]:
    """Windows of a file: `trace_id`, `window_index` and all features of the version, block by block.

    Args:
        lake: of the deployment.
        file_id: the file.
        maker: the version.
        scales: what amplitudes are divided by, as its attributes were.

    Raises:
        LakeError: a table is damaged.
        ValueError: the attributes of the file are of other windows, or of another version of the file.
    """
    attributes = lake.segments(trace_attributes_table(maker.feature_set.attributes), [file_id])
    for segment in lake.segments(BRONZE_TRACES, [file_id]):
        for block in feature_tables(segment, attributes, maker.embedder, maker.step, scales, maker.feature_set):
            yield keyed(file_id, pl.DataFrame(pl.from_arrow(block)))
