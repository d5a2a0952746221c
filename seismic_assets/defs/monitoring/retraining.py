"""Whether to search for a model again: the facts from lake, registry and history, and the decision kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
from deltalake import DeltaTable

from seismic_assets.defs.evaluation.scoring import rows_of
from seismic_assets.defs.features.identity import dataset_digest
from seismic_assets.defs.monitoring.performance import load_performance
from seismic_assets.file_locks import held
from seismic_assets.frames import unseen_by
from seismic_assets.lake import DATASET_SPLIT, DRIFT_VERDICTS, RETRAINING_DECISIONS, TRACE_LABELS, Lake, Table
from seismic_assets.monitoring import (
    Condition,
    Decision,
    MonitoringError,
    PastRetraining,
    RetrainingFacts,
    RetrainingPolicy,
    decide,
)
from seismic_assets.monitoring.report_parts import SEVERITIES
from seismic_assets.registry import PRODUCTION, ModelRegistry
from seismic_assets.settings import Settings
from seismic_assets.whole_files import replace_file

RETRAINING_TAG = "seismic/retraining"
_ENDED = {
    dg.DagsterRunStatus.FAILURE: "failed",
    dg.DagsterRunStatus.CANCELED: "failed",
    dg.DagsterRunStatus.SUCCESS: "refused",  # or promoted, where another version is in charge since
}
_MOST_KEPT = 10_000
_START_WITHIN = timedelta(hours=1)
# Later than a start is possible, so that a run that is just being made is not overlooked.
_LAPSES_AFTER = _START_WITHIN + timedelta(minutes=10)
_LOCK_SECONDS = 60.0
_LABELS = (TRACE_LABELS, DATASET_SPLIT)
_LONG_AGO = datetime.fromtimestamp(0, UTC)
_OF_TRAINING = tuple(dg.AssetKey(name) for name in ("dataset_split", "embedder", "tuning_study", "seismic_classifier"))


@dataclass(frozen=True)
class Asked:
    """A retraining that was asked for.

    Attributes:
        number: of it; each is asked for once.
        reason: one sentence.
        decided_at: when, in UTC.
    """

    number: int
    reason: str
    decided_at: datetime

    def in_time(self, now: datetime) -> bool:
        """Whether it may still be started: what it was asked for because of may be over since."""
        return abs(now - self.decided_at) <= _START_WITHIN


def policy_of(settings: Settings) -> RetrainingPolicy:
    """When the settings ask for another search."""
    return RetrainingPolicy(
        new_windows=settings.retrain_new_windows,
        age_days=settings.retrain_age_days,
        cooldown_hours=settings.retrain_cooldown_hours,
        budget=settings.retrain_budget,
    )


def facts_of(lake: Lake, registry: ModelRegistry, settings: Settings) -> RetrainingFacts:
    """What is known now.

    Raises:
        RegistryError: the registry does not answer.
    """
    split = lake.read(DATASET_SPLIT)
    digest = dataset_digest(lake, split)
    version = registry.version_of(PRODUCTION)
    if version is None:
        return RetrainingFacts(champion=None, trained_at=None, training_set=digest)
    worst = _worst(lake.read(DRIFT_VERDICTS)) if settings.retrain_on_drift else {}
    performance = load_performance(settings)
    trained = pl.concat([rows_of(split, "train"), rows_of(split, "validation")])
    return RetrainingFacts(
        champion=version,
        trained_at=registry.version_info(version).created,
        training_set=digest,
        new_windows=unseen_by(trained, registry.bundle(version).trained_on).height,
        severity=worst.get("severity", "none"),
        drift=f"{worst['subject']}: {worst['farthest']}" if worst.get("farthest") else "",
        degraded=performance.degraded and settings.retrain_on_drift,
        performance=performance.sentence,
    )


def _worst(verdicts: pl.DataFrame) -> dict[str, str]:
    rows = verdicts.select("subject", "severity", "farthest").to_dicts()
    return max(rows, key=lambda row: SEVERITIES.index(row["severity"]), default={})


def decide_now(
    lake: Lake, registry: ModelRegistry, settings: Settings, instance: dg.DagsterInstance, now: datetime
) -> Decision:
    """Decide, and keep the decision before anyone else decides.

    While the graph trains by itself, because labels changed, that counts as a retraining under way: its challenger may
    be what is missing. What was asked for and nobody started, as where no daemon runs, lapses and counts for nothing.

    Raises:
        MonitoringError: another process is deciding and does not come to an end.
        RegistryError: the registry does not answer.
    """
    lock = settings.local_root / "monitoring" / "retraining.lock"
    with held(lock, _LOCK_SECONDS) as mine:
        if not mine:
            raise MonitoringError(
                f"another process has been deciding on a retraining for {_LOCK_SECONDS:.0f} s; "
                f"end the process that holds {lock} (`fuser {lock}`), then decide again"
            )
        return _decide(lake, registry, settings, instance, now)


def _decide(
    lake: Lake, registry: ModelRegistry, settings: Settings, instance: dg.DagsterInstance, now: datetime
) -> Decision:
    decisions = _with_outcomes(lake.read(RETRAINING_DECISIONS), registry, instance, now)
    facts = facts_of(lake, registry, settings)
    history = [*_history(decisions), *_of_the_graph(lake, registry, instance, facts)]
    decision = _possible(decide(facts, policy_of(settings), history, now), settings)
    row = {
        "decided_at": now,
        "number": 1 + (last.number if (last := _last_asked(decisions)) else 0) if decision.retrain else None,
        "retrain": decision.retrain,
        "reason": decision.reason,
        "conditions": json.dumps(decision.met),
        "guard": decision.guard,
        "training_set": facts.training_set,
        "champion": facts.champion,
        "outcome": "under_way" if decision.retrain else None,
    }
    kept = pl.concat([decisions, pl.DataFrame([row], schema=decisions.schema)])
    late = pl.int_range(kept.height) >= kept.height - _MOST_KEPT
    lake.replace(RETRAINING_DECISIONS, kept.filter(pl.col("retrain") | late))
    return decision


def _possible(decision: Decision, settings: Settings) -> Decision:
    """The decision, where another search can find another model."""
    if not decision.retrain or settings.tuning_trials:
        return decision
    why = "the search is switched off (SEISMIC_TUNING_TRIALS=0), and another fit on the same labels is the same model"
    return replace(
        decision,
        retrain=False,
        reason=f"not retrained although {decision.reason.removeprefix('retrained because ')}: {why}",
        guard="nothing_new",
        advice="Label windows of what drifted, or allow trials of a search.",
    )


def save_decision(settings: Settings, decision: Decision) -> None:
    """Keep it for the report, whole or not at all."""
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, json.dumps(asdict(decision), indent=1))


def load_decision(settings: Settings) -> Decision | None:
    """The latest decision; None before the first."""
    path = _path(settings)
    if not path.exists():
        return None
    found = json.loads(path.read_text())
    return Decision(**{**found, "conditions": tuple(Condition(**each) for each in found["conditions"])})


def _path(settings: Settings) -> Path:
    return settings.reports_dir / "monitoring" / "decision.json"


def last_asked(lake: Lake) -> Asked | None:
    """The last retraining that was asked for."""
    return _last_asked(lake.read(RETRAINING_DECISIONS))


def _last_asked(decisions: pl.DataFrame) -> Asked | None:
    asked = decisions.filter(pl.col("retrain"))
    if asked.height == 0:
        return None
    row = asked.row(-1, named=True)
    return Asked(row["number"], row["reason"], row["decided_at"])


def _with_outcomes(
    decisions: pl.DataFrame, registry: ModelRegistry, instance: dg.DagsterInstance, now: datetime
) -> pl.DataFrame:
    """The decisions, with what became of those that were under way."""
    rows = decisions.to_dicts()
    for row in rows:
        if row["outcome"] == "under_way":
            runs = instance.get_runs(dg.RunsFilter(tags={RETRAINING_TAG: str(row["number"])}), limit=1)
            outcome = _ENDED.get(runs[0].status) if runs else None
            if outcome == "refused" and registry.version_of(PRODUCTION) != row["champion"]:
                outcome = "promoted"
            if not runs and abs(now - row["decided_at"]) > _LAPSES_AFTER:
                outcome = "lapsed"
            row["outcome"] = outcome or row["outcome"]
    return pl.DataFrame(rows, schema=decisions.schema)


def _history(decisions: pl.DataFrame) -> list[PastRetraining]:
    return [
        PastRetraining(
            time=row["decided_at"],
            conditions=tuple(json.loads(row["conditions"])),
            training_set=row["training_set"],
            champion=row["champion"],
            outcome=row["outcome"],
        )
        for row in decisions.filter(pl.col("retrain")).iter_rows(named=True)
    ]


def _of_the_graph(
    lake: Lake, registry: ModelRegistry, instance: dg.DagsterInstance, facts: RetrainingFacts
) -> Sequence[PastRetraining]:
    """The training that the graph does by itself for labels that no version has seen, or not even the split.

    It counts from when the labels changed, or its run was asked for, so that it is taken for dead in the end like any
    other; and once it has failed it counts no more: the graph does not try again before something changes.
    """
    split = dict(lake.read(DATASET_SPLIT, columns=["file_id"])["file_id"].value_counts().iter_rows())
    taken_in = lake.row_counts(TRACE_LABELS).items() <= split.items()
    seen = any(each.dataset_digest == facts.training_set for each in registry.versions())
    if facts.champion is None or (taken_in and seen):
        return []
    changed = max((_written_at(lake, table) for table in _LABELS if lake.exists(table)), default=_LONG_AGO)
    runs = _training_runs(instance)
    active = [each.create_timestamp for each, _ in runs if not each.dagster_run.is_finished]
    if not active and any(failed and each.update_timestamp > changed for each, failed in runs):
        return []
    return [PastRetraining(max([changed, *active]), ("labels",), facts.training_set, facts.champion)]


def _training_runs(instance: dg.DagsterInstance) -> list[tuple[dg.RunRecord, bool]]:
    """The last run of the graph that was to make each asset of a training, and whether it failed to."""
    found = []
    for asset in instance.get_asset_records(_OF_TRAINING):
        entry = asset.asset_entry
        runs = instance.get_run_records(dg.RunsFilter(run_ids=[entry.last_run_id])) if entry.last_run_id else []
        made = entry.last_materialization is not None and entry.last_materialization.run_id == entry.last_run_id
        for run in runs:
            if RETRAINING_TAG not in run.dagster_run.tags:
                found.append((run, not made and _ENDED.get(run.dagster_run.status) == "failed"))
    return found


def _written_at(lake: Lake, table: Table) -> datetime:
    latest = DeltaTable(str(lake.path(table))).history(1)[0]
    return datetime.fromtimestamp(latest["timestamp"] / 1000, UTC)
