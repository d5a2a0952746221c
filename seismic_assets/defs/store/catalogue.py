"""The specification of the deployment's features, and the catalogue that people read."""

import json
from datetime import UTC, datetime

import polars as pl
import structlog

from seismic_assets.attributes import WindowEmbedder, feature_names
from seismic_assets.defs.raw.sources import class_names
from seismic_assets.evaluation.document import Paragraph, Section, Table, document_html
from seismic_assets.feature_store.errors import FeatureStoreError
from seismic_assets.feature_store.making import making_of
from seismic_assets.feature_store.repository import read_spec
from seismic_assets.feature_store.spec import PURPOSES, StoreSpec, VersionSpec
from seismic_assets.lake import DRIFT_VERDICTS, FEATURE_DRIFT, Lake
from seismic_assets.registry import PRODUCTION, BundleError, ModelRegistry
from seismic_assets.settings import Settings
from seismic_assets.whole_files import replace_file

_log = structlog.get_logger(__name__)
_SHOWN = ("feature", "view", "unit", "formula", "source", "consumers", "drift")
_SYMBOLS = (
    "x is a window of n samples, z its analytic signal, P its power spectrum, u the window over its rms. Values are "
    "those of the table trace_features, with their past in window_features; source is where a formula comes from that "
    "is not common knowledge. Consumers are the model versions that look at a feature; drift says in how many of the "
    "files that were judged the feature is unlike training."
)


def specification(settings: Settings, registry: ModelRegistry, embedder: WindowEmbedder) -> StoreSpec:
    """What the settings, the embedder and the registry make of the store."""
    names = feature_names(embedder.num_components, settings.features)
    return StoreSpec(tuple(names), class_names(settings), _versions(settings, registry), settings.embedding)


def _versions(settings: Settings, registry: ModelRegistry) -> dict[str, VersionSpec]:
    """What each version looks at; a version never changes, so one that is known is not fetched again."""
    try:
        known = read_spec(settings.feature_store_dir).versions
    except FeatureStoreError:
        known = {}
    found = {}
    for each in registry.versions():
        try:
            found[each.version] = known.get(each.version) or _version(registry, each.version)
        except BundleError as error:
            _log.warning("a version has no feature service", version=each.version, reason=str(error))
    return found


def _version(registry: ModelRegistry, version: str) -> VersionSpec:
    bundle = registry.bundle(version)
    manifest = bundle.manifest
    making = making_of(bundle.embedder.digest(), manifest.window_samples, manifest.window_step, manifest.normalise)
    return VersionSpec(tuple(manifest.feature_names), making)


def catalogue_rows(lake: Lake, registry: ModelRegistry, spec: StoreSpec) -> pl.DataFrame:
    """A row for each feature: where it is from, what it means, who looks at it, where it drifted."""
    drifted, judged = _drift(lake)
    production = registry.version_of(PRODUCTION)
    rows = [
        {
            "feature": each.name,
            "view": view.name,
            "group": each.group,
            "unit": each.unit,
            "formula": each.formula,
            "source": each.source,
            "consumers": [
                f"{version} (production)" if version == production else version
                for version, seen in spec.versions.items()
                if each.name in seen.features
            ],
            "files_judged": judged,
            "drifted_in": drifted.get(each.name, []),
        }
        for view in spec.views
        for each in view.features
    ]
    names = pl.List(pl.String)
    return pl.DataFrame(rows, schema_overrides={"consumers": names, "drifted_in": names})


def _drift(lake: Lake) -> tuple[dict[str, list[str]], int]:
    """Files, and `served`, that each feature drifted in, and how many were judged."""
    verdicts = lake.read(DRIFT_VERDICTS, columns=["subject", "severity"])
    found = (
        lake.read(FEATURE_DRIFT, columns=["subject", "feature", "drifted"])
        .filter(pl.col("drifted"))
        .group_by("feature")
        .agg(pl.col("subject").sort())
    )
    return dict(found.iter_rows()), verdicts.filter(pl.col("severity") != "undecided").height


def write_catalogue(settings: Settings, rows: pl.DataFrame) -> str:
    """Write `feature_catalog.json` and a page; gives the page."""
    folder = settings.feature_catalogue.parent
    folder.mkdir(parents=True, exist_ok=True)
    content = {"made_at": datetime.now(UTC).isoformat(timespec="seconds"), "features": rows.to_dicts()}
    replace_file(settings.feature_catalogue, json.dumps(content, indent=1))
    replace_file(folder / "index.html", document_html(f"{rows.height} features of a window", _sections(rows)))
    return str(folder / "index.html")


def _sections(rows: pl.DataFrame) -> list[Section]:
    """A section for each view."""
    sections = [Section("How to read it", (Paragraph(_SYMBOLS),))]
    for (view,), some in shown(rows).group_by(["view"], maintain_order=True):
        cells = some.drop("view")
        table = Table(tuple(cells.columns), tuple(tuple(row) for row in cells.iter_rows()), words=cells.width)
        sections.append(Section(str(view), (Paragraph(PURPOSES[str(view)]), table)))
    return sections


def shown(rows: pl.DataFrame) -> pl.DataFrame:
    """The catalogue as people read it."""
    consumers = pl.col("consumers").list.join(", ")
    drifted = pl.col("drifted_in").list.len()
    drift = (
        pl.when(pl.col("files_judged") == 0)
        .then(pl.lit("not judged"))
        .otherwise(pl.format("{} of {}", drifted, pl.col("files_judged")))
    )
    return rows.with_columns(consumers.alias("consumers"), drift.alias("drift")).select(_SHOWN)
