"""Whether to search for a model again: the facts from lake, registry and history, and the decision kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

import dagster as dg
import polars as pl

from seismic_assets.defs.evaluation.scoring import rows_of
from seismic_assets.defs.features.identity import dataset_digest
from seismic_assets.defs.monitoring.performance import load_performance
from seismic_assets.frames import unseen_by
from seismic_assets.lake import DATASET_SPLIT, DRIFT_VERDICTS, RETRAINING_DECISIONS, TRACE_LABELS, Lake
from seismic_assets.monitoring import Condition, Decision, PastRetraining, RetrainingFacts, RetrainingPolicy, decide
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
    be what is missing.
    """
    decisions = _with_outcomes(lake.read(RETRAINING_DECISIONS), registry, instance)
    facts = facts_of(lake, registry, settings)
    history = [*_history(decisions), *_of_the_graph(lake, registry, facts, now)]
    decision = _possible(decide(facts, policy_of(settings), history, now), settings)
    row = {
        "decided_at": now,
        "number": 1 + (last[0] if (last := _last_asked(decisions)) else 0) if decision.retrain else None,
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


def last_asked(lake: Lake) -> tuple[int, str] | None:
    """Number and reason of the last retraining that was asked for."""
    return _last_asked(lake.read(RETRAINING_DECISIONS))


def _last_asked(decisions: pl.DataFrame) -> tuple[int, str] | None:
    asked = decisions.filter(pl.col("retrain"))
    return None if asked.height == 0 else (int(asked["number"][-1]), str(asked["reason"][-1]))


def _with_outcomes(decisions: pl.DataFrame, registry: ModelRegistry, instance: dg.DagsterInstance) -> pl.DataFrame:
    """The decisions, with what became of those that were under way."""
    rows = decisions.to_dicts()
    for row in rows:
        if row["outcome"] == "under_way":
            runs = instance.get_runs(dg.RunsFilter(tags={RETRAINING_TAG: str(row["number"])}), limit=1)
            outcome = _ENDED.get(runs[0].status) if runs else None
            if outcome == "refused" and registry.version_of(PRODUCTION) != row["champion"]:
                outcome = "promoted"
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
    lake: Lake, registry: ModelRegistry, facts: RetrainingFacts, now: datetime
) -> Sequence[PastRetraining]:
    """The training that the graph does by itself for labels that no version has seen, or not even the split."""
    split = dict(lake.read(DATASET_SPLIT, columns=["file_id"])["file_id"].value_counts().iter_rows())
    taken_in = lake.row_counts(TRACE_LABELS).items() <= split.items()
    seen = any(each.dataset_digest == facts.training_set for each in registry.versions())
    if facts.champion is None or (taken_in and seen):
        return []
    return [PastRetraining(now, ("labels",), facts.training_set, facts.champion)]
