"""The synthetic earth and its truth."""

import numpy as np
import pytest

from seismic_assets.survey.bodies import add_chaotic_body, add_gas
from seismic_assets.survey.geology import ANOMALY, BOUNDARY, LOWER, NORMAL, UPPER, make_earth
from seismic_assets.survey.structure import Grid, make_structure, smooth_surface


def _rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("size", [(1, 8, 64), (1, 100, 128), (8, 8, 128), (20, 30, 200), (12, 16, 462)])
def test_a_survey_of_any_size_holds_every_class(seed, size):
    labels = make_earth(_rng(seed), Grid(*size)).labels
    assert set(np.unique(labels)) == {NORMAL, ANOMALY, BOUNDARY}


@pytest.mark.parametrize("seed", range(4))
def test_most_of_the_earth_is_normal_and_boundaries_are_thin(seed):
    shares = np.bincount(make_earth(_rng(seed), Grid(30, 40, 462)).labels.ravel()) / (30 * 40 * 462)
    assert shares[NORMAL] > 0.9
    assert 0.01 < shares[ANOMALY] < 0.09
    assert 0.002 < shares[BOUNDARY] < 0.01


def test_every_trace_crosses_the_unconformity():
    labels = make_earth(_rng(), Grid(30, 40, 462)).labels
    assert (labels == BOUNDARY).any(axis=2).all()


def test_impedance_is_positive_and_finite():
    impedance = make_earth(_rng(), Grid(10, 20, 462)).impedance
    assert np.isfinite(impedance).all()
    assert impedance.min() > 0


def test_the_beds_below_the_unconformity_are_thicker_and_harder():
    upper, lower = UPPER.draw_log(_rng(), 5000), LOWER.draw_log(_rng(), 5000)
    assert np.count_nonzero(np.diff(upper)) > 2 * np.count_nonzero(np.diff(lower))
    assert lower.mean() > 1.2 * upper.mean()


def test_no_bed_is_thinner_than_its_package_allows():
    edges = np.flatnonzero(np.diff(LOWER.draw_log(_rng(), 5000)))
    assert np.diff(edges).min() >= LOWER.thinnest


def test_gas_lowers_the_impedance_by_the_stated_share_and_touches_nothing_else():
    grid = Grid(20, 30, 200)
    impedance = np.full((20, 30, 200), 5000, np.float32)
    gas = add_gas(_rng(1), grid, make_structure(_rng(1), grid), impedance)
    assert (impedance[~gas] == 5000).all()
    assert impedance[gas].max() <= 0.82 * 5000 + 1


def test_gas_lies_higher_than_its_beds_do_on_average():
    heights = []
    for seed in range(20):
        grid = Grid(20, 30, 200)
        structure = make_structure(_rng(seed), grid)
        gas = add_gas(_rng(seed + 50), grid, structure, np.ones((20, 30, 200), np.float32))
        heights.append(structure.upper_fold[gas[:, :, :80].any(axis=2)].mean() if gas[:, :, :80].any() else 0)
    assert np.mean(heights) < 0  # times grow downward


def test_the_chaotic_body_has_a_labelled_roof_and_reaches_the_base():
    grid = Grid(20, 30, 200)
    body, roof = add_chaotic_body(_rng(), grid, np.full((20, 30, 200), 7000, np.float32))
    assert body[:, :, -1].any()
    assert np.array_equal(roof.any(axis=2), body.any(axis=2))
    assert (roof.sum(axis=2)[body.any(axis=2)] == 2).all()


def test_faults_break_the_deep_and_leave_the_shallow_whole():
    throw = make_structure(_rng(), Grid(20, 30, 200)).throw
    assert not throw[:, :, :50].any()
    assert len(np.unique(throw[:, :, 150:])) > 1


@pytest.mark.parametrize("size", [(1, 8), (30, 40), (200, 9)])
def test_a_surface_has_zero_mean_and_the_wanted_deviation(size):
    surface = smooth_surface(_rng(), Grid(*size, 462), 12.0)
    assert surface.shape == size
    assert surface.mean() == pytest.approx(0, abs=1e-4)
    assert surface.std() == pytest.approx(12, rel=1e-4)


def test_a_seed_gives_the_same_hills_at_every_size():
    coarse, fine = (smooth_surface(_rng(3), Grid(size, size, 462), 10.0) for size in (21, 41))
    assert np.abs(coarse - fine[::2, ::2]).max() < 1.5
