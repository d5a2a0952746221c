"""Old runs removed from Dagster's history; what tells which assets are made stays."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import dagster as dg

_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
# What a condition looks up: the latest that was made, seen, or tried, of each asset and file.
_TELLING = [
    dg.DagsterEventType.ASSET_MATERIALIZATION,
    dg.DagsterEventType.ASSET_OBSERVATION,
    dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
]
_MOST_IN_A_ROUND = 2_000
_IDS_AT_ONCE = 500


def remove_old_runs(instance: dg.DagsterInstance, before: datetime, home: Path) -> int:
    """Remove runs that ended before a moment, with events and output; at most 2,000, the oldest first.

    A run stays that has the latest event of an asset, or of a file of it.

    Args:
        instance: whose history it is.
        before: aware.
        home: Dagster's home, where SQLite keeps a file for each run.

    Returns:
        How many were removed.
    """
    wanted = dg.RunsFilter(statuses=_ENDED, updated_before=before)
    old = instance.get_run_records(wanted, limit=_MOST_IN_A_ROUND, ascending=True)
    if not old:
        return 0
    kept = telling_runs(instance)
    gone = [record.dagster_run.run_id for record in old if record.dagster_run.run_id not in kept]
    for run_id in gone:
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        for left in (home / "history" / "runs").glob(f"{run_id}.db*"):
            left.unlink(missing_ok=True)
    return len(gone)


def telling_runs(instance: dg.DagsterInstance) -> set[str]:
    """Runs by which it is known what is made and seen; verdicts of checks are kept apart from runs."""
    keys = instance.get_asset_keys()
    return {run_id for key in keys for kind in _TELLING for run_id in _latest(instance, key, kind)}


def _latest(instance: dg.DagsterInstance, key: dg.AssetKey, kind: dg.DagsterEventType) -> Iterator[str]:
    """Runs of the latest event of an asset as a whole, and of each of its files."""
    storage = instance.event_log_storage
    whole = storage.get_event_records(dg.EventRecordsFilter(kind, asset_key=key), limit=1)
    yield from (record.run_id for record in whole)
    ids = sorted(storage.get_latest_storage_id_by_partition(key, kind).values())
    for start in range(0, len(ids), _IDS_AT_ONCE):
        wanted = dg.EventRecordsFilter(kind, asset_key=key, storage_ids=ids[start : start + _IDS_AT_ONCE])
        yield from (record.run_id for record in storage.get_event_records(wanted))
