"""How well models name windows of ground that they never saw: synthetic surveys, and the interpreter's picks on F3.

Synthetic surveys (S/N 6, windows of 64 samples, classes drawn 50/30/20): six to learn from, three others to be scored
on. The tuned model is what the pipeline's own search finds on folds that leave whole training surveys out, on the
`extended` set (and on `lateral`, which knows the traces around). Beside it: gradient boosting with its defaults on the
classic 40 features, a logistic regression on the same 40, and the majority.

F3 inline 339 goes through `seismic run` twice, without and with the time of a window as a feature; its test blocks are
crosslines that no model was fitted on. It needs the folder of real data that SEISMIC_REAL_DATA names.

    python -m benchmarks.generalisation --json
    python -m benchmarks.generalisation --curves      # over S/N and over the number of training windows; no F3
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.synthetic_windows import Task, make_task
from seismic_assets.attributes import FeatureSet
from seismic_assets.evaluation import Scores, majority_scores, score
from seismic_assets.survey.geology import CLASS_NAMES
from seismic_assets.training import FittedModel, FoldData, TuningOptions, TuningResult, fit_model, tune

BOOSTING, LOGISTIC = "hist_gradient_boosting", "logistic_regression"
FAMILIES = (BOOSTING, "random_forest", "gradient_boosting", LOGISTIC, "decision_tree")
F3_SETTINGS = {
    "WINDOW_SAMPLES": "16",
    "WINDOW_STEP": "2",
    "EMBEDDING_COMPONENTS": "16",
    "SPLIT_BUFFER": "4",
    "FEATURE_SET": "lateral",
}


def searched(task: Task, trials: int, seconds: float, folder: Path) -> TuningResult:
    """The pipeline's search, its folds whole surveys."""
    options = TuningOptions(
        families=FAMILIES, study_name=task.name, trials=trials, seconds=seconds, patience=20, seed=task.seed
    )
    return tune(task.data, options, f"sqlite:///{folder / 'studies.db'}")


def scored(model: FittedModel, test: FoldData) -> Scores:
    """Scores on surveys never seen."""
    return score(test.classes, model.probabilities(test.features), CLASS_NAMES)


def unseen(first_seed: int, trials: int, minutes: float, sets: Sequence[str]) -> dict[str, Any]:
    """Macro-F1 on surveys never seen, by model."""
    found: dict[str, Any] = {}
    classic = make_task(first_seed, FeatureSet("classic"))
    found["classic"] = scored(fit_model(BOOSTING, classic.data, first_seed), classic.test).f1_macro
    found["logistic"] = scored(fit_model(LOGISTIC, classic.data, first_seed), classic.test).f1_macro
    found["majority"] = majority_scores(classic.data.train.classes, classic.test.classes, CLASS_NAMES).f1_macro
    for name in sets:
        task = make_task(first_seed, FeatureSet(name))  # type: ignore[arg-type]
        with tempfile.TemporaryDirectory() as scratch:
            result = searched(task, trials, 60 * minutes, Path(scratch))
        untuned = fit_model(BOOSTING, task.data, first_seed)
        tuned = fit_model(result.best_family, task.data, first_seed, result.best_parameters)
        found[name] = {
            "default": scored(untuned, task.test).f1_macro,
            "tuned": scored(tuned, task.test).f1_macro,
            "family": result.best_family,
            "parameters": result.best_parameters,
            "cv": result.best_score,
            "cv_default": result.default_score,
            "trials": len(result.trials),
            "stopped_because": result.stopped_because,
        }
    return found


def f3(trials: int, minutes: float, *, time: bool) -> dict[str, Any]:
    """Scores of `seismic run` on the picks."""
    from seismic_assets_tests.test_f3_picks import write_picked_amplitudes

    real = Path(os.environ["SEISMIC_REAL_DATA"])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SEISMIC_")}
    asked = F3_SETTINGS | {
        "TIME_FEATURE": str(time).lower(),
        "TUNING_TRIALS": str(trials),
        "TUNING_MINUTES": str(minutes),
        "TUNING_PATIENCE": "20",
    }
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_picked_amplitudes(real / "labelled/f3_il339", folder / "landing")
        done = subprocess.run(
            [Path(sys.executable).with_name("seismic"), "run", "--json"],
            env={
                **kept,
                **{f"SEISMIC_{name}": value for name, value in asked.items()},
                "SEISMIC_LANDING_DIR": str(folder / "landing"),
                "SEISMIC_STORAGE_ROOT": str(folder / "storage"),
            },
            capture_output=True,
            text=True,
            check=True,
        )
        choice = json.loads((folder / "storage/tuning/choice.json").read_text())
        results = json.loads((folder / "storage/reports/evaluation/v1/evaluation_results.json").read_text())
    scores = json.loads(done.stdout)["scores"]
    return {"scores": scores, "choice": choice, "interval": results["f1"]}


