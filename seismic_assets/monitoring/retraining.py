"""Whether to train again: what asks for it, and what speaks against it so that the loop cannot thrash.

Pure: the caller keeps the history, and writes a decision into it before the next one is made. Retraining for new
labels in the ordinary way, when the training set changes, is the graph's own work; this is for the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from seismic_assets.monitoring.errors import MonitoringError

ConditionName = Literal["drift", "performance", "labels", "age"]
Guard = Literal["no_champion", "under_way", "cool_down", "budget", "nothing_new"]
Outcome = Literal["under_way", "promoted", "refused", "failed", "lapsed"]


@dataclass(frozen=True)
class RetrainingPolicy:
    """When to train again.

    Attributes:
        new_windows: labelled windows since the champion was trained that ask for it; None for no such condition.
        age_days: of the champion that asks for it; None for no such condition.
        cooldown_hours: least time between two retrainings.
        budget: retrainings at most within `budget_days`.
        budget_days: a rolling span.
        timeout_hours: a retraining that has not ended after this time is taken for dead.
        per_training_set: retrainings at most for the same reason on the same training set: of the same labels another
            search learns nothing else.
    """

    new_windows: int | None = 1000
    age_days: float | None = 90.0
    cooldown_hours: float = 24.0
    budget: int = 4
    budget_days: float = 30.0
    timeout_hours: float = 12.0
    per_training_set: int = 1


@dataclass(frozen=True)
class RetrainingFacts:
    """What is known now.

    Attributes:
        champion: version in charge; None where there is none.
        trained_at: when it was trained, aware; None where that is not known.
        training_set: digest of the labelled windows that there are now.
        new_windows: labelled windows that came since the champion was trained.
        severity: of the feature drift: `undecided`, `none`, `low`, `medium` or `high`.
        drift: what drifted, in a few words.
        degraded: whether the champion's accuracy has fallen.
        performance: what is known of it, in a few words.
    """

    champion: str | None
    trained_at: datetime | None
    training_set: str
    new_windows: int = 0
    severity: str = "none"
    drift: str = ""
    degraded: bool = False
    performance: str = ""


@dataclass(frozen=True)
class Condition:
    """One thing that can ask for a retraining.

    Attributes:
        name: which.
        met: whether it asks for one.
        sentence: why, or why not.
    """

    name: ConditionName
    met: bool
    sentence: str


@dataclass(frozen=True)
class PastRetraining:
    """A retraining that was asked for.

    Attributes:
        time: when, aware.
        conditions: names of those that were met.
        training_set: digest of the labelled windows.
        champion: version in charge then.
        outcome: `under_way` until it has ended; `lapsed` where nobody started it, so that it counts for nothing.
    """

    time: datetime
    conditions: tuple[ConditionName, ...]
    training_set: str
    champion: str | None
    outcome: Outcome = "under_way"


@dataclass(frozen=True)
class Decision:
    """Whether to train again.

    Attributes:
        retrain: whether.
        reason: one sentence.
        conditions: all that were looked at.
        guard: what held it back though a condition was met.
        advice: what a person should do; None where there is nothing to do.
    """

    retrain: bool
    reason: str
    conditions: tuple[Condition, ...]
    guard: Guard | None = None
    advice: str | None = None

    @property
    def met(self) -> tuple[ConditionName, ...]:
        """Names of the conditions that are met."""
        return tuple(each.name for each in self.conditions if each.met)


def decide(
    facts: RetrainingFacts, policy: RetrainingPolicy, history: Sequence[PastRetraining], now: datetime
) -> Decision:
    """Whether to train again now.

    Args:
        facts: what is known now.
        policy: when to train again.
        history: retrainings that were asked for, in any order; one that seems to be from the future, by a clock that
            is wrong, counts as if it were from now.
        now: the present, aware.

    Raises:
        MonitoringError: a time has no zone.
    """
    if any(time is not None and time.tzinfo is None for time in (now, facts.trained_at, *(h.time for h in history))):
        raise MonitoringError("a time of the retraining's facts or history has no zone: give times in UTC")
    history = [each for each in history if each.outcome != "lapsed"]
    conditions = _conditions(facts, policy, now)
    met = [each for each in conditions if each.met]
    if facts.champion is None:
        reason = "not retrained: there is no champion to replace; train and promote a first model"
        return Decision(False, reason, conditions, "no_champion" if met else None)
    if not met:
        return Decision(False, f"not retrained: {_joined([each.sentence for each in conditions])}", conditions)
    asked = _joined([each.sentence for each in met])
    held = _held_back(policy, history, now) or _nothing_new(facts, policy, _taught(policy, history, now), met)
    if held is not None:
        guard, why = held
        advice = _advice(facts, met) if guard == "nothing_new" else None
        return Decision(False, f"not retrained although {asked}: {why}", conditions, guard, advice)
    return Decision(True, f"retrained because {asked}", conditions)


def _conditions(facts: RetrainingFacts, policy: RetrainingPolicy, now: datetime) -> tuple[Condition, ...]:
    found = [_drift(facts), _performance(facts)]
    if policy.new_windows is not None:
        enough = facts.new_windows >= policy.new_windows
        text = f"{facts.new_windows:,} labelled windows are new and {policy.new_windows:,} ask for it"
        found.append(Condition("labels", enough, text))
    if policy.age_days is not None and facts.trained_at is not None:
        days = (now - facts.trained_at) / timedelta(days=1)
        text = f"the champion is {max(days, 0):.0f} days old and {policy.age_days:g} days ask for it"
        found.append(Condition("age", days >= policy.age_days, text))
    return tuple(found)


def _drift(facts: RetrainingFacts) -> Condition:
    detail = f" ({facts.drift})" if facts.drift else ""
    return Condition(
        "drift", facts.severity == "high", f"the severity of the feature drift is {facts.severity}{detail}"
    )


def _performance(facts: RetrainingFacts) -> Condition:
    detail = f" ({facts.performance})" if facts.performance else ""
    text = "the champion's performance has fallen" if facts.degraded else "no fall of the performance is certain"
    return Condition("performance", facts.degraded, f"{text}{detail}")


def _held_back(policy: RetrainingPolicy, history: Sequence[PastRetraining], now: datetime) -> tuple[Guard, str] | None:
    """What keeps any retraining from starting now."""
    running = [each for each in history if each.outcome == "under_way" and _recent(each, policy.timeout_hours, now)]
    if running:
        return "under_way", f"one is under way, asked for at {_moment(running)}"
    cooling = [each for each in history if _recent(each, policy.cooldown_hours, now)]
    if cooling:
        return (
            "cool_down",
            f"the last was at {_moment(cooling)} and {policy.cooldown_hours:g} hours must lie between two",
        )
    spent = [each for each in history if _recent(each, 24 * policy.budget_days, now)]
    if len(spent) >= policy.budget:
        return "budget", f"{len(spent)} of {policy.budget} retrainings of {policy.budget_days:g} days are spent"
    return None


def _taught(policy: RetrainingPolicy, history: Sequence[PastRetraining], now: datetime) -> list[PastRetraining]:
    """Without those that failed or are taken for dead: they have taught nothing."""
    return [
        each
        for each in history
        if each.outcome in ("promoted", "refused")
        or (each.outcome == "under_way" and _recent(each, policy.timeout_hours, now))
    ]


def _nothing_new(
    facts: RetrainingFacts, policy: RetrainingPolicy, history: Sequence[PastRetraining], met: Sequence[Condition]
) -> tuple[Guard, str] | None:
    """Whether every reason has had its retraining on this training set."""
    same = [each for each in history if each.training_set == facts.training_set]
    if any(sum(condition.name in each.conditions for each in same) < policy.per_training_set for condition in met):
        return None
    return "nothing_new", "on the same labelled windows it was retrained for that already, and would learn nothing new"


def _advice(facts: RetrainingFacts, met: Sequence[Condition]) -> str:
    where = f": {facts.drift}" if facts.drift and any(each.name == "drift" for each in met) else ""
    return f"Label windows where the data have changed{where}. Without new labels a retraining cannot help."


def _recent(past: PastRetraining, hours: float, now: datetime) -> bool:
    return now - past.time < timedelta(hours=hours)


def _moment(history: Sequence[PastRetraining]) -> str:
    return f"{max(each.time for each in history):%Y-%m-%d %H:%M %Z}"


def _joined(sentences: Sequence[str]) -> str:
    if len(sentences) < 2:
        return "".join(sentences)
    return f"{'; '.join(sentences[:-1])}; and {sentences[-1]}"
