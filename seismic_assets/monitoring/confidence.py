"""What the confidence of the answers says: whether it can be believed, and how often unseen answers are right.

Expected accuracy from confidence: if probabilities are calibrated, a trace answered with confidence c is right with
probability c, so that the mean confidence estimates the accuracy without any truth. It is the accuracy case of
confidence-based performance estimation (J. Kivimäki, J. Białek, W. Kuberski and J. K. Nurminen, "Performance
Estimation in Binary Classification Using Calibrated Confidence", arXiv:2505.05295, 2025; for several classes J. Białek
et al., arXiv:2401.08348, 2024). Where the world has changed so that confidence and truth part, it is wrong, and does
not show it: so it stands beside the bias that it has where truth has come.

The table keeps one mean confidence a request. It is that of each trace where the request has one trace; elsewhere it
stands for all traces of the request, which leaves means unchanged and makes differences within a request disappear.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from seismic_assets.evaluation import Interval
from seismic_assets.evaluation.calibration import expected_calibration_error
from seismic_assets.monitoring.intervals import mean_interval, runs_of
from seismic_assets.monitoring.scores import right_of, sums_of
from seismic_assets.monitoring.served import ANSWERED

_NO_PROBABILITIES = (
    "Brier score and log loss over all classes cannot be told: the table keeps the confidence of the answer, not the "
    "probabilities"
)
_BY_REQUEST = (
    "the calibration error compares requests, not traces: requests of several traces are recorded with one mean "
    "confidence, so that the true error may be larger"
)


@dataclass(frozen=True)
class ServedCalibration:
    """Confidence beside the share that was right, of traces with truth.

    Attributes:
        traces: with truth and confidence.
        gap: mean confidence less accuracy, -1 to 1; above 0 the model is too sure.
        expected_error: expected calibration error, a share of 1, of the answered class.
        exact: whether it is that of traces; otherwise of requests, and the true one may be larger.
        brier_of_answer: mean of (confidence - right)^2 of the answered class, 0 to 1; None where it is not exact.
        notes: what cannot be said, and why.
    """

    traces: int
    gap: Interval
    expected_error: float
    exact: bool
    brier_of_answer: float | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Estimate:
    """Accuracy without truth, from confidence: an estimate.

    Attributes:
        accuracy: expected share of right answers among the traces without truth; None where there is none.
        traces: without truth, with a confidence.
        bias: the same estimate less the accuracy, where truth came; None where none came.
        sentence: what it is worth.
    """

    accuracy: float | None
    traces: int
    bias: Interval | None
    sentence: str


def served_calibration(truths: pl.DataFrame) -> ServedCalibration | None:
    """Calibration of rows of `match_truth`; None where none has a confidence."""
    sure = truths.filter(_known("confidence"))
    if sure.height == 0:
        return None
    confidence, right = sure["confidence"].to_numpy(), right_of(sure)
    exact = bool((sure["traces"] == 1).all())
    # One column: the answered class, of which truth 0 is a hit.
    error = expected_calibration_error(np.where(right > 0, 0, 1), confidence[:, None])
    return ServedCalibration(
        traces=sure.height,
        gap=_gap(sure),
        expected_error=error,
        exact=exact,
        brier_of_answer=float(np.square(confidence - right).mean()) if exact else None,
        notes=(_NO_PROBABILITIES,) if exact else (_NO_PROBABILITIES, _BY_REQUEST),
    )


def estimate_accuracy(rows: pl.DataFrame, truths: pl.DataFrame) -> Estimate:
    """Expected accuracy of the traces without truth.

    Args:
        rows: requests of `read_calls`.
        truths: of `match_truth`, about these requests.
    """
    told = truths.group_by("row").agg(told=pl.len().cast(pl.Int64))
    untold = (
        rows.filter(ANSWERED & _known("mean_confidence"))
        .join(told, "row", how="left")
        .select("mean_confidence", count=(pl.col("traces") - pl.col("told").fill_null(0)).clip(0))
    )
    traces = int(untold["count"].sum() or 0)
    weighted = float((untold["mean_confidence"] * untold["count"]).sum() or 0.0)
    accuracy = weighted / traces if traces else None
    sure = truths.filter(_known("confidence"))
    bias = _gap(sure) if sure.height else None
    return Estimate(accuracy, traces, bias, _sentence(accuracy, traces, bias, sure.height))


def _known(column: str) -> pl.Expr:
    return pl.col(column).is_between(0, 1).fill_null(False)


def _gap(sure: pl.DataFrame) -> Interval:
    run = runs_of(sure["row"].to_numpy())
    return mean_interval(sums_of(run, sure["confidence"].to_numpy() - right_of(sure)), sums_of(run))


def _sentence(accuracy: float | None, traces: int, bias: Interval | None, told: int) -> str:
    if accuracy is None:
        return (
            "there is nothing to estimate: every answered trace has its truth, or none was answered with a confidence"
        )
    start = f"an estimate from the confidence of {traces:,} traces without truth: {100 * accuracy:.1f} % right"
    if bias is None:
        return f"{start}; no truth has come that could confirm it"
    points = 100 * bias.value
    side = "too high" if points >= 0 else "too low"
    return f"{start}; on the {told:,} traces with truth such an estimate was {abs(points):.1f} points {side}"
