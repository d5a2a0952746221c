"""A deploy as an ordered plan: steps, a record of what was done, what is undone on a failure, and older tables."""

from seismic_assets.releasing.carrying_out import carry_out
from seismic_assets.releasing.errors import (
    DeployError,
    DeployRefusedError,
    RolledBackError,
    StepFailedError,
    UnfinishedError,
)
from seismic_assets.releasing.journal import Aliases, Deploy, Journal
from seismic_assets.releasing.plan import Step
from seismic_assets.releasing.tables import OldTable, old_tables, widen

__all__ = [
    "Aliases",
    "Deploy",
    "DeployError",
    "DeployRefusedError",
    "Journal",
    "OldTable",
    "RolledBackError",
    "Step",
    "StepFailedError",
    "UnfinishedError",
    "carry_out",
    "old_tables",
    "widen",
]
