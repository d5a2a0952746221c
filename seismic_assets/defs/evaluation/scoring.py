"""Scores of a bundle's graphs on rows of the split."""

import numpy as np
import polars as pl

from seismic_assets.attributes import HANDCRAFTED
from seismic_assets.evaluation import Scores, majority_scores, score
from seismic_assets.frames import amplitude_scales, chosen_windows
from seismic_assets.inference import Predictor
from seismic_assets.lake import BRONZE_TRACES, DATASET_SPLIT, Lake
from seismic_assets.registry import Bundle


def test_rows(split: pl.DataFrame) -> pl.DataFrame:
    """Rows of the test blocks."""
    return split.filter(pl.col("fold") == "test")


def features_for(lake: Lake, bundle: Bundle, rows: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Features by the bundle's own embedder, (m, f) float32, and classes, (m,) int32, of rows of the split."""
    predictor = Predictor(bundle)
    window = bundle.manifest.window
    scales = amplitude_scales(lake, rows["file_id"].unique().to_list(), bundle.manifest.normalise)
    parts, classes = [], []
    for (file_id,), chosen in rows.group_by(["file_id"], maintain_order=True):
        segments = lake.segments(BRONZE_TRACES, [str(file_id)])
        for traces, places, wanted in chosen_windows(segments, chosen, window, scales):
            features = predictor.features(traces.samples, traces.sample_interval_us)
            parts.append(features[places])
            classes.append(wanted["class"].to_numpy())
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
