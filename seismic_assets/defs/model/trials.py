"""The trials of the last search, kept beside its choice for the reports that look at them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from seismic_assets.settings import Settings
from seismic_assets.training import TuningResult
from seismic_assets.whole_files import replace_file


def save_trials(settings: Settings, result: TuningResult | None) -> None:
    """Write them, whole or not at all; None, where no search was asked for, drops those of before."""
    path = _path(settings)
    if result is None:
        path.unlink(missing_ok=True)
    else:
        replace_file(path, _adapter().dump_json(result, indent=1))


def load_trials(settings: Settings) -> TuningResult | None:
    """The last search; None where there was none."""
    path = _path(settings)
    return _adapter().validate_json(path.read_bytes()) if path.exists() else None


@cache
def _adapter() -> TypeAdapter[TuningResult]:
    return TypeAdapter(TuningResult)


def _path(settings: Settings) -> Path:
    return settings.local_root / "tuning" / "trials.json"
