"""The report of an evaluation: a page with its figures, and the numbers as JSON."""

import json
from pathlib import Path

from seismic_assets.defs.evaluation.record import EvaluationRecord, artefacts, save_record
from seismic_assets.evaluation import report_page
from seismic_assets.registry import Bundle


def write_report(folder: Path, bundle: Bundle, record: EvaluationRecord, figures: dict[str, bytes]) -> None:
    """Write the page, its figures and the numbers; the numbers last."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, png in figures.items():
        (folder / f"{name.replace(' ', '_')}.png").write_bytes(png)
    for name, content in artefacts(record).items():
        (folder / name).write_text(json.dumps(content, indent=2))
    manifest = bundle.manifest
    page = report_page(
        f"Evaluation of version {record.version}",
        f"{record.scores['model'].windows:,} windows of test blocks that no model was fitted on, with a gap to the "
        f"training blocks. Macro-F1 {record.f1.text()}. Beside the model: a logistic regression on the same features, "
        "a boosting fitted on shuffled labels, and always answering the commonest class.",
        record.scores,
        figures,
        {
            "model": f"{manifest.family}, hyperparameters {manifest.hyperparameters_source}",
            "classes": ", ".join(manifest.classes),
            "window": f"{manifest.window_samples} samples every {manifest.window_step}",
            "features": f"{manifest.feature_set}{' and time' if manifest.time_feature else ''}, "
            f"{len(manifest.feature_names)}",
            "training set": manifest.dataset_digest,
            "MLflow run": manifest.mlflow_run_id,
            "Dagster run": manifest.dagster_run_id,
        },
    )
    (folder / "index.html").write_text(page)
    save_record(folder, record)
