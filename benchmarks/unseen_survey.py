"""How well a model names the windows of synthetic surveys that it never saw.

The classic 40 features, the pipeline's own fit; six surveys to learn from (the last of them only stops the boosting),
three others to be scored on, their classes drawn 50/30/20. Beside the model stand logistic regression, the same fit on
shuffled labels, and the majority class.

    python -m benchmarks.unseen_survey
    python -m benchmarks.unseen_survey --first-seed 0 --first-seed 1000 --json
"""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.synthetic_windows import make_task
from seismic_assets.attributes import FeatureSet
from seismic_assets.evaluation import Scores, majority_scores, score
from seismic_assets.survey.geology import CLASS_NAMES
from seismic_assets.training import FittedModel, FoldData, fit_model, fit_shuffled_control

MODEL, BASELINE, CONTROL, MAJORITY = "gradient boosting", "logistic regression", "shuffled labels", "majority"


def score_unseen(first_seed: int, *, train_windows: int = 30_000, test_windows: int = 15_000) -> dict[str, Scores]:
    """Train on surveys `first_seed`, `first_seed + 1`, ...; score others; return the scores by model.

    Args:
        first_seed: seed of the first training survey.
        train_windows: most windows to fit on.
        test_windows: most windows to score.
    """
    task = make_task(first_seed, FeatureSet("classic"), train_windows=train_windows, test_windows=test_windows)
    models = {
        MODEL: fit_model("hist_gradient_boosting", task.data, first_seed),
        BASELINE: fit_model("logistic_regression", task.data, first_seed),
        CONTROL: fit_shuffled_control("hist_gradient_boosting", task.data, first_seed),
    }
    scores = {name: _score(model, task.test) for name, model in models.items()}
    return {**scores, MAJORITY: majority_scores(task.data.train.classes, task.test.classes, CLASS_NAMES)}


def main(
    first_seed: Annotated[list[int] | None, typer.Option(help="Seed of the first survey; may be repeated.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Score the classic features on synthetic surveys never seen."""
    results = {seed: score_unseen(seed) for seed in first_seed or [0, 1000, 2000]}
    if as_json:
        plain = {seed: {name: each.as_dict() for name, each in scores.items()} for seed, scores in results.items()}
        print(json.dumps(plain))
    else:
        Console().print(_table(results))


def _score(model: FittedModel, test: FoldData) -> Scores:
    return score(test.classes, model.probabilities(test.features), CLASS_NAMES)


def _table(results: dict[int, dict[str, Scores]]) -> Table:
    table = Table(title="Surveys never seen: F1 of windows of 64 samples, signal to noise 6")
    for column in ("first seed", "model", "windows", "macro-F1", *CLASS_NAMES):
        table.add_column(column, justify="left" if column == "model" else "right")
    for seed, scores in results.items():
        for name, each in scores.items():
            by_class = [f"{each.per_class[label]['f1']:.3f}" for label in CLASS_NAMES]
            table.add_row(str(seed), name, f"{each.windows:,}", f"{each.f1_macro:.3f}", *by_class)
        table.add_section()
    return table


if __name__ == "__main__":
    typer.run(main)
