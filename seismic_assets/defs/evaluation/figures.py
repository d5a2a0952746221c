"""Figures of an evaluation, from the lake."""

import numpy as np
import polars as pl

from seismic_assets.defs.evaluation.record import EvaluationRecord
from seismic_assets.defs.evaluation.scoring import MODEL, rows_of
from seismic_assets.evaluation import (
    comparison_figure,
    confusion_figure,
    importance_figure,
    paint_windows,
    png_bytes,
    reliability_figure,
    shap_figure,
    shap_importance,
)
from seismic_assets.frames import ScoredWindows, amplitude_scales, surroundings_of
from seismic_assets.inference import Predictor
from seismic_assets.lake import BRONZE_TRACES, TRACE_LABELS, Lake, to_array
from seismic_assets.registry import Bundle

_MOST_TRACES = 1000


def evaluation_figures(
    lake: Lake, bundle: Bundle, split: pl.DataFrame, scored: ScoredWindows, record: EvaluationRecord
) -> dict[str, bytes]:
    """Confusion matrix, reliability, importance and a section with prediction and label, as PNG by name."""
    probabilities = scored.probabilities[MODEL].astype(np.float64)
    return {
        "confusion matrix": png_bytes(confusion_figure(record.scores[MODEL].confusion, bundle.manifest.classes)),
        "reliability": png_bytes(reliability_figure(scored.truth, probabilities)),
        "importance": png_bytes(importance_figure(record.importance)),
        "section": section_png(lake, bundle, split),
    }


def shapley_png(bundle: Bundle, scored: ScoredWindows) -> bytes:
    """Shapley values of some test windows, other test windows their background; an extra, tens of seconds.

    Raises:
        ExplanationError: the package shap is not installed.
    """
    names = bundle.manifest.feature_names
    half = len(scored.features) // 2
    found = shap_importance(
        Predictor(bundle).probabilities, scored.features[:half], scored.features[half:], names, bundle.manifest.classes
    )
    return png_bytes(shap_figure(found))


def section_png(lake: Lake, bundle: Bundle, split: pl.DataFrame) -> bytes:
    """The line with the most test windows: amplitudes, predicted classes, interpreted classes."""
    line = _line_with_most_tests(lake, split)
    traces = to_array(line["samples"])
    predictor = Predictor(bundle)
    interval_us = int(line["sample_interval_us"][0])
    scales = amplitude_scales(lake, [line["file_id"][0]], bundle.manifest.normalise)
    around = surroundings_of(lake, [line["file_id"][0]], bundle.manifest.features).get(line["file_id"][0])
    found = predictor.predict(
        traces,
        interval_us,
        scales.get(line["file_id"][0]),
        start_ms=line["start_ms"].to_numpy(),
        neighbours=around.around(line["trace_index"].to_numpy()) if around is not None else None,
    )
    predicted = np.where(found.usable[:, None], np.nan_to_num(found.probabilities).argmax(axis=2), -1)
    truth = _window_truth(lake, line, len(found.starts))
    window, num_samples = bundle.manifest.window_samples, traces.shape[1]
    along = "crossline" if line["crossline"].n_unique() > 1 else "inline"
    across = "inline" if along == "crossline" else "crossline"
    figure = comparison_figure(
        traces,
        paint_windows(predicted, found.starts, window, num_samples),
        paint_windows(truth, found.starts, window, num_samples),
        bundle.manifest.classes,
        sample_interval_us=interval_us,
        start_ms=float(line["start_ms"][0]),
        positions=line[along].to_numpy(),
        position_name=along,
        title=f"{line['file_id'][0]}, {across} {line[across][0]}: every window, of training blocks too",
    )
    return png_bytes(figure)


def _line_with_most_tests(lake: Lake, split: pl.DataFrame) -> pl.DataFrame:
    tests = rows_of(split, "test")
    file_id = tests["file_id"].value_counts(sort=True)["file_id"][0]
    line = tests.filter(pl.col("file_id") == file_id)
    headers = lake.read(BRONZE_TRACES, [file_id], ["file_id", "trace_index", "inline", "crossline"])
    fixed = "inline" if headers["crossline"].n_unique() > 1 else "crossline"
    along = "crossline" if fixed == "inline" else "inline"
    number = line[fixed].value_counts(sort=True)[fixed][0]
    shown = headers.filter(pl.col(fixed) == number).sort(along).head(_MOST_TRACES)
    columns = ["trace_index", "start_ms", "sample_interval_us", "samples"]
    wanted = pl.col("trace_index").is_in(shown["trace_index"].implode())
    # Of the samples only the line's are kept: a file of bronze need not fit into memory.
    blocks = [block.filter(wanted) for block in lake.stream(BRONZE_TRACES, file_id, columns)]
    return shown.join(pl.concat(blocks), on="trace_index", maintain_order="left")


def _window_truth(lake: Lake, line: pl.DataFrame, windows: int) -> np.ndarray:
    labels = lake.read(TRACE_LABELS, [line["file_id"][0]], ["trace_index", "window_index", "class"])
    places = line.select("trace_index").with_row_index("row").join(labels, on="trace_index", how="inner")
    truth = np.full((line.height, windows), -1, dtype=np.int16)
    truth[places["row"].to_numpy(), places["window_index"].to_numpy()] = places["class"].to_numpy()
    return truth
