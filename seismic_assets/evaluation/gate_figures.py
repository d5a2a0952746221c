"""What the gate is told and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seismic_assets.evaluation.bootstrap import Interval
from seismic_assets.evaluation.calibration import Calibration
from seismic_assets.evaluation.metrics import Scores

Figures = dict[str, float | int | str]


@dataclass(frozen=True)
class GateLimits:
    """What a challenger must keep to.

    Attributes:
        min_difference: macro-F1 of the challenger less the champion's must reach this. Slightly below zero by default,
            so that an equal model need not win a coin's toss: forests fitted on different two thirds of the windows
            of five synthetic surveys differed by 0.005 (one standard deviation) on 20 test blocks; 50 % of them would
            pass at 0 and 93 % at -0.01. On 4 blocks they differed by 0.03, and 59 % pass: few blocks judge badly.
            Zero makes the champion's figure a floor, a positive figure demands an improvement.
        class_floor: least F1 of a class that training and test hold.
        class_floors: other floors, by class name.
        class_windows: a class of fewer test windows is named but not judged: its F1 is chance.
        calibration_margin: how much the expected calibration error may exceed the champion's, a share of 1.
        probability_difference: largest difference allowed between the two ways of computing a probability.
        latency_ms: most milliseconds a request may take, as `Serving.latency_ms` was measured.
    """

    min_difference: float = -0.01
    class_floor: float = 0.2
    class_floors: Mapping[str, float] = field(default_factory=dict)
    class_windows: int = 10
    calibration_margin: float = 0.02
    probability_difference: float = 1e-5
    latency_ms: float = 50.0


@dataclass(frozen=True)
class Contender:
    """The challenger on all test windows.

    Attributes:
        version: of the registry.
        scores: on the test windows.
        calibration: on the same windows.
        trained: training windows by class name.
        baselines: macro-F1 on the same windows of what it must exceed, by name: `majority`, `shuffled`.
    """

    version: str
    scores: Scores
    calibration: Calibration
    trained: Mapping[str, int]
    baselines: Mapping[str, float]


@dataclass(frozen=True)
class Comparison:
    """Challenger and champion on the test windows that neither was fitted on.

    Attributes:
        champion: its version.
        windows: how many windows they were compared on.
        new_f1, old_f1: macro-F1 of challenger and champion.
        difference: challenger less champion, from `f1_difference`.
        new_calibration, old_calibration: of challenger and champion on the same windows.
    """

    champion: str
    windows: int
    new_f1: float
    old_f1: float
    difference: Interval
    new_calibration: Calibration
    old_calibration: Calibration


@dataclass(frozen=True)
class NoComparison:
    """Why there is nothing to compare with.

    Attributes:
        reason: a clause: `it is the first version`, `version 3 was fitted on every window that could compare them`.
    """

    reason: str


@dataclass(frozen=True)
class Serving:
    """The challenger as it would be served.

    Attributes:
        windows: windows that both ways were computed on.
        labels_differ: how many of them have another most probable class by ONNX than by scikit-learn.
        largest_difference: largest absolute difference of a probability.
        latency_ms: 95th percentile of a request of one trace, from its samples to its probabilities, milliseconds.
    """

    windows: int
    labels_differ: int
    largest_difference: float
    latency_ms: float


@dataclass(frozen=True)
class Finding:
    """One question of the gate and its answer.

    Attributes:
        name: one of `gate.FINDINGS`.
        passed: whether the challenger may go on.
        sentence: the answer with its figures.
        figures: the same as numbers, all finite.
    """

    name: str
    passed: bool
    sentence: str
    figures: Figures


@dataclass(frozen=True)
class Verdict:
    """What the gate says.

    Attributes:
        version: the challenger.
        promote: whether it takes the champion's place: all findings passed.
        reason: one sentence with the figures.
        findings: in the order of `gate.FINDINGS`.
    """

    version: str
    promote: bool
    reason: str
    findings: tuple[Finding, ...]
