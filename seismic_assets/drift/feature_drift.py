"""Whether the features of a file, or of what was served, still look like those of training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seismic_assets.drift.classic import classic_ks
from seismic_assets.drift.correction import benjamini_hochberg
from seismic_assets.drift.dead import DeadTest, compare_dead
from seismic_assets.drift.domain import DomainTest
from seismic_assets.drift.effect import ks_distances, percentiles_of, stability_indices, wasserstein_distances
from seismic_assets.drift.errors import DriftError
from seismic_assets.drift.findings import DEAD_TRACES, DriftLimits, FeatureChange, FeatureDrift
from seismic_assets.drift.null import TileTest, compare, tile_distances
from seismic_assets.drift.reference import MOST_ROWS, DriftReference, dead_of_tiles, in_some_tiles
from seismic_assets.drift.sample import Sample
from seismic_assets.drift.severity import Severity, severity_of
from seismic_assets.drift.tile_means import ScoredSample, score_sample

_PSI_INDEPENDENT_TILES = 10
_MAJORITY = 0.5


def feature_drift(
    sample: Sample,
    reference: DriftReference,
    names: Sequence[str],
    *,
    limits: DriftLimits | None = None,
    with_domain: bool = True,
    with_classic: bool = False,
) -> FeatureDrift:
    """Compare windows with the training reference.

    Each feature's normal scores are averaged over tiles of neighbouring traces; the mean and the mean square over all
    tiles are tested against what places of the reference differ by (`compare`). A feature drifted if that is a
    discovery of Benjamini and Hochberg, if the distributions are far enough apart, and if three quarters of the tiles
    agree. Dead traces are one more feature, tested by their share and alone: in 200 traces 5 % are ten, of which chance
    leaves five, and among 40 features so few would be lost.

    Args:
        sample: one file, or some served requests.
        reference: of the bundle; where it has parts, the one that most tiles are nearest to.
        names: of the sample's features, which must be those of the reference.
        limits: what counts as drift.
        with_domain: also test all features together.
        with_classic: also the classic test, for comparison.

    Raises:
        DriftError: other features than the reference's.
    """
    limits = limits or DriftLimits()
    if tuple(names) != reference.names:
        raise DriftError(_difference(names, reference.names))
    if not np.isfinite(sample.features).all():
        raise DriftError("some features are not finite: leave the windows of broken traces out")
    reference = _its_like(sample, reference)
    scored = score_sample(sample, reference.bins, reference.tile_size) if len(sample.features) else None
    dead = compare_dead(*dead_of_tiles(sample, reference.tile_size).T, *reference.dead.T) if len(sample.dead) else None
    reason = _too_few(sample, scored, reference, limits)
    if scored is None or dead is None or reason:
        tiles, placed = _places(scored)
        return FeatureDrift(Severity.UNDECIDED, reason, (), tiles, placed, 0.0, dead, None)
    test = compare(scored.means, reference.null)
    classic = classic_ks(sample, reference) if with_classic else None
    features = _changes(sample, scored, test, dead, reference, limits, classic)
    return FeatureDrift(
        severity_of(sum(each.drifted for each in features), len(features)),
        "",
        features,
        np.column_stack([scored.means.centres, scored.means.traces, tile_distances(scored.means, reference.null)]),
        scored.means.placed,
        test.independent,
        dead,
        _domain(sample, scored, test, reference) if with_domain else None,
    )


def _places(scored: ScoredSample | None) -> tuple[NDArray[np.float64], bool]:
    """The tiles of a sample of which nothing is decided, and whether their places are known."""
    if scored is None:
        return np.zeros((0, 4)), False
    means = scored.means
    return np.column_stack([means.centres, means.traces, np.full(means.count, np.nan)]), means.placed


def _its_like(sample: Sample, reference: DriftReference) -> DriftReference:
    """The part that most tiles are nearest to; the whole where no part has half of them, as with mixed requests."""
    if not reference.parts:
        return reference
    part, share = nearest(sample, reference.parts)
    return reference.parts[part] if share >= _MAJORITY else reference


def nearest(sample: Sample, references: Sequence[DriftReference]) -> tuple[int, float]:
    """The reference that more tiles are nearest to than to any other, see `tile_distances`; and their share."""
    if len(sample.features) == 0:
        return 0, 0.0
    some = in_some_tiles(sample, references[0].tile_size)
    far = [tile_distances(score_sample(some, each.bins, each.tile_size).means, each.null) for each in references]
    tiles = np.bincount(np.argmin(far, axis=0), minlength=len(references))
    return int(tiles.argmax()), float(tiles.max() / tiles.sum())


def _changes(
    sample: Sample,
    scored: ScoredSample,
    test: TileTest,
    dead: DeadTest,
    reference: DriftReference,
    limits: DriftLimits,
    classic: NDArray[np.float64] | None,
) -> tuple[FeatureChange, ...]:
    count = len(reference.names)
    # Either quantity of a feature may tell; the p of a shift that not all places share is 1.
    p = np.where(test.floor >= limits.floor, test.p, 1.0).reshape(2, count)
    smaller = p.argmin(axis=0)
    both = np.minimum(1.0, 2 * p.min(axis=0))
    floor = test.floor.reshape(2, count)[smaller, np.arange(count)]
    ks = ks_distances(scored.shares, reference.bins.shares)
    far = wasserstein_distances(percentiles_of(sample.features), reference.percentiles, reference.deviation)
    psi = stability_indices(scored.shares, reference.bins.shares)
    drifted = benjamini_hochberg(both, limits.rate) & ((ks >= limits.ks) | (far >= limits.wasserstein))
    features = [
        FeatureChange(
            name,
            bool(drifted[each]),
            float(np.minimum(1.0, 2 * test.p.reshape(2, count)[:, each].min())),
            float(ks[each]),
            float(far[each]),
            float(floor[each]),
            float(test.shift[each]),
            float(psi[each]) if test.independent >= _PSI_INDEPENDENT_TILES else None,
            float(classic[each]) if classic is not None else None,
        )
        for each, name in enumerate(reference.names)
    ]
    more = dead.share - dead.reference
    more_dead = dead.p <= limits.dead_rate and more >= limits.dead
    features.append(FeatureChange(DEAD_TRACES, more_dead, dead.p, abs(more), 0.0, 0.0, more))
    return tuple(features)


def _domain(sample: Sample, scored: ScoredSample, test: TileTest, reference: DriftReference) -> DomainTest:
    rows = np.linspace(0, len(sample.features) - 1, min(MOST_ROWS, len(sample.features))).astype(np.int64)
    some = sample.features[rows]
    codes = np.stack([reference.bins.codes(some[:, each], each) for each in range(some.shape[1])], axis=1)
    tile = scored.tiling.tile[sample.trace[rows]]
    return reference.domain.compare(codes, tile, len(np.unique(tile)), test.independent)


def _too_few(sample: Sample, scored: ScoredSample | None, reference: DriftReference, limits: DriftLimits) -> str:
    if reference.means.count < limits.fewest_reference_tiles:
        return (
            f"the reference has {reference.means.count} tiles of traces and {limits.fewest_reference_tiles} are "
            f"needed: too few to decide; train on a larger area"
        )
    tiles = scored.means.count if scored is not None else 0
    if sample.usable < limits.fewest_traces or tiles < limits.fewest_tiles:
        return (
            f"{sample.usable} usable trace{'s' * (sample.usable != 1)} in {tiles} tile{'s' * (tiles != 1)} are too few "
            f"to decide: {limits.fewest_traces} traces in {limits.fewest_tiles} tiles are needed"
        )
    return ""


def _difference(names: Sequence[str], known: Sequence[str]) -> str:
    missing = [name for name in known if name not in names]
    added = [name for name in names if name not in known]
    what = (
        f"lack {', '.join(missing[:3])}"
        if missing
        else f"add {', '.join(added[:3])}"
        if added
        else "are in another order"
    )
    return f"the features {what} beside those of the reference: compare windows with the reference of their own version"
