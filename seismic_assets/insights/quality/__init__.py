"""The quality agents: deterministic judgements on the files of a deployment, and their history."""

from seismic_assets.insights.quality.errors import QualityInputError
from seismic_assets.insights.quality.findings import Finding
from seismic_assets.insights.quality.gathering import gather_quality
from seismic_assets.insights.quality.graph import agents
from seismic_assets.insights.quality.history import append_history
from seismic_assets.insights.quality.inputs import QualityInputs
from seismic_assets.insights.quality.limits import QualityLimits
from seismic_assets.insights.quality.report import QualityReport, merged_insight, quality_insight, quality_report
from seismic_assets.insights.quality.result import Action, AgentResult
from seismic_assets.insights.quality.snapshot import Snapshot

__all__ = [
    "Action",
    "AgentResult",
    "Finding",
    "QualityInputError",
    "QualityInputs",
    "QualityLimits",
    "QualityReport",
    "Snapshot",
    "agents",
    "append_history",
    "gather_quality",
    "merged_insight",
    "quality_insight",
    "quality_report",
]
