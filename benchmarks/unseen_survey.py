"""How well a model names the windows of synthetic surveys that it never saw.

The classic 40 features, the pipeline's own fit; six surveys to learn from (the last of them only stops the boosting),
three others to be scored on, their classes drawn 50/30/20. Beside the model stand logistic regression, the same fit on
shuffled labels, and the majority class.

    python -m benchmarks.unseen_survey
    python -m benchmarks.unseen_survey --first-seed 0 --first-seed 1000 --json
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from seismic_assets.attributes import (
    Embedder,
    WindowGrid,
    feature_names,
    features_of,
    fit_embedder,
    usable_traces,
)
from seismic_assets.evaluation import Scores, majority_scores, score
from seismic_assets.labels import WindowRule, window_classes
from seismic_assets.survey.geology import CLASS_NAMES
from seismic_assets.survey.manifest import WINDOW_RULE
from seismic_assets.survey.spec import SurveySpec
from seismic_assets.survey.synthetic import make_survey
from seismic_assets.training import FittedModel, FoldData, TrainingData, fit_model, fit_shuffled_control

GRID = WindowGrid(64, 32)
CLASS_MIX = (0.5, 0.3, 0.2)
TRAIN_SURVEYS, TEST_SURVEYS = 6, 3
# Far enough from the training surveys' seeds that none is met twice.
TEST_SEED_OFFSET = 100
COMPONENTS = 32
RULES = tuple(WindowRule(CLASS_NAMES.index(rule["class"]), rule["within"], rule["share"]) for rule in WINDOW_RULE)
MODEL, BASELINE, CONTROL, MAJORITY = "gradient boosting", "logistic regression", "shuffled labels", "majority"


@dataclass(frozen=True)
class LabelledWindows:
    """Windows of some surveys: (m, 64) float32 samples and (m,) int32 classes."""

    samples: NDArray[np.float32]
    classes: NDArray[np.int32]

    def mixed(self, most: int, seed: int) -> LabelledWindows:
        """At most `most` of them with the classes in the proportions of `CLASS_MIX`."""
        members = [np.flatnonzero(self.classes == index) for index in range(len(CLASS_MIX))]
        most = min(most, *(int(len(of) / share) for of, share in zip(members, CLASS_MIX, strict=True)))
        random = np.random.default_rng(seed)
        chosen = np.sort(
            np.concatenate(
                [
                    random.choice(of, int(most * share), replace=False)
                    for of, share in zip(members, CLASS_MIX, strict=True)
                ]
            )
        )
        return LabelledWindows(self.samples[chosen], self.classes[chosen])


def windows_of(specs: Iterable[SurveySpec]) -> LabelledWindows:
    """Every window of every live trace of some surveys, with the class that its geology gives it."""
    samples, classes = [], []
    for spec in specs:
        survey = make_survey(spec)
        traces = survey.traces.reshape(-1, spec.samples)
        alive = usable_traces(traces)
        truth = survey.labels.reshape(-1, spec.samples)[alive].astype(np.int16)
        samples.append(GRID.cut(traces[alive]))
        starts = GRID.starts(spec.samples)
        named = window_classes(truth, starts, GRID.samples or spec.samples, num_classes=len(CLASS_NAMES), rules=RULES)
        classes.append(named.ravel().astype(np.int32))
    return LabelledWindows(np.concatenate(samples), np.concatenate(classes))


def score_unseen(first_seed: int, *, train_windows: int = 30_000, test_windows: int = 15_000) -> dict[str, Scores]:
    """Train on surveys `first_seed`, `first_seed + 1`, ...; score others; return the scores by model.

    Args:
        first_seed: seed of the first training survey; the scored ones follow `TEST_SEED_OFFSET` later.
        train_windows: most windows to fit on.
        test_windows: most windows to score.
    """
    seeds = range(first_seed, first_seed + TRAIN_SURVEYS)
    learnt = windows_of(SurveySpec(seed=seed) for seed in seeds[:-1]).mixed(train_windows, first_seed)
    stopping = windows_of([SurveySpec(seed=seeds[-1])]).mixed(train_windows // 5, first_seed)
    unseen = windows_of(
        SurveySpec(seed=first_seed + TEST_SEED_OFFSET + number) for number in range(TEST_SURVEYS)
    ).mixed(test_windows, first_seed)

    embedder = fit_embedder([learnt.samples], COMPONENTS)
    data = TrainingData(_fold(learnt, embedder), _fold(stopping, embedder), feature_names(COMPONENTS))
    test = _fold(unseen, embedder)
    models = {
        MODEL: fit_model("hist_gradient_boosting", data, first_seed),
        BASELINE: fit_model("logistic_regression", data, first_seed),
        CONTROL: fit_shuffled_control("hist_gradient_boosting", data, first_seed),
    }
    scores = {name: _score(model, test) for name, model in models.items()}
    return {**scores, MAJORITY: majority_scores(learnt.classes, test.classes, CLASS_NAMES)}


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


def _fold(windows: LabelledWindows, embedder: Embedder) -> FoldData:
    interval_us = SurveySpec().sample_interval_us
    return FoldData(features_of(windows.samples, interval_us, embedder), windows.classes)


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
