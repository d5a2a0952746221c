"""Batches of assets, executed in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from seismic_assets.defs.failures import failure_sentence
from seismic_assets.driver.outcome import RunOutcome

_RANGE_START, _RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Batch:
    """Assets that are materialised in one run.

    Attributes:
        assets: keys in topological order.
        first, last: the range of partition keys; None for assets without partitions.
        files: how many partitions that is; 0 without.
    """

    assets: tuple[str, ...]
    first: str | None = None
    last: str | None = None
    files: int = 0

    def __str__(self) -> str:
        what = ", ".join(self.assets)
        if not self.files:
            return what
        return f"{what} of {self.first}" if self.files == 1 else f"{what} of {self.files} files"


def batches_of(requested: Mapping[str, frozenset[str] | None], order: Sequence[str]) -> Iterator[Batch]:
    """Group what is asked for into runs: assets of the same files together, consecutive files together.

    Args:
        requested: partition keys by asset, in topological order; None for an asset without partitions.
        order: all partition keys in the order that Dagster keeps them in.
    """
    groups: dict[frozenset[str] | None, list[str]] = {}
    for asset, keys in requested.items():
        groups.setdefault(keys, []).append(asset)
    for keys, assets in groups.items():
        if keys is None:
            yield Batch(tuple(assets))
            continue
        for run in _consecutive(keys, order):
            yield Batch(tuple(assets), run[0], run[-1], len(run))


def _consecutive(keys: frozenset[str], order: Sequence[str]) -> Iterable[list[str]]:
    run: list[str] = []
    for key in order:
        if key in keys:
            run.append(key)
        elif run:
            yield run
            run = []
    if run:
        yield run


def execute(
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    batch: Batch,
    outcome: RunOutcome,
    progress: Callable[[str], None],
    tags: Mapping[str, str],
) -> bool:
    """Materialise a batch in this process and add what happened to the outcome; returns whether all went well."""
    progress(str(batch))
    ranged = {_RANGE_START: batch.first, _RANGE_END: batch.last} if batch.first and batch.last else {}
    result = job.execute_in_process(
        run_config=_QUIET,
        instance=instance,
        asset_selection=[dg.AssetKey(asset) for asset in batch.assets],
        raise_on_error=False,
        tags={**tags, **ranged},
    )
    if any(_interrupted(event) for event in result.all_events):
        raise KeyboardInterrupt
    steps = _assets_by_step(instance, result.run_id)
    ended = {event.step_key for event in result.all_events if event.is_step_success or event.is_step_failure}
    reached = {asset for step in steps if step in ended for asset in steps[step]}  # not what lies below a failure
    for asset in batch.assets:
        if asset in reached:
            done = outcome.asset(asset)
            done.files += batch.files
            done.error = ""
    for event in result.all_events:
        _account(event, steps, outcome)
    return bool(result.success)


def _assets_by_step(instance: dg.DagsterInstance, run_id: str) -> dict[str, list[str]]:
    """What each step was to make: a step of several assets bears the name of its function."""
    steps: dict[str, list[str]] = {}
    for record in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED):
        event = record.dagster_event
        if event is not None and event.asset_key is not None and event.step_key is not None:
            assets = steps.setdefault(event.step_key, [])
            if (asset := event.asset_key.to_user_string()) not in assets:  # once for each partition
                assets.append(asset)
    return steps


def _account(event: dg.DagsterEvent, steps: Mapping[str, Sequence[str]], outcome: RunOutcome) -> None:
    assets = steps.get(event.step_key or "", ())
    if event.is_step_success:
        for asset in assets[:1]:  # the seconds of a step are spent once
            outcome.asset(asset).seconds += event.step_success_data.duration_ms / 1000
    elif event.is_step_failure:
        for asset in assets:
            outcome.asset(asset).error = failure_sentence(event)
    elif event.is_step_materialization:
        materialization = event.step_materialization_data.materialization
        rows = materialization.metadata.get("dagster/row_count")
        if rows is not None:
            done = outcome.asset(materialization.asset_key.to_user_string())
            done.rows = (done.rows or 0) + int(rows.value)  # type: ignore[arg-type]


def _interrupted(event: dg.DagsterEvent) -> bool:
    """Whether Ctrl-C ended the step; Dagster makes a failure of it."""
    error = event.step_failure_data.error if event.is_step_failure else None
    return error is not None and error.cls_name == "DagsterExecutionInterruptedError"
