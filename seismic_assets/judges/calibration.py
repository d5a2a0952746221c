"""Whether the confidence of a sample's windows is the share of them that are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seismic_assets.judges.predictions import PredictionSample

BINS = 10
FEW = 30
_LEARNT = "train"


@dataclass(frozen=True)
class Bin:
    """Windows of about the same confidence.

    Attributes:
        low, high: confidence above `low` and up to `high`.
        windows: that were sampled.
        weight: windows that they stand for.
        confidence, right: means for these.
    """

    low: float
    high: float
    windows: int
    weight: float
    confidence: float
    right: float


@dataclass(frozen=True)
class SampleCalibration:
    """Calibration of the labelled windows.

    Attributes:
        windows: labelled ones that were looked at.
        held_out: whether they are only those that the model did not learn from.
        error: expected calibration error over bins of equal width, windows weighted by what they stand for.
        bins: those with a window in them.
    """

    windows: int
    held_out: bool
    error: float
    bins: tuple[Bin, ...]


def sample_calibration(samples: Sequence[PredictionSample]) -> SampleCalibration | None:
    """Calibration of those with a label: those held out of training where they are enough, or else all.

    Returns:
        None where fewer than 30 have a label: of few windows the error says nothing.
    """
    labelled = [each for each in samples if each.right is not None and each.confidence is not None]
    held_out = [each for each in labelled if each.fold is not None and each.fold != _LEARNT]
    chosen = held_out if len(held_out) >= FEW else labelled
    if len(chosen) < FEW:
        return None
    bins = tuple(_bins(chosen))
    total = sum(each.weight for each in bins)
    error = sum(each.weight / total * abs(each.right - each.confidence) for each in bins)
    return SampleCalibration(len(chosen), chosen is held_out, float(error), bins)


def _bins(samples: Sequence[PredictionSample]) -> list[Bin]:
    confidence = np.array([each.confidence for each in samples], np.float64)
    right = np.array([each.right for each in samples], np.float64)
    weight = np.array([each.weight for each in samples], np.float64)
    member = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
    found = []
    for number in np.unique(member):
        inside = member == number
        means = (float(np.average(of[inside], weights=weight[inside])) for of in (confidence, right))
        edges = (int(number) / BINS, (int(number) + 1) / BINS)
        found.append(Bin(*edges, int(inside.sum()), float(weight[inside].sum()), *means))
    return found
