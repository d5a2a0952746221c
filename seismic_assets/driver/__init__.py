"""Materialise what is stale in this process, without the Dagster daemon."""

from seismic_assets.driver.home import history_environment, open_instance, place_of_history, prepare_home
from seismic_assets.driver.outcome import AssetOutcome, RunOutcome
from seismic_assets.driver.run import BusyError, materialise_stale

__all__ = [
    "AssetOutcome",
    "BusyError",
    "RunOutcome",
    "history_environment",
    "materialise_stale",
    "open_instance",
    "place_of_history",
    "prepare_home",
]
