"""A look at a deployment: its history, tables and models against what the graph says there should be."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

import dagster as dg
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph

from seismic_assets.defs.build import build_definitions
from seismic_assets.defs.raw.discovery import discover
from seismic_assets.defs.raw.files import catalogue_entries
from seismic_assets.deployment import registry_of
from seismic_assets.driver.facts import asset_facts
from seismic_assets.driver.home import check_reading_history
from seismic_assets.driver.lost import lost_tables
from seismic_assets.exporter.errors import NothingYetError, SourceError
from seismic_assets.exporter.history import History
from seismic_assets.lake import Lake, LakeError
from seismic_assets.lake.tables import asset_of
from seismic_assets.releasing import old_tables
from seismic_assets.segy import LandingFolderError
from seismic_assets.settings import Settings, SettingsError
from seismic_assets.validation import (
    LAYERS,
    Finding,
    Validation,
    ValidationError,
    asset_findings,
    serving_findings,
    table_findings,
)
from seismic_assets.validation.assets import RUN, told
from seismic_assets.validation.report import layers_of

_EVENTS = {
    "landing_folder": "files came, changed or went",
    "label_sources": "labels.yaml or what it names has changed",
    "reading_settings": "settings that say how files are read have changed",
    "processing_settings": "settings of windows, labels or the split have changed",
    "model_settings": "settings of the search or the model have changed",
    "feature_store_state": "the feature store is not as the code registers it",
    "knowledge_settings": "settings or documents of the reports in words have changed",
}


def look_at(settings: Settings, made: tuple[str, ...] = ()) -> Validation:
    """Look at a deployment and change nothing.

    Args:
        settings: of the deployment.
        made: assets that were materialised just before.

    Raises:
        ValidationError: its history cannot be read.
    """
    definitions = build_definitions(settings)
    graph = definitions.resolve_asset_graph()
    groups = Counter(graph.get(key).group_name for key in graph.get_all_asset_keys())
    found, rows = table_findings(Lake(settings.lake_dir), settings.window)
    found += serving_findings(registry_of(settings), settings.api_model)
    found += _of_older_versions(settings, graph)
    found += _in_history(settings, definitions, graph)
    return Validation(layers_of(found, groups, rows, _switched_off(settings)), str(settings.storage_root), made)


def _in_history(settings: Settings, definitions: dg.Definitions, graph: BaseAssetGraph) -> Iterator[Finding]:
    history = History(settings.dagster_dir)
    try:
        check_reading_history(settings)
        with history.reading() as instance:
            for facts in asset_facts(definitions, instance):
                yield from asset_findings(facts, time.time())
            yield from _gone(settings, graph, instance)
            yield from _not_taken_up(settings, instance)
    except NothingYetError:
        remedy = f"copy SEG-Y files to {settings.landing_dir} and {RUN}"
        groups = {node.group_name for node in graph.asset_nodes}
        for layer in LAYERS:
            if layer in groups:
                yield Finding(layer, "missing", "nothing was ever made", remedy)
    except (SettingsError, SourceError) as error:
        raise ValidationError(str(error)) from error


def _gone(settings: Settings, graph: BaseAssetGraph, instance: dg.DagsterInstance) -> Iterator[Finding]:
    remedy = (
        "see that this is the right storage root; restore the table from a backup, or let `seismic run` make it anew"
    )
    try:
        lost = list(lost_tables(Lake(settings.lake_dir), graph, instance))
    except LakeError as error:
        raise ValidationError(str(error)) from error
    for each in lost:
        yield Finding(
            each.layer, "failed", f"the table {each.table} is gone, though the history says it was made", remedy
        )


def _of_older_versions(settings: Settings, graph: BaseAssetGraph) -> Iterator[Finding]:
    layers = {node.key.to_user_string(): node.group_name for node in graph.asset_nodes}
    for each in old_tables(Lake(settings.lake_dir)):
        if each.remedy != "none":  # what cannot be read at all is told with the tables
            remedy = "deploy with `seismic deploy --migrate-tables`, or go back to the version that wrote it"
            yield Finding(layers[asset_of(each.table.name)], "failed", each.because, remedy)


def _quarantined(files: list[str]) -> Iterator[Finding]:
    """A note: that a file is refused is no fault of the deployment."""
    if files:
        number = "1 file is" if len(files) == 1 else f"{len(files)} files are"
        yield Finding("raw", "ok", f"{number} in quarantine: {told(files)}; `seismic quality` says why")


def _not_taken_up(settings: Settings, instance: dg.DagsterInstance) -> Iterator[Finding]:
    """What changed in the landing folder and in the settings since somebody last looked."""
    try:
        entries = catalogue_entries(Lake(settings.lake_dir))
        seen = discover(instance, settings, entries.values())
    except LandingFolderError as error:
        yield Finding("raw", "missing", str(error), "mount or make the folder, or set SEISMIC_LANDING_DIR")
        return
    except LakeError:
        return  # the table of files is damaged, and is told of as such
    yield from _quarantined(sorted(file for file, entry in entries.items() if not entry.admitted))
    if seen.new:
        yield Finding("raw", "stale", f"{len(seen.new)} files landed and were not taken up: {told(seen.new)}", RUN)
    if seen.gone:
        yield Finding("raw", "stale", f"{len(seen.gone)} files are gone, their rows are not: {told(seen.gone)}", RUN)
    changed = sorted({str(event.partition) for event in seen.events if event.partition} - set(seen.new))
    if changed:
        yield Finding("raw", "stale", f"{len(changed)} files changed since they were read: {told(changed)}", RUN)
    told_of = {key: sentence for key, sentence in _EVENTS.items() if not (seen.new or seen.gone or changed)}
    for event in seen.events:
        key = event.asset_key.to_user_string()
        if key in told_of:
            yield Finding(_layer_of(key), "stale", told_of[key], RUN)


def _layer_of(key: str) -> str:
    return {"feature_store_state": "features", "knowledge_settings": "knowledge"}.get(key, "raw")


def _switched_off(settings: Settings) -> dict[str, str]:
    return {} if settings.knowledge else {"knowledge": "SEISMIC_KNOWLEDGE is false: no reports in words are made"}
