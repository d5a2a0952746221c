"""Small models as bundles, each with the single graph that is made of it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime

from seismic_assets.attributes import FeatureSet, Traces, WindowGrid, Windows
from seismic_assets.inference.single_graph import single_graph
from seismic_assets.registry import Bundle
from seismic_assets_tests.inference.building import INTERVAL_US, STEP, WINDOW, build_bundle, make_traces

FAMILIES = ("hist_gradient_boosting", "random_forest", "logistic_regression", "gradient_boosting", "decision_tree")


@dataclass(frozen=True)
class Served:
    """A bundle and the graph that is made of it."""

    bundle: Bundle
    graph: bytes

    def answers(self, windows: np.ndarray, **inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        session = onnxruntime.InferenceSession(self.graph, providers=["CPUExecutionProvider"])
        return tuple(session.run(["probabilities", "label"], {"windows": windows, **inputs}))


@cache
def served(
    family: str = "hist_gradient_boosting", normalise: str = "none", time: bool = False, feature_set: str = "classic"
) -> Served:
    """A model of three trained classes of four, on amplitudes as they are or normalised, with time or without."""
    with TemporaryDirectory() as folder:
        bundle = build_bundle(Path(folder), family, FeatureSet(feature_set, time), normalise)
    return Served(bundle, single_graph(bundle))


def some_windows(traces: int, seed: int = 1) -> Windows:
    samples = make_traces(traces, seed=seed)
    return Traces(samples, INTERVAL_US, np.full(traces, 100, np.float32)).windows(WindowGrid(WINDOW, STEP))
