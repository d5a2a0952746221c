"""Where training reads its features."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from seismic_assets.defs.partitions import EVERY_FILE
from seismic_assets.defs.store.catalogue import specification
from seismic_assets.deployment import registry_of, store_place_of
from seismic_assets.feature_store.joined import joined_features
from seismic_assets.feature_store.repository import apply
from seismic_assets.frames import FeatureReader, lake_features
from seismic_assets.lake import Lake
from seismic_assets.registry import load_embedder
from seismic_assets.settings import Settings

_READ_FEATURES = {dg.AssetKey("tuning_study"), dg.AssetKey("seismic_classifier")}


def feature_source(lake: Lake, settings: Settings) -> FeatureReader:
    """The tables of the lake, or the feature store as it is now; both give the same."""
    if settings.training_source == "lake":
        return lake_features(lake)
    # What is registered may be of an earlier embedder, or nothing: `feature_catalogue` waits for the champion.
    place = store_place_of(settings)
    apply(place, specification(settings, registry_of(settings), load_embedder(settings.embedder_file)))
    return joined_features(place, datetime.now(UTC))


def trained_from_history(assets: Iterable[Any]) -> list[Any]:
    """The assets, with those that train waiting for the history that they read."""

    return _waiting(assets, _READ_FEATURES, dg.AssetDep("window_history", partition_mapping=EVERY_FILE))


def searched_with_advice(assets: Iterable[Any]) -> list[Any]:
    """The assets, with the search waiting for the advice that it begins with."""
    return _waiting(assets, {dg.AssetKey("tuning_study")}, dg.AssetDep("model_advice"))


def _waiting(assets: Iterable[Any], waiting: Collection[dg.AssetKey], dep: dg.AssetDep) -> list[Any]:
    def changed(spec: dg.AssetSpec) -> dg.AssetSpec:
        return spec.merge_attributes(deps=[dep]) if spec.key in waiting else spec

    return [each.map_asset_specs(changed) if isinstance(each, dg.AssetsDefinition) else each for each in assets]
