"""Checks of the feature store: it has what the code says, and what the lake says."""

import dagster as dg
import numpy as np
import polars as pl

from seismic_assets.defs.store.catalogue import specification
from seismic_assets.defs.store.comparison import Comparison
from seismic_assets.defs.store.history import current_making
from seismic_assets.defs.store.online import production_maker, wanted_files
from seismic_assets.deployment import store_place_of
from seismic_assets.feature_store.backends import SERVED, OnlineBackend, OnlineFile
from seismic_assets.feature_store.errors import FeatureStoreError
from seismic_assets.feature_store.generations import repeated_windows
from seismic_assets.feature_store.lookup import Lookup, backend_of
from seismic_assets.feature_store.online import same_rows
from seismic_assets.feature_store.repository import differences, read_spec
from seismic_assets.feature_store.served import history_table, served_files
from seismic_assets.lake import FEATURE_GENERATIONS, WINDOW_LABELS, Lake, window_features_table
from seismic_assets.registry import ModelRegistry, load_embedder
from seismic_assets.settings import Settings

_FILES = 5  # of a sample
_MOST_NAMED = 5


def _result(problems: list[str], **metadata: int | float | str) -> dg.AssetCheckResult:
    more = [] if len(problems) <= _MOST_NAMED else [f"and {len(problems) - _MOST_NAMED} more."]
    return dg.AssetCheckResult(
        passed=not problems, description=" ".join([*problems[:_MOST_NAMED], *more]), metadata=metadata
    )


@dg.asset_check(asset="feature_catalogue", description="What is registered is what the code says, and nothing else.")
def registry_equals_code(
    settings: dg.ResourceParam[Settings], registry: dg.ResourceParam[ModelRegistry]
) -> dg.AssetCheckResult:
    """Somebody else may apply to the same registry."""
    spec = specification(settings, registry, load_embedder(settings.embedder_file))
    try:
        found = differences(store_place_of(settings), spec)
    except FeatureStoreError as error:
        found = [str(error)]
    return _result([f"{each}." for each in found], features=len(spec.features), services=len(spec.served_versions))


@dg.asset_check(asset="window_history", description="A window has one row in each generation, and all are there.")
def keys_unique(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """Feast takes one of several rows with the same key and times, whichever, and says nothing."""
    noted = lake.read(FEATURE_GENERATIONS)
    counts = noted.group_by("file_id", "table").agg((pl.col("rows") + pl.col("gone")).sum().alias("rows"))
    expected = {(row["table"], row["file_id"]): row["rows"] for row in counts.iter_rows(named=True)}
    wrong = []
    for table in (window_features_table(()), WINDOW_LABELS):
        found = lake.row_counts(table)
        keys = [key for name, key in expected if name == table.name]
        wrong += [
            f"{key} has {found.get(key, 0)} rows in {table.name}, where {expected[table.name, key]} were written."
            for key in sorted({*keys, *found})
            if found.get(key, 0) != expected.get((table.name, key), 0)
        ]
        wrong += [
            f"{key} has windows twice, or of another file, in generation {generation} of {table.name}."
            for key, generation in repeated_windows(lake, table)
        ]
    return _result(wrong, rows=sum(expected.values()), generations=noted.height)


@dg.asset_check(
    asset="online_features",
    description="What is looked up is what the lake has, and what the samples of the trace give once more.",
)
def online_equals_offline(
    settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake], registry: dg.ResourceParam[ModelRegistry]
) -> dg.AssetCheckResult:
    """A sample of traces of some files, over all features that are online."""
    backend = backend_of(store_place_of(settings))
    try:
        return _compared(settings, lake, registry, backend)
    except FeatureStoreError as error:
        return _result([str(error)])
    finally:
        backend.close()


def _compared(settings: Settings, lake: Lake, registry: ModelRegistry, backend: OnlineBackend) -> dg.AssetCheckResult:
    spec = read_spec(settings.feature_store_dir)
    maker = production_maker(settings, registry, spec)
    history = served_files(lake, history_table(spec), settings.online_files)
    wanted = wanted_files(history, maker)
    online = {key: file for key, file in backend.files().items() if not key.startswith(SERVED)}
    wrong = [f"{key} is not online." for key in wanted if key not in online]
    wrong += [f"{key} is online and should not be." for key in online if key not in wanted]
    there = [key for key in wanted if key in online]
    late = [key for key in there if not same_rows(online[key], wanted[key])]
    wrong += [f"{key} is online as it was before." for key in late]
    names = [name for view in spec.views if view.name in backend.views() for name in view.names]
    embedder = load_embedder(settings.embedder_file)
    embedders = {current_making(settings, embedder): embedder, **({maker.making: maker.embedder} if maker else {})}
    lookup = Lookup(store_place_of(settings), backend)
    comparison = Comparison(settings, lake, spec, lookup, names, history, embedders)
    sample = _spread([online[key] for key in there if key not in late])
    found = [sentence for file in sample for sentence in comparison.of_file(file)]
    wrong += [sentence for sentence in found if sentence]
    return _result(wrong, files=len(online), sampled_files=len(sample), sampled_traces=len(found))


def _spread(files: list[OnlineFile]) -> list[OnlineFile]:
    places = np.unique(np.linspace(0, max(len(files) - 1, 0), _FILES).round().astype(int))
    return [files[place] for place in places] if files else []


STORE_CHECKS = [registry_equals_code, keys_unique, online_equals_offline]
