"""Everything made anew from the landing folder, beside the deployment: what runs goes on as it is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from seismic_assets.driver.home import open_instance
from seismic_assets.driver.run import materialise_stale
from seismic_assets.driver.validation import look_at
from seismic_assets.settings import Settings
from seismic_assets.validation import Validation, ValidationError

# What would lead back to the deployment: its databases and the online store.
_ELSEWHERE = {
    "mlflow_tracking_uri": None,
    "dagster_home": None,
    "dagster_database": None,
    "tuning_storage": None,
    "online_redis": None,
    "online_redis_password": None,
    "api_model": "production",
}


def make_anew(settings: Settings, keep: Path | None, progress: Callable[[str], None]) -> Validation:
    """Make every asset from the files of the landing folder in an empty storage root, and look at that.

    Args:
        settings: of the deployment, which is not touched.
        keep: an empty folder, or one that is not there yet; a temporary one that is removed if None.
        progress: called with a line before each batch.

    Raises:
        ValidationError: that folder is not empty.
        LandingFolderError: the landing folder is missing.
    """
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="seismic-validate-") as folder:
            return _made_in(settings, Path(folder), progress)
    if keep.is_dir() and any(keep.iterdir()):
        raise ValidationError(f"{keep} is not empty; give an empty folder, or one that is not there yet")
    keep.mkdir(parents=True, exist_ok=True)
    return _made_in(settings, keep.resolve(), progress)


def _made_in(settings: Settings, folder: Path, progress: Callable[[str], None]) -> Validation:
    apart = settings.model_copy(update={**_ELSEWHERE, "storage_root": folder})
    with open_instance(apart) as instance:
        outcome = materialise_stale(apart, instance, progress)
    return look_at(apart, tuple(outcome.assets))
