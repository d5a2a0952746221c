"""What the history says of one asset, judged. Where the facts come from is not known here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from seismic_assets.validation.report import Finding, State

RUN = "run `seismic run`, or start the daemon"
_MOST_TOLD = 3
_SECONDS_OF_A_DAY = 86_400


@dataclass(frozen=True)
class StalePart:
    """An asset, or its rows of one file, that is older than what it was made from.

    Attributes:
        file: the partition; empty for an asset that is one for all files.
        because: the input that has another content, or the code.
    """

    file: str
    because: str


@dataclass(frozen=True)
class FailedCheck:
    """A check that failed at its latest.

    Attributes:
        name: of the check.
        severity: `error` where what follows must not build on it, `warning` where a person should look.
        sentence: what it found.
    """

    name: str
    severity: Literal["error", "warning"]
    sentence: str


@dataclass(frozen=True)
class AssetFacts:
    """What the history says of an asset.

    Attributes:
        name, layer: of the asset; its group.
        files: partitions that there are; None for an asset that is one for all files.
        missing: partitions that were never made; one empty name for an asset without partitions.
        failed: partitions whose latest attempt failed, likewise.
        stale: what is older than what it was made from.
        checks: those that failed.
        made_at: seconds since 1970 of the latest materialisation; None before the first.
        fresh_seconds: age that its freshness policy allows; None without one.
        remade_when_old: whether a run makes it again for its age alone.
    """

    name: str
    layer: str
    files: int | None = None
    missing: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    stale: tuple[StalePart, ...] = ()
    checks: tuple[FailedCheck, ...] = ()
    made_at: float | None = None
    fresh_seconds: float | None = None
    remade_when_old: bool = False


def asset_findings(facts: AssetFacts, now: float) -> list[Finding]:
    """What is wrong with an asset, and what a person should know of it.

    Args:
        facts: of the history.
        now: seconds since 1970.
    """
    return [
        *_unmade(facts, "failed", facts.failed, f"failed at its latest attempt{_of(facts, facts.failed)}"),
        *_checks(facts),
        *_unmade(facts, "missing", facts.missing, f"was never made{_of(facts, facts.missing)}"),
        *_stale(facts),
        *_old(facts, now),
    ]


def told(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = len(names) - _MOST_TOLD
    return ", ".join(names[:_MOST_TOLD]) + (f" and {more} more" if more > 0 else "")


def _unmade(facts: AssetFacts, state: State, parts: tuple[str, ...], what: str) -> list[Finding]:
    remedy = f"see why in the page of Dagster, then {RUN}" if state == "failed" else RUN
    return [Finding(facts.layer, state, f"{facts.name} {what}", remedy)] if parts else []


def _of(facts: AssetFacts, parts: tuple[str, ...]) -> str:
    return f" for {len(parts)} of {facts.files} files: {told(sorted(parts))}" if facts.files is not None else ""


def _checks(facts: AssetFacts) -> list[Finding]:
    found = []
    for check in facts.checks:
        reason = f"the check {check.name} of {facts.name} failed: {check.sentence}"
        if check.severity == "error":
            found.append(Finding(facts.layer, "failed", reason, f"mend what it names, then {RUN}"))
        else:
            found.append(Finding(facts.layer, "ok", reason))
    return found


def _stale(facts: AssetFacts) -> list[Finding]:
    if not facts.stale:
        return []
    why = "; ".join(sorted({part.because for part in facts.stale})[:_MOST_TOLD])
    where = _of(facts, tuple(part.file for part in facts.stale))
    return [Finding(facts.layer, "stale", f"{facts.name} is older than its inputs{where} ({why})", RUN)]


def _old(facts: AssetFacts, now: float) -> list[Finding]:
    """An age alone is wrong only where a run would end it: a model that nothing contradicts may be a year old."""
    if facts.made_at is None or facts.fresh_seconds is None or now - facts.made_at <= facts.fresh_seconds:
        return []
    ago, allowed = ((now - facts.made_at) / _SECONDS_OF_A_DAY, facts.fresh_seconds / _SECONDS_OF_A_DAY)
    reason = f"{facts.name} was last made {ago:.1f} days ago, its freshness policy allows {allowed:g}"
    if facts.remade_when_old:
        return [Finding(facts.layer, "stale", reason, RUN)]
    return [Finding(facts.layer, "ok", f"{reason}; none of its inputs has changed since")]
