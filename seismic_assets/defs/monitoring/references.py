"""What a new version is compared with once it is in production."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.drift import build_prediction_reference, build_reference
from seismic_assets.frames import FeatureMaker, drift_sample
from seismic_assets.lake import Lake
from seismic_assets.registry import DriftReferences

_MOST_TRACES = 20_000
Probabilities = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def drift_references(
    lake: Lake, split: pl.DataFrame, make: FeatureMaker, classes: tuple[str, ...], probabilities: Probabilities
) -> DriftReferences:
    """Of the features of the files that were trained on, and of the model's answers on test traces.

    The files count as a whole, not their labelled windows alone: a new file comes with all of its windows too. The
    answers are those on traces of the test fold, as on its own training traces a model is surer than on any other.

    Args:
        lake: of the deployment.
        split: rows of `dataset_split`.
        make: how the model's features are made.
        classes: names of the classes.
        probabilities: (m, classes) float32 of (m, f) features that are not standardised.
    """
    files = sorted(split.filter(pl.col("fold").is_in(["train", "validation"]))["file_id"].unique())
    features = drift_sample(lake, files, make, _MOST_TRACES)
    names = make.feature_set.names(make.embedder.num_components)
    test = split.filter(pl.col("fold") == "test").select("file_id", "trace_index")
    held_out = drift_sample(lake, sorted(test["file_id"].unique()), make, _MOST_TRACES, only=test)
    if len(held_out.features) == 0:
        return DriftReferences(build_reference(features, names), None)
    answers = replace(held_out, features=probabilities(held_out.features))
    return DriftReferences(build_reference(features, names), build_prediction_reference(answers, classes))
