"""Whether a deployment is whole: a row for each layer, what is wrong with it, and what to do."""

from seismic_assets.validation.assets import AssetFacts, FailedCheck, StalePart, asset_findings
from seismic_assets.validation.errors import ValidationError
from seismic_assets.validation.model import serving_findings
from seismic_assets.validation.report import LAYERS, Finding, Layer, State, Validation
from seismic_assets.validation.tables import table_findings
from seismic_assets.validation.workflow import workflow_text

__all__ = [
    "LAYERS",
    "AssetFacts",
    "FailedCheck",
    "Finding",
    "Layer",
    "StalePart",
    "State",
    "Validation",
    "ValidationError",
    "asset_findings",
    "serving_findings",
    "table_findings",
    "workflow_text",
]
