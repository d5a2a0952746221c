from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.drift.correction import benjamini_hochberg
from seismic_assets.drift.dead import compare_dead
from seismic_assets.drift.effect import ks_distances, percentiles_of, stability_indices, wasserstein_distances
from seismic_assets.drift.severity import Severity, severity_of
from seismic_assets.drift.spatial import Correlation, fit_correlation


def test_benjamini_and_hochberg_find_what_their_paper_finds() -> None:
    # Table of section 3.2 of the paper of 1995: four of fifteen.
    p = np.array(
        [
            0.0001,
            0.0004,
            0.0019,
            0.0095,
            0.0201,
            0.0278,
            0.0298,
            0.0344,
            0.0459,
            0.3240,
            0.4262,
            0.5719,
            0.6528,
            0.7590,
            1.0,
        ]
    )
    assert benjamini_hochberg(p).sum() == 4


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_discoveries_are_the_smallest_p(values: list[float]) -> None:
    p = np.array(values)
    found = benjamini_hochberg(p)
    if found.any() and not found.all():
        assert p[found].max() < p[~found].min()


@pytest.mark.parametrize(
    ("drifted", "severity"),
    [(0, Severity.NONE), (3, Severity.LOW), (4, Severity.MEDIUM), (12, Severity.MEDIUM), (13, Severity.HIGH)],
)
def test_severity_goes_by_the_share_of_features(drifted: int, severity: Severity) -> None:
    assert severity_of(drifted, 40) is severity


@given(st.floats(-3, 3), st.floats(0.1, 100))
def test_wasserstein_of_a_shift_is_the_shift_in_deviations(shift: float, scale: float) -> None:
    values = (scale * np.random.default_rng(0).standard_normal((2000, 1))).astype(np.float32)
    moved = (values + np.float32(shift * scale)).astype(np.float32)
    found = wasserstein_distances(percentiles_of(moved), percentiles_of(values), np.array([scale]))
    assert found[0] == pytest.approx(abs(shift), abs=1e-4)


def test_distances_of_equal_shares_are_nothing() -> None:
    shares = np.array([[0.2, 0.3, 0.5]])
    assert ks_distances(shares, shares)[0] == 0
    assert stability_indices(shares, shares)[0] == 0


def test_dead_traces_that_come_in_clumps_say_less() -> None:
    traces = np.full(40, 64.0)
    even, clumped = np.ones(40), np.zeros(40)
    clumped[0] = 40
    now, size = np.array([6.0]), np.array([64.0])
    assert compare_dead(now, size, clumped, traces).p > 10 * compare_dead(now, size, even, traces).p


def test_dead_traces_that_lie_as_chance_has_it_do_not_come_together() -> None:
    traces = np.full(75, 64.0)
    by_chance = [np.random.default_rng(seed).binomial(64, 0.004, 75).astype(float) for seed in range(200)]
    found = [compare_dead(np.zeros(3), np.full(3, 64.0), dead, traces).clumping for dead in by_chance]
    assert np.mean(np.array(found) > 1) < 0.07


def test_fewer_dead_traces_are_no_drift() -> None:
    found = compare_dead(np.zeros(40), np.full(40, 64.0), np.full(40, 3.0), np.full(40, 64.0))
    assert found.p > 0.99


@given(st.integers(2, 30), st.floats(16, 200))
def test_independent_tiles_are_one_to_all(count: int, reach: float) -> None:
    centres = np.random.default_rng(count).uniform(0, 500, (count, 2))
    share = Correlation(1.0, 0.1, reach).mean_of(np.full(count, 1 / count), centres)
    assert 1 / count - 1e-9 <= share <= 1 + 1e-9


def test_the_reach_of_smooth_hills_is_longer_than_that_of_noise() -> None:
    rng = np.random.default_rng(0)
    centres = 8.0 * np.stack(np.divmod(np.arange(225), 15), axis=1)
    noise = rng.standard_normal((225, 20))
    distance = np.linalg.norm(centres[:, None] - centres, axis=2)
    smooth = np.linalg.cholesky(np.exp(-distance / 60) + 1e-9 * np.eye(225)) @ noise
    assert fit_correlation(smooth, centres).reach > 2 * fit_correlation(noise, centres).reach
