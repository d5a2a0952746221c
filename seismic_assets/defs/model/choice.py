"""What a search chose: kept beside its study, read by what trains."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from seismic_assets.settings import Settings
from seismic_assets.whole_files import replace_file


class Choice(BaseModel):
    """A model family with its hyperparameters, and where they come from.

    Attributes:
        family: key of `MODEL_FAMILIES`.
        parameters: what differs from the family's defaults.
        source: `tuned` or `default`.
        study: name of the Optuna study, empty without one.
        score, score_weighted: mean macro-F1 and weighted F1 over the folds, None without a search.
        default_score: that of the first family's default parameters on the same folds.
        mlflow_run_id: run of the study.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: str
    parameters: dict[str, Any] = {}
    source: str = "default"
    study: str = ""
    score: float | None = None
    score_weighted: float | None = None
    default_score: float | None = None
    mlflow_run_id: str = ""

    def version(self, training_set: str) -> str:
        """Identity of what trains: the choice and the windows."""
        content = json.dumps([self.family, self.parameters, training_set], sort_keys=True)
        return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()


def save_choice(settings: Settings, choice: Choice) -> None:
    """Write it, whole or not at all."""
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, choice.model_dump_json(indent=2))


def load_choice(settings: Settings) -> Choice:
    """What the last search chose; the defaults of the first family before there was one."""
    path = _path(settings)
    if not path.exists():
        return Choice(family=settings.model_families[0])
    return Choice.model_validate_json(path.read_bytes())


def _path(settings: Settings) -> Path:
    return settings.local_root / "tuning" / "choice.json"
