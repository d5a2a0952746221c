"""What was found about drift as rows of the lake."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.drift import FeatureDrift, PredictionDrift, PredictionReference, Sample
from seismic_assets.drift.correction import benjamini_hochberg
from seismic_assets.frames.drift import MapScale
from seismic_assets.lake import DRIFT_TILES, DRIFT_VERDICTS, FEATURE_DRIFT, PREDICTION_DRIFT, Table

_NAMED = 5


@dataclass(frozen=True)
class Judged:
    """Who was judged, by what and when.

    Attributes:
        subject: id of a file, or `served`.
        kind: `file` or `served`.
        model_version: whose reference it was compared with.
        identity: of the traces and the reference: the same need not be judged again.
        judged_at: UTC.
    """

    subject: str
    kind: str
    model_version: str
    identity: str
    judged_at: datetime

    def columns(self) -> dict[str, Any]:
        """The columns that each table begins with."""
        return dict(vars(self))


def frame_of(table: Table, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows as a frame with the columns and types of a table."""
    empty = pl.DataFrame(pl.from_arrow(table.schema.empty_table()))
    return pl.DataFrame(list(rows), schema=empty.schema) if rows else empty


def verdict_frame(judged: Judged, sample: Sample, found: FeatureDrift, scale: MapScale | None = None) -> pl.DataFrame:
    """A row of `drift_verdicts`; places are in trace steps without a scale."""
    centre = _numbers(found, scale).mean(axis=0).tolist() if found.placed and len(found.tiles) else (None, None)
    decided = bool(found.features)
    row = {
        **judged.columns(),
        "severity": found.severity.value,
        "reason": found.reason,
        "traces": len(sample.dead),
        "independent_tiles": found.independent,
        "features_tested": len(found.features),
        "features_drifted": len(found.drifted),
        "drift_ratio": found.drift_ratio if decided else None,
        "farthest": ", ".join(found.drifted[:_NAMED]),
        "dead_share": found.dead.share if found.dead is not None else None,
        "dead_reference": found.dead.reference if found.dead is not None else None,
        "domain_auc": found.domain.auc if found.domain is not None else None,
        "domain_healthy": found.domain.healthy if found.domain is not None else None,
        "classic_alarm": found.classic_alarm if any(each.classic_p is not None for each in found.features) else None,
        "inline": centre[0],
        "crossline": centre[1],
    }
    return frame_of(DRIFT_VERDICTS, [row])


def feature_frame(subject: str, found: FeatureDrift) -> pl.DataFrame:
    """Rows of `feature_drift`, one a feature; none where nothing was decided."""
    return frame_of(
        FEATURE_DRIFT,
        [
            {
                "subject": subject,
                "feature": each.name,
                "drifted": each.drifted,
                "p": each.p,
                "ks": each.ks,
                "wasserstein": each.wasserstein,
                "shift": each.shift,
                "everywhere": each.floor,
                "psi": each.psi,
                "classic_p": each.classic_p,
            }
            for each in found.features
        ],
    )


def tile_frame(subject: str, found: FeatureDrift, scale: MapScale | None = None) -> pl.DataFrame:
    """Rows of `drift_tiles`, in trace steps without a scale; none where places are not known."""
    if not found.placed or len(found.tiles) == 0:
        return frame_of(DRIFT_TILES, [])
    (inline, crossline), (traces, distance) = _numbers(found, scale).T, found.tiles[:, 2:].T
    columns = {
        "subject": [subject] * len(found.tiles),
        "tile": np.arange(len(found.tiles)),
        "inline": inline,
        "crossline": crossline,
        "traces": traces.astype(np.int64),
        "distance": distance,
    }
    frame = pl.DataFrame(columns, schema=frame_of(DRIFT_TILES, []).schema)
    return frame.with_columns(pl.col("distance").fill_nan(None))


def _numbers(found: FeatureDrift, scale: MapScale | None) -> NDArray[np.float64]:
    return found.tiles[:, :2] if scale is None else scale.numbers(found.tiles[:, :2])


def prediction_frame(judged: Judged, found: PredictionDrift, reference: PredictionReference) -> pl.DataFrame:
    """A row of `prediction_drift`; `among_many` says what is left of the suspicion."""
    row = {
        **judged.columns(),
        "decided": found.decided,
        "suspected": found.drifted if found.decided else None,
        "drifted": None,
        "reason": found.reason,
        "shares": _by_class(reference.classes, found.shares),
        "reference_shares": _by_class(reference.classes, reference.shares.tolist()),
        "chi2_p": found.chi2_p if found.decided else None,
        "cohens_w": found.cohens_w if found.decided else None,
        "confidence_p": found.confidence_p if found.decided else None,
        "confidence_ks": found.confidence_ks if found.decided else None,
        "confidence_shift": found.confidence_shift if found.decided else None,
    }
    return frame_of(PREDICTION_DRIFT, [row])


def among_many(answers: pl.DataFrame, rate: float) -> pl.DataFrame:
    """Rows of `prediction_drift` with `drifted`: suspected, and a discovery among all subjects at a rate of false ones.

    Of a hundred healthy files some answers look drifted when each is taken alone (Y. Benjamini, Y. Hochberg, J. R.
    Statist. Soc. B 57, 1995).
    """
    decided = answers["decided"].to_numpy()
    smaller = answers.select(pl.min_horizontal("chi2_p", "confidence_p")).to_series().fill_null(1.0).to_numpy()
    found = np.zeros(answers.height, bool)
    found[decided] = benjamini_hochberg(np.minimum(1.0, 2 * smaller[decided]), rate)
    drifted = pl.when(pl.col("decided")).then(pl.col("suspected") & pl.Series(found))
    return answers.with_columns(drifted.alias("drifted"))


def _by_class(classes: Sequence[str], shares: Sequence[float]) -> str:
    return json.dumps(dict(zip(classes, shares, strict=False)))
