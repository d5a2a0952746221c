"""From when on a figure is worth a sentence, and from when on it is a failure."""

from __future__ import annotations

from dataclasses import dataclass, field

from seismic_assets.quality import Thresholds


@dataclass(frozen=True)
class QualityLimits:
    """Limits of the quality agents.

    Attributes:
        files: what a single file is named from.
        failing_share: of all traces that are dead, broken, clipped, spiked or repeated: the data as a whole fails.
        failing_score: mean score, by traces, below which the data as a whole fails.
        refused_share: of the files that are quarantined or could not be read: the data as a whole fails.
        rare_class: share of the labelled windows below which a class is called rare.
        mean_ratio: mean over standard deviation of a file from which its amplitudes are said to be shifted.
        peak_ratio: largest sample over robust scale from which the range is implausible.
        undecoded_ratio: the same, from which the samples were probably decoded as another format.
        record_ms: plausible lengths of a record in milliseconds.
        missing_share: of the grid's positions without a trace.
        irregular_share: of the steps between neighbouring traces that differ from the usual one.
        overlap_share: of the smaller area that two files share, from which they are said to cover the same ground.
        class_change: of the share of a class; that and three times that.
        volume_change: of the number of traces, relative; more than half lost is a failure.
        score_change: points of the mean score; that and four times that.
        amplitude_factor: between the median amplitude scales; up to `files.amplitude_ratio` it is no failure.
        loss_change: of the share of dead or broken traces; that and four times that.
        effect: Cohen's d from which a change counts: 0.8 is called large (J. Cohen, Statistical Power Analysis, 1988).
        trend_length: how many snapshots a trend is looked for in, the latest included.
        trend_p: below which the ranks of a trend are not chance.
    """

    files: Thresholds = field(default_factory=Thresholds)
    failing_share: float = 0.25
    failing_score: float = 50.0
    refused_share: float = 0.5
    rare_class: float = 0.01
    mean_ratio: float = 0.1
    peak_ratio: float = 1e4
    undecoded_ratio: float = 1e8
    record_ms: tuple[float, float] = (100.0, 30_000.0)
    missing_share: float = 0.05
    irregular_share: float = 0.05
    overlap_share: float = 0.5
    class_change: float = 0.1
    volume_change: float = 0.2
    score_change: float = 5.0
    amplitude_factor: float = 1.5
    loss_change: float = 0.05
    effect: float = 0.8
    trend_length: int = 10
    trend_p: float = 0.05
