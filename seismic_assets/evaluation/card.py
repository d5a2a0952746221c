"""The model card: what a version is for, what it was made of, how good it is, and where it fails.

After M. Mitchell et al., "Model Cards for Model Reporting", FAT* 2019.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seismic_assets.evaluation.bootstrap import Interval
from seismic_assets.evaluation.calibration import Calibration
from seismic_assets.evaluation.gate_figures import Verdict
from seismic_assets.evaluation.importance import Importance
from seismic_assets.evaluation.importance_drift import FeatureChange
from seismic_assets.evaluation.metrics import Scores
from seismic_assets.evaluation.slices import SliceScore

SPLIT_MAP_FILE = "split_map.png"
"""The name that the Markdown refers to: write `ModelCard.split_map` beside it."""


@dataclass(frozen=True)
class DataFile:
    """A file that the training set was made of.

    Attributes:
        name: of the file.
        digest: of its bytes.
        traces: how many it has.
        sample_interval_us: microseconds.
    """

    name: str
    digest: str
    traces: int
    sample_interval_us: int


@dataclass(frozen=True)
class LabelSource:
    """Where labels came from.

    Attributes:
        name: the file, or what made them.
        kind: `picks`, `label volume`, `table`, `synthetic truth`.
        digest: of its bytes.
    """

    name: str
    kind: str
    digest: str


@dataclass(frozen=True)
class ModelCard:
    """All that a card says.

    Attributes:
        name, version, date: of the registered model; the date as it is to be shown.
        intended_use, out_of_scope: sentences.
        files, labels: what it was trained on.
        delta_versions: version by table.
        class_windows: windows by fold, then by class name.
        split_map: PNG of `split_figure`, or None.
        feature_set: its name.
        features: names of the features.
        family, parameters: the kind of model and its hyperparameters.
        scores: on the test windows.
        f1: macro-F1 with its interval.
        class_f1: F1 with interval by class name.
        baselines: macro-F1 by name of the baseline, on the same windows.
        calibration: on the same windows.
        slices: scores of parts of them.
        importance: what it leans on, most important first.
        changes: the top features beside the version before; empty for the first version.
        failures: sentences of `known_failures`.
        verdict: of the gate, or None if it has not been put to it.
        licence: of the model.
        environment: versions by package.
        runs: ids by name: `MLflow run`, `Dagster run`.
    """

    name: str
    version: str
    date: str
    intended_use: Sequence[str]
    out_of_scope: Sequence[str]
    files: Sequence[DataFile]
    labels: Sequence[LabelSource]
    class_windows: Mapping[str, Mapping[str, int]]
    feature_set: str
    features: Sequence[str]
    family: str
    parameters: Mapping[str, Any]
    scores: Scores
    f1: Interval
    calibration: Calibration
    licence: str
    delta_versions: Mapping[str, int] = field(default_factory=dict)
    split_map: bytes | None = None
    class_f1: Mapping[str, Interval] = field(default_factory=dict)
    baselines: Mapping[str, float] = field(default_factory=dict)
    slices: Sequence[SliceScore] = ()
    importance: Sequence[Importance] = ()
    changes: Sequence[FeatureChange] = ()
    failures: Sequence[str] = ()
    verdict: Verdict | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    runs: Mapping[str, str] = field(default_factory=dict)
