"""Whether a version does worse on what it is asked than on the test windows it was promoted for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seismic_assets.evaluation import Interval


@dataclass(frozen=True)
class Baseline:
    """Test scores of a version, shares of 1; of windows of blocks that it was not fitted on.

    Attributes:
        accuracy: decides.
        f1_macro, f1_weighted: shown beside what is served, where they are known.
    """

    accuracy: float
    f1_macro: float | None = None
    f1_weighted: float | None = None


@dataclass(frozen=True)
class DegradationLimits:
    """When a version has become worse.

    Attributes:
        margin: how far the accuracy may fall below the baseline, a share of 1.
        fewest_truths: traces with truth below which nothing is decided.
    """

    margin: float = 0.05
    fewest_truths: int = 100


@dataclass(frozen=True)
class Degradation:
    """Accuracy beside its baseline.

    Attributes:
        state: `degraded` where the whole interval lies below the baseline less the margin; `held` where it lies above
            that; `unclear` where it holds it; `too_few` truths; `no_baseline`.
        baseline: accuracy of the test; None where it is not known.
        fall: baseline less accuracy; None where one is not known.
        sentence: the same in words.
    """

    state: Literal["degraded", "held", "unclear", "too_few", "no_baseline"]
    baseline: float | None
    fall: float | None
    sentence: str

    @property
    def degraded(self) -> bool:
        """Whether it is certain enough that the version has become worse."""
        return self.state == "degraded"


def judge_accuracy(
    accuracy: Interval | None, truths: int, baseline: Baseline | None, limits: DegradationLimits = DegradationLimits()
) -> Degradation:
    """Compare the accuracy on so many truths with the baseline."""
    if baseline is None:
        return Degradation("no_baseline", None, None, "no baseline is known for this version, so nothing is decided")
    expected = baseline.accuracy
    if accuracy is None or truths < limits.fewest_truths:
        sentence = (
            f"the truth of {truths:,} traces has come and {limits.fewest_truths:,} are needed, so nothing is decided"
        )
        return Degradation("too_few", expected, None if accuracy is None else expected - accuracy.value, sentence)
    fall, floor = expected - accuracy.value, expected - limits.margin
    if accuracy.low is None or accuracy.high is None:
        sentence = f"all {truths:,} truths are of one request, so nothing is decided"
        return Degradation("unclear", expected, fall, sentence)
    found = (
        f"accuracy is {accuracy.value:.3f} ({accuracy.low:.3f} to {accuracy.high:.3f}, {truths:,} truths) against "
        f"{expected:.3f} in the test"
    )
    if accuracy.high < floor:
        return Degradation("degraded", expected, fall, f"{found}: worse by more than {100 * limits.margin:g} points")
    if accuracy.low >= floor:
        return Degradation("held", expected, fall, f"{found}: within {100 * limits.margin:g} points")
    return Degradation(
        "unclear", expected, fall, f"{found}: more truths must tell whether it fell by {100 * limits.margin:g} points"
    )
