"""What is known of a version after its evaluation: written once, read by the gate's report and the model card."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from seismic_assets.defs.evaluation.scoring import MODEL
from seismic_assets.evaluation import (
    Calibration,
    FeatureChange,
    Importance,
    Interval,
    Scores,
    SliceScore,
    by_name,
    by_quantile,
    class_f1_intervals,
    f1_interval,
    importance_drift,
    measure_calibration,
    moved_features,
    permutation_importance,
    slice_scores,
)
from seismic_assets.frames import ScoredWindows
from seismic_assets.inference import Predictor
from seismic_assets.registry import Bundle
from seismic_assets.settings import Settings
from seismic_assets.whole_files import replace_file

RESULTS = "evaluation_results.json"


class EvaluationRecord(BaseModel):
    """An evaluation of one version on the test blocks.

    Attributes:
        version: of the registry.
        scores: of the model and what it is compared with.
        f1, class_f1: macro-F1 and F1 by class name, with intervals over spatial blocks.
        calibration: of the model.
        slices: scores of parts of the test windows.
        importance: by permutation, the most important first.
        changes: its most important features beside those of the version in production at the time.
    """

    model_config = ConfigDict(frozen=True)

    version: str
    scores: dict[str, Scores]
    f1: Interval
    class_f1: dict[str, Interval]
    calibration: Calibration
    slices: list[SliceScore]
    importance: list[Importance]
    changes: list[FeatureChange] = []

    @property
    def risks(self) -> list[str]:
        """Sentences on important features whose values have moved."""
        return [change.risk for change in self.changes if change.risk]


def report_folder(settings: Settings, version: str) -> Path:
    """Where the report of a version lies."""
    return settings.reports_dir / "evaluation" / f"v{version}"


def load_record(settings: Settings, version: str) -> EvaluationRecord | None:
    """The evaluation of a version; None where there is none, or one of an earlier kind."""
    path = report_folder(settings, version) / RESULTS
    if not path.exists():
        return None
    content = json.loads(path.read_text())
    return EvaluationRecord.model_validate(content) if "importance" in content else None


def save_record(folder: Path, record: EvaluationRecord) -> None:
    """Write it at once: what reads it must not find half of it."""
    replace_file(folder / RESULTS, record.model_dump_json(indent=2))


def assess(version: str, bundle: Bundle, scored: ScoredWindows, scores: dict[str, Scores]) -> EvaluationRecord:
    """Intervals, calibration, slices and importance from the answers to the test windows."""
    names = bundle.manifest.classes
    probabilities = scored.probabilities[MODEL]
    answers = scored.truth, probabilities.argmax(axis=1), scored.blocks
    slicings = {
        "survey": by_name(scored.rows["file_id"].to_numpy()),
        "depth": by_quantile(scored.centre_ms, "ms"),
        "signal to noise, estimated": by_quantile(scored.noise, "dB"),
        "amplitude (rms)": by_quantile(scored.rms, ""),
    }
    return EvaluationRecord(
        version=version,
        scores=scores,
        f1=f1_interval(*answers, len(names)),
        class_f1=class_f1_intervals(*answers, names),
        calibration=measure_calibration(scored.truth, probabilities),
        slices=slice_scores(*answers, slicings, len(names)),
        importance=permutation_importance(
            Predictor(bundle).probabilities,
            scored.features,
            scored.truth[scored.kept],
            scored.blocks[scored.kept],
            bundle.manifest.feature_names,
            repeats=3,
        ),
    )


def beside(record: EvaluationRecord, new: Bundle, old: Bundle, before: EvaluationRecord) -> EvaluationRecord:
    """The same with its most important features compared with those of an earlier version."""
    components = [name for name in new.manifest.feature_names if name.startswith("embedding_")]
    changes = importance_drift(
        record.importance,
        before.importance,
        moved_features(new.reference["features"], old.reference["features"]),
        redefined=components if new.embedder.digest() != old.embedder.digest() else (),
    )
    return record.model_copy(update={"changes": changes})


def artefacts(record: EvaluationRecord) -> dict[str, Any]:
    """The files that users of a run look for, by name."""
    model = record.scores[MODEL]
    return {
        "classification_report.json": model.per_class,
        "confusion_matrix.json": {"classes": list(model.per_class), "rows are the truth": model.confusion},
        "feature_importance.json": {each.name: each.fall.value for each in record.importance},
    }
