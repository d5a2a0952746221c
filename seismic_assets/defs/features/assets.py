"""Features: the spatial split, the embedder fitted on its training windows, the features of every window."""

from collections.abc import Iterable, Iterator

import dagster as dg
import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.attributes import (
    HANDCRAFTED,
    AutoEncoder,
    Embedder,
    SampleEmbedder,
    fit_autoencoder,
    fit_embedder,
    fit_sample_embedder,
)
from seismic_assets.defs.conditions import ON_SOUND_CHANGE, PER_FILE, fan_in
from seismic_assets.defs.features.checks import SPLIT_CHECKS, split_check_results
from seismic_assets.defs.features.identity import dataset_digest
from seismic_assets.defs.metadata import OWNERS, markdown_table, rows_metadata, table_metadata
from seismic_assets.defs.partitions import EVERY_FILE, ONE_RUN, SEGY_FILES
from seismic_assets.defs.raw.files import catalogue_entries
from seismic_assets.defs.raw.sources import class_names, waiting_sources
from seismic_assets.deployment import workers_of
from seismic_assets.frames import amplitude_scales, training_windows, write_features
from seismic_assets.lake import (
    BRONZE_TRACES,
    DATASET_SPLIT,
    LABEL_MATCHES,
    TRACE_LABELS,
    Lake,
    trace_features_table,
)
from seismic_assets.registry import load_embedder, save_embedder
from seismic_assets.settings import Settings
from seismic_assets.survey import SplitOutcome, split_or_say_why

GROUP = "features"


@dg.asset(
    group_name=GROUP,
    deps=[
        dg.AssetDep("trace_labels", partition_mapping=EVERY_FILE),
        "segy_catalogue",
        "label_catalogue",
        "processing_settings",
    ],
    kinds={"deltalake"},
    owners=OWNERS,
    automation_condition=fan_in("segy_catalogue", "label_catalogue"),
    metadata=table_metadata(DATASET_SPLIT),
    check_specs=SPLIT_CHECKS,
)
def dataset_split(settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult:
    """Every labelled window and its fold: 64/16/20 by spatial blocks with a gap between the folds.

    Its data version is the identity of the training set: what trains depends on that, not on the event.
    """
    admitted = [file_id for file_id, entry in catalogue_entries(lake).items() if entry.admitted]
    windows = lake.read(TRACE_LABELS, admitted)
    matches = lake.read(LABEL_MATCHES, admitted)
    outcome = split_or_say_why(
        windows,
        block=settings.split_block,
        buffer=settings.split_buffer,
        seed=settings.seed,
        min_windows_per_class=settings.min_class_windows,
        class_names=class_names(settings),
    )
    rows = lake.replace(DATASET_SPLIT, outcome.frame)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(
            f"{dataset_digest(lake, outcome.frame)}-{_fit_settings(settings, class_names(settings))}"
        ),
        metadata=rows_metadata(rows, **_split_metadata(outcome, class_names(settings))),
        check_results=split_check_results(outcome, matches, waiting_sources(settings)),
    )


def _fit_settings(settings: Settings, names: tuple[str, ...]) -> str:
    """What besides the labelled windows another model follows from: sizes, seed, and what the classes are called."""
    sizes = (settings.embedding_components, settings.seed)
    features = (settings.feature_set, settings.time_feature, settings.embedding)
    windows = (settings.window_samples, settings.window_step, settings.normalise)
    return "-".join(map(str, (*sizes, *windows, *features, *names)))


def _split_metadata(outcome: SplitOutcome, names: tuple[str, ...]) -> dict[str, dg.MetadataValue]:
    counts = outcome.frame.group_by("class", "fold").len().pivot("fold", index="class", values="len").fill_null(0)
    named = counts.sort("class").with_columns(pl.col("class").map_elements(lambda i: names[i], return_dtype=pl.String))
    return {
        "windows_by_class_and_fold": markdown_table(named),
        "blocks": dg.MetadataValue.int(outcome.frame["block"].n_unique()),
    }


@dg.asset(
    group_name=GROUP,
    deps=["dataset_split"],
    kinds={"numpy"},
    owners=OWNERS,
    automation_condition=ON_SOUND_CHANGE,
)
def embedder(settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult:
    """What makes the embedding of a window, fitted on the training windows alone: by default principal components."""
    train = lake.read(DATASET_SPLIT).filter(pl.col("fold") == "train")
    grid = settings.window

    scales = amplitude_scales(lake, train["file_id"].unique().to_list(), settings.normalise)

    def windows() -> Iterator:
        for (file_id,), chosen in train.group_by(["file_id"], maintain_order=True):
            yield from training_windows(lake.segments(BRONZE_TRACES, [str(file_id)]), chosen, grid, scales)

    fitted = fit_kind(settings, windows())
    save_embedder(settings.embedder_file, fitted)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(fitted.digest()),
        metadata={
            "kind": settings.embedding,
            "components": fitted.num_components,
            "explained_variance": float(fitted.explained.sum()),
            "training_windows": fitted.windows,
            "window_samples": fitted.window_samples,
        },
    )


def fit_kind(settings: Settings, windows: Iterable[NDArray[np.float32]]) -> Embedder | AutoEncoder | SampleEmbedder:
    """The embedder of the settings, fitted on blocks of windows."""
    if settings.embedding == "samples":
        return fit_sample_embedder(windows)
    if settings.embedding == "mlp_autoencoder":
        return fit_autoencoder(windows, settings.embedding_components, settings.seed)
    return fit_embedder(windows, settings.embedding_components)


@dg.asset(
    group_name=GROUP,
    deps=["trace_attributes", "bronze_traces", "embedder"],
    partitions_def=SEGY_FILES,
    backfill_policy=ONE_RUN,
    kinds={"deltalake", "numpy"},
    owners=OWNERS,
    automation_condition=PER_FILE,
    metadata=table_metadata(trace_features_table([*HANDCRAFTED, "embedding_0"])),
)
def trace_features(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake]
) -> Iterator[dg.MaterializeResult]:
    """The features of every window: its attributes and its embedding."""
    fitted = load_embedder(settings.embedder_file)
    keys = context.partition_keys
    scales = amplitude_scales(lake, keys, settings.normalise)
    for file_id, rows in write_features(
        lake, keys, fitted, settings.window_step, workers_of(settings), scales, settings.features
    ):
        context.add_asset_metadata(rows_metadata(rows), partition_key=file_id)
    yield dg.MaterializeResult()
