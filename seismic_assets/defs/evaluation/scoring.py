"""Scores of a model version on rows of the split."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from seismic_assets.evaluation import Scores, majority_scores, score
from seismic_assets.frames import FeatureMaker, ScoredWindows, score_windows
from seismic_assets.inference import Predictor
from seismic_assets.lake import Lake
from seismic_assets.registry import Bundle

MODEL = "model"
_ORDER = (MODEL, "logistic", "shuffled")


def rows_of(split: pl.DataFrame, fold: str) -> pl.DataFrame:
    """Rows of one fold."""
    return split.filter(pl.col("fold") == fold)


def scored_by(
    lake: Lake, bundle: Bundle, rows: pl.DataFrame, graphs: Sequence[str] = (MODEL,), keep: int = 0
) -> ScoredWindows:
    """Answers of a bundle's graphs to rows of the split, from features made by the bundle's own embedder.

    Args:
        lake: of the deployment.
        bundle: the model version.
        rows: rows of `dataset_split`.
        graphs: which of its graphs.
        keep: windows whose features are kept.
    """
    manifest = bundle.manifest
    make = FeatureMaker(manifest.window, bundle.embedder, manifest.features, manifest.normalise)
    predictors = {graph: Predictor(bundle, graph).probabilities for graph in graphs}
    return score_windows(lake, rows, make, predictors, keep=keep)


def scores_of(scored: ScoredWindows, bundle: Bundle) -> dict[str, Scores]:
    """Scores of each graph that answered."""
    names = bundle.manifest.classes
    return {
        graph: score(scored.truth, answers.astype(np.float64), names) for graph, answers in scored.probabilities.items()
    }


def with_baselines(
    lake: Lake, bundle: Bundle, split: pl.DataFrame, keep: int = 0
) -> tuple[ScoredWindows, dict[str, Scores]]:
    """Answers of all graphs to the test windows, and the scores of `model`, `logistic`, `shuffled` and `majority`."""
    graphs = sorted(bundle.graphs, key=_ORDER.index)
    scored = scored_by(lake, bundle, rows_of(split, "test"), graphs, keep)
    train = rows_of(split, "train")["class"].to_numpy().astype(np.int32)
    majority = majority_scores(train, scored.truth, bundle.manifest.classes)
    return scored, scores_of(scored, bundle) | {"majority": majority}
