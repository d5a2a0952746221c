"""The loop that evaluates the automation conditions and materialises what they ask for, until they ask for nothing."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import dagster as dg
from dagster._core.definitions.asset_daemon_cursor import AssetDaemonCursor  # the type that the public function takes

from seismic_assets.defs.build import build_definitions
from seismic_assets.defs.conditions import patient
from seismic_assets.defs.partitions import SEGY_FILES
from seismic_assets.defs.progress import Progress
from seismic_assets.defs.raw.discovery import discover
from seismic_assets.defs.raw.files import catalogue_entries
from seismic_assets.driver.execution import Batch, batches_of, execute
from seismic_assets.driver.lost import lost_tables
from seismic_assets.driver.outcome import RunOutcome
from seismic_assets.driver.soundness import unsound
from seismic_assets.driver.summary import summarise
from seismic_assets.driver.tick import evaluate
from seismic_assets.lake import Lake
from seismic_assets.settings import Settings
from seismic_assets.whole_files import replace_file

Target: TypeAlias = tuple[str, str | None]
_TAGS = {"seismic/run": "command line"}
_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


class BusyError(Exception):
    """Another `seismic run` is at work on the same storage root."""


def materialise_stale(
    settings: Settings,
    instance: dg.DagsterInstance,
    progress: Callable[[str], None],
    detail: Callable[[str], None] | None = None,
) -> RunOutcome:
    """Take stock of the landing folder and materialise everything that is missing or whose input changed.

    Killed at any moment and called again, it goes on where it was: tables are replaced whole or not at all, and an
    asset counts as done only when its event is recorded. What failed before is tried again once.

    Args:
        settings: of the deployment.
        instance: its Dagster instance.
        progress: called with a line before each batch.
        detail: called with a line that says how far a long step is.

    Raises:
        LandingFolderError: the landing folder is missing.
        BusyError: another invocation holds the storage root.
    """
    with _alone(settings):
        _cancel_orphans(instance)
        told = Progress(detail) if detail is not None else None
        loop = _Loop(
            _patient_definitions(settings, told),
            instance,
            Lake(settings.lake_dir),
            settings.dagster_dir / "seismic_run.cursor",
            progress,
        )
        loop.remake()
        if loop.cursor_path.exists():
            _look(settings, instance)
        else:
            # Without a memory of what was seen, a change cannot be told from what was there: what is there comes first.
            loop.until_quiet()
            _look(settings, instance)
        loop.until_quiet()
        loop.retry()
        summarise(settings, loop.definitions, instance, loop.outcome)
        return loop.outcome


@dataclass
class _Loop:
    """One invocation.

    The cursor says what the conditions have seen and asked for. It is written after a tick's batches are done: killed,
    the next invocation sees the same changes again. What was asked for and not made, or begun when it was killed, is
    written beside it, and tried again at the end of the next invocation, once all that changed since is made.
    """

    definitions: dg.Definitions
    instance: dg.DagsterInstance
    lake: Lake
    cursor_path: Path
    progress: Callable[[str], None]
    outcome: RunOutcome = field(default_factory=RunOutcome)
    failed: set[Target] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._owed_path = self.cursor_path.with_suffix(".owed.json")
        self._begun_path = self.cursor_path.with_suffix(".begun.json")
        owed = json.loads(self._owed_path.read_text()) if self._owed_path.exists() else []
        self._owed: set[Target] = {(asset, key) for asset, key in owed} | self._killed()
        self._earlier = frozenset(self._owed)
        self._tried: set[Target] = set()
        self._graph = self.definitions.resolve_asset_graph()
        self._job = self.definitions.resolve_implicit_global_asset_job_def()
        known = self.cursor_path.exists()
        self._cursor = dg.deserialize_value(self.cursor_path.read_text(), AssetDaemonCursor) if known else None

    def until_quiet(self) -> None:
        """Tick after tick until nothing is asked for, twice: some conditions wait a tick for what they read."""
        quiet_ticks = 0
        while quiet_ticks < 2:
            result = evaluate(self.definitions, self.instance, self._cursor)
            self._cursor = result.cursor
            batches = self._batches(result)
            self._execute(batches)
            quiet_ticks = 0 if batches else quiet_ticks + 1

    def retry(self) -> None:
        """Try again what an earlier invocation asked for in vain."""
        self._again(self._earlier - self._tried)

    def remake(self) -> None:
        """Make anew what is gone from the lake although it was made."""
        targets: set[Target] = set()
        for lost in lost_tables(self.lake, self._graph, self.instance):
            self.progress(f"the table {lost.table} is gone, though it was made: it is made anew")
            targets |= {(asset, file) for asset in lost.assets for file in lost.files}
        if targets:
            self._owed |= targets
            self._again(targets)

    def _again(self, targets: AbstractSet[Target]) -> None:
        """Make what was made or asked for before, unless what it follows from is not sound."""
        requested: dict[str, frozenset[str] | None] = {}
        waiting: set[str] = set()
        for key in self._graph.toposorted_asset_keys:
            asset = key.to_user_string()
            keys = {part for owed, part in targets if owed == asset and self._there(part)}
            parents = [parent.to_user_string() for parent in self._graph.get(key).parent_keys]
            if keys and any(parent in waiting or unsound(self.instance, self._graph, parent) for parent in parents):
                waiting.add(asset)
            elif keys:
                requested[asset] = None if keys == {None} else frozenset(part for part in keys if part is not None)
        batches = list(batches_of(requested, self._order()))
        self._execute(batches)
        if batches:
            self.until_quiet()

    def _execute(self, batches: list[Batch]) -> None:
        for batch in batches:
            targets = {(asset, key) for asset in batch.assets for key in self._keys(batch)}
            self._tried |= targets
            self._note_begun(targets)
            if execute(self._job, self.instance, batch, self.outcome, self.progress, _TAGS):
                self._owed -= targets
            else:
                self.failed |= targets
                self._owed |= targets
        self._save()

    def _note_begun(self, targets: set[Target]) -> None:
        """Killed in the middle, the conditions may take what one asset of a run made for seen by the others of it."""
        content = {"at": time.time(), "targets": sorted(targets, key=_in_order)}
        replace_file(self._begun_path, json.dumps(content))

    def _killed(self) -> set[Target]:
        """What a killed invocation had begun and not made."""
        if not self._begun_path.exists():
            return set()
        begun = json.loads(self._begun_path.read_text())
        return {(asset, key) for asset, key in begun["targets"] if not self._made_since(asset, key, begun["at"])}

    def _made_since(self, asset: str, key: str | None, moment: float) -> bool:
        parts = [key] if key is not None else None
        wanted = dg.AssetRecordsFilter(dg.AssetKey(asset), asset_partitions=parts, after_timestamp=moment)
        return bool(self.instance.fetch_materializations(wanted, limit=1).records)

    def _there(self, part: str | None) -> bool:
        return part is None or part in self._order()

    def _batches(self, result: dg.EvaluateAutomationConditionsResult) -> list[Batch]:
        requested: dict[str, frozenset[str] | None] = {}
        held: set[Target] = set()
        for key in self._graph.toposorted_asset_keys:
            asset = key.to_user_string()
            parents = [parent.to_user_string() for parent in self._graph.get(key).parent_keys]
            asked = result.get_requested_partitions(key)
            # What failed is asked for again and again, and with it, for the sake of one run, what follows from it.
            held |= {
                (asset, part)
                for part in asked
                if (asset, part) in self.failed
                or (part is not None and any((parent, part) in held for parent in parents))
            }
            wanted = {part for part in asked if (asset, part) not in held}
            if wanted == {None}:
                requested[asset] = None
            elif wanted:
                requested[asset] = frozenset(part for part in wanted if part is not None)
        self._owed |= held
        self._tried |= held
        return list(batches_of(requested, self._order()))

    def _keys(self, batch: Batch) -> list[str | None]:
        if batch.first is None or batch.last is None:
            return [None]
        order = self._order()
        return [*order[order.index(batch.first) : order.index(batch.last) + 1]]

    def _order(self) -> list[str]:
        return list(self.instance.get_dynamic_partitions(str(SEGY_FILES.name)))

    def _save(self) -> None:
        replace_file(self._owed_path, json.dumps(sorted(self._owed, key=_in_order)))
        if self._cursor is not None:  # before the first tick there is nothing to remember
            replace_file(self.cursor_path, dg.serialize_value(self._cursor))
        self._begun_path.unlink(missing_ok=True)


def _in_order(target: Target) -> tuple[str, str]:
    return target[0], target[1] or ""


def _patient_definitions(settings: Settings, progress: Progress | None) -> dg.Definitions:
    definitions = build_definitions(settings, progress)
    return definitions.map_asset_specs(
        func=lambda spec: (
            spec.replace_attributes(automation_condition=patient(spec.automation_condition))
            if spec.automation_condition is not None
            else spec
        )
    )


def _look(settings: Settings, instance: dg.DagsterInstance) -> None:
    previous = catalogue_entries(Lake(settings.lake_dir)).values()
    discover(instance, settings, previous).apply(instance)


def _cancel_orphans(instance: dg.DagsterInstance) -> None:
    """Runs of an invocation that was killed never end by themselves, and would count as in progress for ever."""
    for run in instance.get_runs(dg.RunsFilter(tags=_TAGS, statuses=_UNFINISHED)):
        instance.report_run_canceled(run, message="the process that ran it was killed")


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    settings.dagster_dir.mkdir(parents=True, exist_ok=True)
    with (settings.dagster_dir / "seismic_run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(
                f"another `seismic run` is at work on {settings.storage_root}; wait for it, or use another storage root"
            ) from error
        yield
