"""Materialise what is stale in this process, without the Dagster daemon."""

from seismic_assets.driver.home import open_instance, prepare_home
from seismic_assets.driver.outcome import AssetOutcome, RunOutcome
from seismic_assets.driver.run import BusyError, materialise_stale

__all__ = ["AssetOutcome", "BusyError", "RunOutcome", "materialise_stale", "open_instance", "prepare_home"]
