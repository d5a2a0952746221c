"""Scores of a bundle's graphs on rows of the split."""

import numpy as np
import polars as pl

from seismic_assets.attributes import HANDCRAFTED
from seismic_assets.evaluation import Scores, majority_scores, score
from seismic_assets.frames import usable_rows, window_keys
from seismic_assets.inference import Predictor
from seismic_assets.lake import BRONZE_TRACES, DATASET_SPLIT, Lake, to_array
from seismic_assets.registry import Bundle

_KEY = ["file_id", "trace_index", "window_index"]
_SAMPLES = ["trace_index", "sample_interval_us", "is_dead", "has_nan", "samples"]


def test_rows(split: pl.DataFrame) -> pl.DataFrame:
    """Rows of the test blocks."""
    return split.filter(pl.col("fold") == "test")


def features_for(lake: Lake, bundle: Bundle, rows: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Features by the bundle's own embedder, (m, f) float32, and classes, (m,) int32, of rows of the split."""
    predictor = Predictor(bundle)
    parts, classes = [], []
    for (file_id,), chosen in rows.group_by(["file_id"], maintain_order=True):
        for block in map(usable_rows, lake.stream(BRONZE_TRACES, str(file_id), _SAMPLES)):
            wanted = chosen.filter(pl.col("trace_index").is_in(block["trace_index"].implode()))
            if wanted.height == 0:
                continue
            traces = to_array(block["samples"])
            keys = pl.DataFrame(
                window_keys(block["trace_index"].to_numpy(), len(bundle.manifest.window.starts(traces.shape[1])))
            ).with_row_index("row")
            places = wanted.with_columns(pl.col("window_index").cast(pl.Int64)).join(
                keys, on=["trace_index", "window_index"], how="inner", maintain_order="left"
            )
            features = predictor.features(traces, int(block["sample_interval_us"][0]))
            parts.append(features[places["row"].to_numpy()])
            classes.append(places["class"].to_numpy())
    width = len(HANDCRAFTED) + bundle.embedder.num_components
    if not parts:
        return np.zeros((0, width), np.float32), np.zeros(0, np.int32)
    return np.concatenate(parts), np.concatenate(classes).astype(np.int32)


def score_bundle(lake: Lake, bundle: Bundle, rows: pl.DataFrame) -> dict[str, Scores]:
    """Scores of `model`, `logistic`, `shuffled` and `majority` on rows of the split."""
    features, truth = features_for(lake, bundle, rows)
    names = bundle.manifest.classes
    scores = {
        graph: score(truth, Predictor(bundle, graph).probabilities(features).astype(np.float64), names)
        for graph in sorted(bundle.graphs, key=("model", "logistic", "shuffled").index)
    }
    train = lake.read(DATASET_SPLIT).filter(pl.col("fold") == "train")["class"].to_numpy().astype(np.int32)
    return scores | {"majority": majority_scores(train, truth, names)}
