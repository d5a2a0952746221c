"""What an agent found, and how a finding over many files becomes one sentence with its figures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from seismic_assets.llm.facts import Fact, Kind

Severity = Literal["info", "warn", "fail"]
Verdict = Literal["PASS", "WARN", "FAIL"]
_RANKS: dict[Severity, int] = {"fail": 0, "warn": 1, "info": 2}
_VERDICTS: dict[Severity, Verdict] = {"fail": "FAIL", "warn": "WARN", "info": "PASS"}
_NAMED = 3
_LONGEST = 160  # characters of a reason


@dataclass(frozen=True)
class Finding:
    """One thing that is worth knowing.

    Attributes:
        code: what kind of thing, such as `dead_traces`; there is a rule of advice for each.
        severity: `fail`: the data are not fit for use; `warn`: worth a look; `info`: worth knowing.
        sentence: what was found, with its figure.
        files: ids of the files it is about, the worst first; empty where it is about all.
        figures: the numbers of the sentence.
    """

    code: str
    severity: Severity
    sentence: str
    files: tuple[str, ...] = ()
    figures: tuple[Fact, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        record = asdict(self)
        return record | {"files": list(self.files), "figures": {each.name: each.value for each in self.figures}}


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Failures first, what is only worth knowing last; otherwise in their order."""
    return tuple(sorted(findings, key=lambda each: _RANKS[each.severity]))


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """`FAIL`, `WARN` or `PASS`, by the worst finding."""
    worst = min((_RANKS[each.severity] for each in findings), default=2)
    return next(_VERDICTS[severity] for severity, rank in _RANKS.items() if rank == worst)


def worst_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of verdicts; `PASS` without any."""
    found = set(verdicts)
    return next((each for each in ("FAIL", "WARN") if each in found), "PASS")


def of_files(
    code: str,
    severity: Severity,
    what: str,
    values: Mapping[str, float],
    kind: Kind = "share",
    *,
    unit: str = "",
    digits: int = 3,
    rising: bool = True,
) -> list[Finding]:
    """One finding about all the files it holds for, the worst first; none where there are no files.

    Args:
        code: of the finding.
        severity: of the finding.
        what: what the figure is, such as `dead traces`; the sentence begins with it.
        values: the figure by file id.
        kind, unit, digits: of the facts.
        rising: whether a larger figure is worse.
    """
    known = {file: value for file, value in values.items() if math.isfinite(value)}
    if not known:
        return []
    ordered = sorted(known, key=lambda file: (-known[file] if rising else known[file], file))
    figures = tuple(
        Fact(f"{code}.{file}", f"{what} of {file}", _plain(known[file], kind), kind, unit, digits)
        for file in ordered[:_NAMED]
    )
    named = listed([f"{file} ({figure.shown()})" for file, figure in zip(ordered, figures, strict=False)], len(ordered))
    return [Finding(code, severity, f"{what[0].upper()}{what[1:]}: {named}.", tuple(ordered), figures)]


def naming(code: str, severity: Severity, what: str, reasons: Mapping[str, str]) -> list[Finding]:
    """One finding about files that have a reason in words each; none where there are no files."""
    if not reasons:
        return []
    ordered = sorted(reasons)
    named = listed([f"{file} ({_cut(reasons[file])})" for file in ordered[:_NAMED]], len(ordered))
    return [Finding(code, severity, f"{what}: {named}.", tuple(ordered))]


def listed(shown: Sequence[str], total: int) -> str:
    """`a, b and 3 more`, or `a, b`."""
    text = ", ".join(shown)
    return f"{text} and {total - len(shown):,} more" if total > len(shown) else text


def finite(facts: Iterable[Fact]) -> list[Fact]:
    """The facts without those whose number is not finite: what cannot be measured is no fact."""
    return [each for each in facts if isinstance(each.value, str) or math.isfinite(each.value)]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3].rstrip()}..."


def _plain(value: float, kind: Kind) -> float | int:
    return int(value) if kind == "count" else float(value)
