"""A deployment in a temporary folder, driven tick by tick without a daemon."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph

from seismic_assets.defs.build import build_definitions
from seismic_assets.defs.partitions import SEGY_FILES
from seismic_assets.defs.raw.discovery import discover
from seismic_assets.driver import open_instance
from seismic_assets.driver.execution import Batch, batches_of, execute
from seismic_assets.driver.outcome import RunOutcome
from seismic_assets.driver.tick import evaluate
from seismic_assets.lake import Lake
from seismic_assets.segy import StockEntry
from seismic_assets.settings import Settings

MOST_TICKS = 25


@dataclass
class World:
    """What a daemon would see and do.

    Attributes:
        root: temporary folder.
        feature_store: whether the graph has one; Feast takes seconds to import.
        knowledge: whether the graph has the reports that explain and the index of documents.
        runs: assets of each run so far, in order.
        outcome: what the runs did.
    """

    root: Path
    feature_store: bool = False
    knowledge: bool = False
    runs: list[tuple[str, ...]] = field(default_factory=list)
    outcome: RunOutcome = field(default_factory=RunOutcome)

    def __post_init__(self) -> None:
        self.landing.mkdir(parents=True)
        self.settings = Settings(
            landing_dir=self.landing,
            storage_root=self.root / "storage",
            split_block=4,
            split_buffer=1,
            min_class_windows=5,
            tuning_trials=0,
            feature_store=self.feature_store,
            knowledge=self.knowledge,
        )
        self.lake = Lake(self.settings.lake_dir)
        self.instance = open_instance(self.settings)
        self.definitions = build_definitions(self.settings)
        self._job = self.definitions.resolve_implicit_global_asset_job_def()
        self._cursor = None
        self._stock: tuple[StockEntry, ...] = ()

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    def reconfigure(self, **changes: object) -> None:
        """Start the code location again with other settings."""
        self.settings = self.settings.model_copy(update=changes)
        self.definitions = build_definitions(self.settings)
        self._job = self.definitions.resolve_implicit_global_asset_job_def()

    def look(self) -> None:
        """What the discovery sensor does in a tick."""
        found = discover(self.instance, self.settings, self._stock)
        found.apply(self.instance)
        self._stock = found.stock.entries

    def tick(self) -> dict[str, frozenset[str] | None]:
        """What the automation conditions ask for now."""
        result = evaluate(self.definitions, self.instance, self._cursor)
        self._cursor = result.cursor
        graph = self.definitions.resolve_asset_graph()
        asked = {key.to_user_string(): result.get_requested_partitions(key) for key in graph.toposorted_asset_keys}
        return {asset: None if keys == {None} else frozenset(keys) for asset, keys in asked.items() if keys}

    def settle(self) -> Counter[str]:
        """Look once, then tick and work until nothing is asked for twice; returns materialisations by asset."""
        self.look()
        done: Counter[str] = Counter()
        quiet_ticks = 0
        for _ in range(MOST_TICKS):
            asked = self.tick()
            quiet_ticks = 0 if asked else quiet_ticks + 1
            if quiet_ticks == 2:
                return done
            batches = list(batches_of(asked, self.instance.get_dynamic_partitions(str(SEGY_FILES.name))))
            self._no_run_waits_for_another(batches)
            for batch in batches:
                self.runs.append(batch.assets)
                execute(self._job, self.instance, batch, self.outcome, lambda _: None, {})
                done.update(dict.fromkeys(batch.assets, batch.files or 1))
        raise AssertionError(f"not quiet after {MOST_TICKS} ticks; the last asked for {asked}")

    def _no_run_waits_for_another(self, batches: list[Batch]) -> None:
        """A daemon starts the runs of a tick side by side: none may read what another writes.

        Between runs of files it may happen, and heals: what was read too early is updated again in the next tick.
        """
        graph = self.definitions.resolve_asset_graph()
        for batch in batches:
            parents = {parent.to_user_string() for asset in batch.assets for parent in _parents(graph, asset)}
            for other in batches:
                clash = parents & set(other.assets)
                assert other is batch or not clash or (batch.files and other.files), f"{batch} reads {clash} of {other}"


def _parents(graph: BaseAssetGraph, asset: str) -> set[dg.AssetKey]:
    return graph.get(dg.AssetKey(asset)).parent_keys
