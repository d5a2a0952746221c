"""The feature store: what was known of each window and when, the catalogue of features, and the look-up."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from seismic_assets.defs.conditions import PER_FILE, fan_in, or_stale
from seismic_assets.defs.metadata import OWNERS, markdown_table, rows_metadata, table_metadata
from seismic_assets.defs.partitions import EVERY_FILE, ONE_RUN, SEGY_FILES
from seismic_assets.defs.progress import Progress
from seismic_assets.defs.raw.discovery import file_digests
from seismic_assets.defs.store.catalogue import catalogue_rows, shown, specification, write_catalogue
from seismic_assets.defs.store.history import remember
from seismic_assets.defs.store.online import bring_online
from seismic_assets.defs.store.state import STATE
from seismic_assets.deployment import store_place_of
from seismic_assets.feature_store.repository import apply
from seismic_assets.lake import FEATURE_GENERATIONS, Lake
from seismic_assets.registry import ModelRegistry, load_embedder
from seismic_assets.settings import Settings

GROUP = "features"
FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=1))
feature_store_state = dg.AssetSpec(
    STATE,
    group_name=GROUP,
    kinds={"feast"},
    owners=OWNERS,
    description="The settings of the feature store, and whether what was registered and put online is still there.",
)
_SAID_BY = ("embedder", "champion", "feature_drift", STATE)
# The catalogue of files says which are gone, the champion by whose embedder features are to be made.
_SERVED_BY = ("feature_catalogue", "segy_catalogue", "champion", STATE)


@dg.asset(
    group_name=GROUP,
    deps=["trace_features", "trace_labels"],
    partitions_def=SEGY_FILES,
    backfill_policy=ONE_RUN,
    kinds={"deltalake"},
    owners=OWNERS,
    automation_condition=PER_FILE,
    metadata=table_metadata(FEATURE_GENERATIONS),
)
def window_history(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake]
) -> Iterator[dg.MaterializeResult]:
    """Features and labels of every window as they were known at each time: the offline side of the feature store.

    Rows in `window_features` and `window_labels`; what they came from in `feature_generations`.
    """
    fitted, digests = load_embedder(settings.embedder_file), file_digests(context.instance, context.partition_keys)
    for file_id, kept in remember(lake, settings, fitted, digests, datetime.now(UTC)):
        figures = rows_metadata(
            kept.features.rows, generation=kept.features.generation, new=kept.features.new, labelled=kept.labels.rows
        )
        context.add_asset_metadata(figures, partition_key=file_id)
    yield dg.MaterializeResult()


@dg.asset(
    group_name=GROUP,
    deps=["seismic_classifier", *_SAID_BY],
    kinds={"feast", "html"},
    owners=OWNERS,
    automation_condition=fan_in("embedder", by_content=_SAID_BY),
)
def feature_catalogue(
    settings: dg.ResourceParam[Settings], registry: dg.ResourceParam[ModelRegistry], lake: dg.ResourceParam[Lake]
) -> dg.MaterializeResult:
    """Every feature with unit, formula, source, who looks at it and where it drifts; registered with Feast."""
    spec = specification(settings, registry, load_embedder(settings.embedder_file))
    applied = apply(store_place_of(settings), spec)
    rows = catalogue_rows(lake, registry, spec)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(hashlib.blake2b(json.dumps(spec.to_dict()).encode(), digest_size=16).hexdigest()),
        metadata={
            "features": rows.height,
            "registered": "\n".join(applied.registered),
            "removed": "\n".join(applied.removed) or "none",
            "catalogue": markdown_table(shown(rows)),
            "page": dg.MetadataValue.path(write_catalogue(settings, rows)),
        },
    )


@dg.asset(
    group_name=GROUP,
    deps=[*_SERVED_BY, dg.AssetDep("window_history", partition_mapping=EVERY_FILE)],
    kinds={"feast", "sqlite"},
    owners=OWNERS,
    automation_condition=or_stale(fan_in("feature_catalogue", by_content=_SERVED_BY)),
    freshness_policy=FRESH,
)
def online_features(
    settings: dg.ResourceParam[Settings],
    registry: dg.ResourceParam[ModelRegistry],
    lake: dg.ResourceParam[Lake],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult:
    """The features of every window that is served, as the champion makes them; only what changed is written."""
    done = bring_online(lake, settings, registry, progress)
    return dg.MaterializeResult(
        metadata=rows_metadata(
            sum(done.written.values()),
            files_written=len(done.written),
            files_kept=len(done.kept),
            files_removed=len(done.removed),
            requests_expired=done.expired,
        )
    )
