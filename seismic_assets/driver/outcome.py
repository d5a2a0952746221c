"""What a run did, asset by asset."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class AssetOutcome:
    """What was done with one asset.

    Attributes:
        asset: its key.
        files: number of files materialised; 0 for an asset that is one for all files.
        rows: rows written, None where it writes no table.
        seconds: time of its steps.
        error: the sentence of its failure, empty when it succeeded.
    """

    asset: str
    files: int = 0
    rows: int | None = None
    seconds: float = 0.0
    error: str = ""


@dataclass
class RunOutcome:
    """What a run did.

    Attributes:
        assets: in the order of their first materialisation.
        quarantined: (file, reason) of files that were not admitted.
        unread: (file, reason) of admitted files that could not be read after all.
        notes: what else a person must know, a sentence each.
        failed_checks: (asset, check, sentence) of checks that failed with severity ERROR.
        admitted: number of admitted files.
        scores: test scores by model, when there is an evaluation.
        scored_version, production_version: whose scores these are, and which version predicts.
        report: path of the evaluation's page.
        monitoring: summary of the latest monitoring report, empty before the first; with its time where this run was
            to make another and failed.
        monitoring_report: path of its page.
    """

    assets: dict[str, AssetOutcome] = field(default_factory=dict)
    quarantined: list[tuple[str, str]] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failed_checks: list[tuple[str, str, str]] = field(default_factory=list)
    admitted: int = 0
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    scored_version: str | None = None
    production_version: str | None = None
    report: str = ""
    monitoring: str = ""
    monitoring_report: str = ""

    @property
    def errors(self) -> list[str]:
        """A sentence for each failure."""
        failures = [f"{outcome.asset}: {outcome.error}" for outcome in self.assets.values() if outcome.error]
        return failures + [f"{asset}: {sentence}" for asset, _, sentence in self.failed_checks]

    @property
    def succeeded(self) -> bool:
        """Nothing failed, and at least one file was admitted and read."""
        return not self.errors and self.admitted > len(self.unread)

    def asset(self, key: str) -> AssetOutcome:
        """The outcome of an asset, made at first use."""
        return self.assets.setdefault(key, AssetOutcome(key))

    def as_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        return {**asdict(self), "assets": [asdict(each) for each in self.assets.values()], "succeeded": self.succeeded}