def curves(first_seed: int, feature_set: str) -> list[dict[str, Any]]:
    """Macro-F1 over the S/N of the scored surveys and over the number of training windows; defaults, no search."""
    rows = []
    task = make_task(first_seed, FeatureSet(feature_set), train_windows=60_000)  # type: ignore[arg-type]
    for windows in (500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 60_000):
        if windows <= len(task.data.train):
            rows.append(_row("training windows", windows, task.thinned(windows), task.test, first_seed))
    task = task.thinned(30_000)
    for ratio in (1.0, 2.0, 3.0, 4.0, 6.0, 9.0, 12.0):
        noisy = make_task(first_seed, FeatureSet(feature_set), snr=ratio, embedder=task.embedder)  # type: ignore[arg-type]
        rows.append(_row("S/N, trained at 6", ratio, task, noisy.test, first_seed))
        matched = make_task(first_seed, FeatureSet(feature_set), snr=ratio, train_snr=ratio)  # type: ignore[arg-type]
        rows.append(_row("S/N, trained at the same", ratio, matched, matched.test, first_seed))
    return rows


def _row(curve: str, value: float, task: Task, test: FoldData, seed: int) -> dict[str, Any]:
    return {
        "curve": curve,
        "value": value,
        "boosting": scored(fit_model(BOOSTING, task.data, seed), test).f1_macro,
        "logistic": scored(fit_model(LOGISTIC, task.data, seed), test).f1_macro,
        "majority": majority_scores(task.data.train.classes, test.classes, CLASS_NAMES).f1_macro,
    }


def main(
    first_seed: Annotated[list[int] | None, typer.Option(help="Seed of the first survey; may be repeated.")] = None,
    trials: Annotated[int, typer.Option(help="Trials of each search.")] = 50,
    minutes: Annotated[float, typer.Option(help="Minutes after which a search starts no trial.")] = 4.0,
    lateral: Annotated[bool, typer.Option(help="Search on the lateral set too.")] = True,
    curve: Annotated[bool, typer.Option("--curves", help="Print the curves instead.")] = False,
    picks: Annotated[bool, typer.Option("--f3/--no-f3", help="Run F3 too.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Score models on ground that they never saw."""
    seeds = first_seed or [3000]
    if curve:
        found = [row for seed in seeds for name in ("extended",) for row in curves(seed, name)]
        _print(found, as_json)
        return
    sets = ("extended", "lateral") if lateral else ("extended",)
    by_seed = {seed: unseen(seed, trials, minutes, sets) for seed in seeds}
    every = list(by_seed.values())
    flat: dict[str, Any] = {
        "unseen_macro_f1_classic": float(np.mean([each["classic"] for each in every])),
        "unseen_macro_f1_tuned": float(np.mean([each["extended"]["tuned"] for each in every])),
        "unseen_macro_f1_logistic": float(np.mean([each["logistic"] for each in every])),
        "unseen_macro_f1_majority": float(np.mean([each["majority"] for each in every])),
    }
    if lateral:
        flat["unseen_macro_f1_tuned_lateral"] = float(np.mean([each["lateral"]["tuned"] for each in every]))
    details: dict[str, Any] = {"surveys": by_seed}
    if picks:
        without, with_time = (f3(trials, minutes, time=time) for time in (False, True))
        flat |= {
            "f3_macro_f1": without["scores"]["model"]["f1_macro"],
            "f3_macro_f1_time": with_time["scores"]["model"]["f1_macro"],
            "f3_macro_f1_shuffled": without["scores"]["shuffled"]["f1_macro"],
        }
        details |= {"f3": without, "f3_time": with_time}
    _print([{"figure": name, "value": value} for name, value in flat.items()], as_json, {**flat, "details": details})


def _print(rows: list[dict[str, Any]], as_json: bool, plain: Any = None) -> None:
    if as_json:
        print(json.dumps(plain if plain is not None else rows))
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values()))
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
