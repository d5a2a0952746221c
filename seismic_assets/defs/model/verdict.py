"""The gate's verdict at rest, and as asset checks."""

from pathlib import Path

import dagster as dg
import polars as pl
from pydantic import TypeAdapter

from seismic_assets.defs.evaluation.record import report_folder
from seismic_assets.evaluation import FINDINGS, Verdict
from seismic_assets.registry import PRODUCTION, STAGING, ModelRegistry
from seismic_assets.settings import Settings
from seismic_assets.whole_files import replace_file

_ASSET, _FILE = "promotion_gate", "gate.json"
_VERDICT = TypeAdapter(Verdict)
# What is broken is an error and blocks; what is not better than the champion is an answer, and the champion stays.
_BROKEN = {"bundle_loads", "onnx_equals_sklearn", "latency_within_budget"}
NOT_ROLLED_BACK = "not_rolled_back"
_QUESTIONS = {
    "bundle_loads": "The bundle of the challenger is complete and unaltered.",
    "above_baselines": "Test macro-F1 exceeds that of the commonest class and of shuffled labels.",
    "not_worse_than_champion": "On windows that neither was fitted on the challenger is not worse than the champion.",
    "classes_above_floor": "No class that training and test hold is below its floor.",
    "calibration_not_worse": "Probabilities can be taken at their word as much as the champion's.",
    "onnx_equals_sklearn": "The graph answers what the estimator answered: labels all, probabilities to 1e-5.",
    "latency_within_budget": "A trace is answered within the budget.",
    NOT_ROLLED_BACK: "It is not a model that production was rolled back from, trained anew.",
}
GATE_CHECKS = [
    dg.AssetCheckSpec(name, asset=_ASSET, description=_QUESTIONS[name], blocking=True)
    for name in (*FINDINGS, NOT_ROLLED_BACK)
]


def gate_results(verdict: Verdict) -> list[dg.AssetCheckResult]:
    """Results of `GATE_CHECKS`."""
    return [
        dg.AssetCheckResult(
            check_name=finding.name,
            asset_key=_ASSET,
            passed=finding.passed,
            severity=dg.AssetCheckSeverity.ERROR if finding.name in _BROKEN else dg.AssetCheckSeverity.WARN,
            description=f"Version {verdict.version}: {finding.sentence}.",
            metadata=dict(finding.figures),
        )
        for finding in verdict.findings
    ]


def carry_out(registry: ModelRegistry, verdict: Verdict, by: str) -> None:
    """Promote or reject the challenger, unless that was done before."""
    info = registry.version_info(verdict.version)
    done = any(each.action == "promote" and each.version == info.version for each in registry.history())
    if verdict.promote and not done and info.rolled_back_because is None:
        registry.promote(info.version, PRODUCTION, by=by, reason=verdict.reason)
    if not verdict.promote and info.stage == STAGING and info.rejected_because is None:
        registry.reject(info.version, verdict.reason, by=by)


def verdict_table(verdict: Verdict) -> pl.DataFrame:
    """A row for each question."""
    return pl.DataFrame(
        [
            {"question": each.name, "passed": "yes" if each.passed else "no", "answer": each.sentence}
            for each in verdict.findings
        ]
    )


def save_verdict(settings: Settings, verdict: Verdict) -> None:
    """Keep it beside the version's report, and as the latest."""
    folder = report_folder(settings, verdict.version)
    folder.mkdir(parents=True, exist_ok=True)
    for path in (folder / _FILE, _latest(settings)):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, _VERDICT.dump_json(verdict, indent=2))


def load_verdict(settings: Settings, version: str | None = None) -> Verdict:
    """The latest verdict, or that on a version.

    Raises:
        FileNotFoundError: there is none.
    """
    path = _latest(settings) if version is None else report_folder(settings, version) / _FILE
    return _VERDICT.validate_json(path.read_bytes())


def _latest(settings: Settings) -> Path:
    return settings.reports_dir / "evaluation" / "latest_gate.json"
