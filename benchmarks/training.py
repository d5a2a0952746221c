"""What training costs: a fit on a million windows, a search beside its fits, ONNX beside scikit-learn.

python -m benchmarks.training --json
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.synthetic_windows import GRID, labelled_survey, make_task
from seismic_assets.attributes import Embedder, FeatureSet, features_of, standardise
from seismic_assets.survey.spec import SurveySpec
from seismic_assets.training import FoldData, TrainingData, TuningOptions, fit_model, to_onnx_bytes, tune

FAMILIES = ("hist_gradient_boosting", "random_forest", "gradient_boosting", "logistic_regression", "decision_tree")
BATCHES = (1, 32, 1000)
_WINDOWS, _VALIDATION = 1_000_000, 60_000


def many_windows(embedder: Embedder, windows: int, seed: int) -> FoldData:
    """The classic features of windows of as many synthetic surveys as it takes."""
    features, classes, held = [], [], 0
    while held < windows:
        survey = labelled_survey(SurveySpec(seed=seed))
        seed += 1
        features.append(features_of(GRID.cut(survey.traces.samples), survey.traces.sample_interval_us, embedder))
        classes.append(survey.classes)
        held += len(survey.classes)
    return FoldData(np.concatenate(features)[:windows], np.concatenate(classes)[:windows])


def fit_a_million() -> dict[str, float]:
    """Seconds of the default boosting on a million windows of 40 features, and what stopped it."""
    task = make_task(0, FeatureSet("classic"), train_windows=5_000, test_windows=5_000)
    train, validation = (
        many_windows(task.embedder, number, seed) for number, seed in ((_WINDOWS, 200), (_VALIDATION, 400))
    )
    data = TrainingData(train, validation, task.data.feature_names)
    with _timed() as seconds:
        model = fit_model("hist_gradient_boosting", data, 0)
    return {"seconds": seconds[0], "windows": len(train), "iterations": int(model.estimator.n_iter_)}


def search() -> dict[str, float]:
    """Seconds of a search, and of the fits within it."""
    task = make_task(0, FeatureSet("classic"), train_windows=12_000, test_windows=3_000)
    options = TuningOptions(families=FAMILIES, study_name="overhead", trials=12, seconds=None, patience=None)
    with tempfile.TemporaryDirectory() as scratch:
        result = tune(task.data, options, f"sqlite:///{scratch}/studies.db")
    return {"total": result.total_seconds, "fits": result.fit_seconds, "trials": len(result.trials)}


def answers() -> dict[str, dict[str, dict[str, float]]]:
    """Microseconds that scikit-learn and ONNX Runtime take for a batch, by family and batch."""
    task = make_task(0, FeatureSet("classic"), train_windows=8_000, test_windows=2_000)
    found: dict[str, dict[str, dict[str, float]]] = {}
    for family in FAMILIES:
        model = fit_model(family, task.data, 0)
        inputs = standardise(task.test.features, model.feature_mean, model.feature_scale)
        session = _session(to_onnx_bytes(model))
        found[family] = {}
        for batch in BATCHES:
            some = inputs[:batch]
            by_onnx, by_sklearn = _alternately(_runner(session, some), _predictor(model.estimator, some))
            found[family][str(batch)] = {"onnx_us": by_onnx, "sklearn_us": by_sklearn, "ratio": by_sklearn / by_onnx}
    return found


def _session(graph: bytes) -> Any:
    import onnxruntime

    return onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])


def _runner(session: Any, inputs: NDArray[np.float32]) -> Callable[[], object]:
    return lambda: session.run(None, {"features": inputs})


def _predictor(estimator: Any, inputs: NDArray[np.float32]) -> Callable[[], object]:
    return lambda: estimator.predict_proba(inputs)


def _alternately(first: Callable[[], object], second: Callable[[], object], rounds: int = 15) -> tuple[float, float]:
    """Medians in microseconds of two calls that take turns, so that a busy moment meets both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for call, times in zip((first, second), taken, strict=True):
            started = time.perf_counter()
            call()
            times.append(1e6 * (time.perf_counter() - started))
    return float(np.median(taken[0])), float(np.median(taken[1]))


@contextmanager
def _timed() -> Iterator[list[float]]:
    seconds = [0.0]
    started = time.perf_counter()
    yield seconds
    seconds[0] = time.perf_counter() - started


def main(as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False) -> None:
    """Print what training costs."""
    speed, searched, fitted = answers(), search(), fit_a_million()
    flat = {
        "hgb_1m_seconds": fitted["seconds"],
        "hgb_1m_iterations": fitted["iterations"],
        "tuning_overhead": searched["total"] / searched["fits"],
        "onnx_speedup": {name: {batch: each["ratio"] for batch, each in by.items()} for name, by in speed.items()},
        "details": {"search": searched, "answers": speed},
    }
    if as_json:
        print(json.dumps(flat))
        return
    console = Console()
    console.print(
        f"gradient boosting on {fitted['windows']:,} x 40: {fitted['seconds']:.1f} s, {fitted['iterations']} rounds"
    )
    console.print(f"a search of {searched['trials']} trials takes {flat['tuning_overhead']:.3f} times its fits")
    table = Table("family", *(f"batch {batch}" for batch in BATCHES), title="scikit-learn's time over ONNX Runtime's")
    for name, by in speed.items():
        table.add_row(name, *(f"{by[str(batch)]['ratio']:.1f}" for batch in BATCHES))
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
