"""Lateral attributes against slow formulas in float64, and against plane waves and noise."""

import itertools
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seismic_assets.attributes import LARGEST_AMPLITUDE, LATERAL, lateral, neighbour_rows
from seismic_assets.attributes.lateral import NEIGHBOURS

HUGE = float(np.nextafter(np.float32(LARGEST_AMPLITUDE), np.float32(0)))
ALL = np.ones((1, 8), bool)


def values(windows, neighbours, present):
    found = lateral(np.asarray(windows, np.float32), np.asarray(neighbours, np.float32), np.asarray(present))
    return dict(zip(LATERAL, found.T, strict=True))


def plane(dip_inline, dip_crossline, width=64, hertz=15):
    """A cosine in a window, and the same at the eight places, later by so many samples a step."""

    def cosine(shift):
        return np.cos(2 * np.pi * hertz * 0.004 * (np.arange(width) - shift))

    around = [cosine(inline * dip_inline + crossline * dip_crossline) for inline, crossline in NEIGHBOURS]
    return cosine(0)[None], np.stack(around)[None]


def slow_semblance(traces):
    traces = np.array(traces, np.float64)
    return (traces.sum(axis=0) ** 2).sum() / (len(traces) * (traces**2).sum())


def slow_reference(window, neighbours, present):
    own, around = window.astype(np.float64), neighbours.astype(np.float64)
    n = len(own)
    traces = [own, *around[present]]
    found = {"semblance": slow_semblance(traces), "neighbours": present.sum()}
    for part in range(4):
        found[f"semblance_{part}"] = slow_semblance([t[n * part // 4 : n * (part + 1) // 4] for t in traces])
    found["semblance_minimum"] = min(found[f"semblance_{part}"] for part in range(4))
    slope, energy = np.gradient(own), (own**2).sum()
    for line, step in (("inline", (1, 0)), ("crossline", (0, 1))):
        after, before = NEIGHBOURS.index(step), NEIGHBOURS.index((-step[0], -step[1]))
        change = {
            (True, True): (around[after] - around[before]) / 2,
            (True, False): own - around[before],
            (False, True): around[after] - own,
            (False, False): np.zeros(n),
        }[bool(present[before]), bool(present[after])]
        dip = -(change * slope).sum() / (slope**2).sum()
        found[f"gradient_{line}"] = np.sqrt((change**2).sum() / energy)
        found[f"dip_{line}"] = dip
        found[f"unexplained_{line}"] = np.sqrt(((change + dip * slope) ** 2).sum() / energy)
    found["dip_magnitude"] = np.hypot(found["dip_inline"], found["dip_crossline"])
    rms, others = np.sqrt(energy / n), np.sqrt((around[present] ** 2).mean(axis=1))
    found["amplitude_contrast"] = (rms - others.mean()) / (rms + others.mean()) if len(others) else 0
    found["amplitude_variation"] = others.std() / others.mean() if len(others) else 0
    return found


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(4, 90),
    seed=st.integers(0, 999),
    share=st.sampled_from([0.0, 0.3, 0.7, 1.0]),
    gain=st.sampled_from([1e-25, 1.0, 2500.0, 1e13]),
)
def test_attributes_are_those_of_their_formulas_at_any_gain(width, seed, share, gain):
    random = np.random.default_rng(seed)
    own = random.normal(size=(4, width))
    windows, neighbours = own * gain, (own[:, None] + random.normal(size=(4, 8, width))) * gain
    present = random.random((4, 8)) < share
    windows, neighbours = windows.astype(np.float32), neighbours.astype(np.float32)
    found = values(windows, neighbours, present)
    for row in range(4):
        expected = slow_reference(windows[row], neighbours[row], present[row])
        assert expected.keys() == set(LATERAL)
        for name in LATERAL:
            assert found[name][row] == pytest.approx(expected[name], rel=1e-4, abs=1e-5), name


def test_equal_traces_are_one_and_differ_in_nothing():
    found = values(*plane(0, 0), ALL)
    ones = {"semblance", "semblance_minimum", *(f"semblance_{part}" for part in range(4))}
    for name in LATERAL:
        expected = 8 if name == "neighbours" else 1 if name in ones else 0
        assert found[name][0] == pytest.approx(expected, abs=1e-5), name


def test_of_noise_the_semblance_is_one_in_the_number_of_traces():
    random = np.random.default_rng(0)
    present = np.zeros((200, 8), bool)
    present[:, :3] = True
    found = values(random.normal(size=(200, 500)), random.normal(size=(200, 8, 500)), present)
    assert found["semblance"].mean() == pytest.approx(1 / 4, rel=0.02)


@pytest.mark.parametrize(("inline", "crossline"), [(0.5, 0.0), (0.0, -0.7), (0.4, 0.3), (-0.6, 0.2)])
def test_a_plane_wave_has_its_dip_and_nothing_unexplained(inline, crossline):
    found = values(*plane(inline, crossline), ALL)
    assert found["dip_inline"] == pytest.approx(inline, rel=0.03, abs=1e-3)
    assert found["dip_crossline"] == pytest.approx(crossline, rel=0.03, abs=1e-3)
    assert found["dip_magnitude"] == pytest.approx(np.hypot(inline, crossline), rel=0.03)
    assert max(found["unexplained_inline"], found["unexplained_crossline"]) < 0.1 * max(
        found["gradient_inline"], found["gradient_crossline"]
    )


def test_a_quarter_that_does_not_fit_lowers_the_smallest_semblance_alone():
    windows, neighbours = plane(0, 0)
    neighbours[:, :, 16:32] *= -1
    found = values(windows, neighbours, ALL)
    assert found["semblance_minimum"] == found["semblance_1"] == pytest.approx((7 / 9) ** 2, rel=1e-4)
    assert found["semblance_0"] == pytest.approx(1, abs=1e-5)


def test_a_bright_spot_stands_out_from_the_traces_around():
    windows, neighbours = plane(0, 0)
    assert values(3 * windows, neighbours, ALL)["amplitude_contrast"] == pytest.approx(0.5, rel=1e-4)
    neighbours[:, ::2] *= 3
    assert values(windows, neighbours, ALL)["amplitude_variation"] == pytest.approx(0.5, rel=1e-4)


def test_without_a_neighbour_the_values_are_the_defined_ones():
    found = values(plane(0, 0)[0], np.full((1, 8, 64), np.nan), ~ALL)
    for name in LATERAL:
        assert found[name][0] == (1 if name.startswith("semblance") else 0), name


def test_where_all_are_silent_the_values_are_the_defined_ones():
    found = values(np.zeros((1, 64)), np.zeros((1, 8, 64)), ALL)
    for name in LATERAL:
        assert found[name][0] == (1 if name.startswith("semblance") else 8 if name == "neighbours" else 0), name


def test_what_is_absent_is_not_looked_at():
    random = np.random.default_rng(1)
    windows, neighbours = random.normal(size=(50, 32)), random.normal(size=(50, 8, 32))
    present = random.random((50, 8)) < 0.5
    expected = values(windows, neighbours, present)
    neighbours[~present] = np.inf
    found = values(windows, neighbours, present)
    assert all((found[name] == expected[name]).all() for name in LATERAL)


amplitude = st.one_of(st.floats(-HUGE, HUGE, width=32), st.sampled_from([0.0, 1.0, -1.0, 1e-38, 1e-45]))


@pytest.mark.filterwarnings("error::RuntimeWarning")
@settings(max_examples=200, deadline=None)
@given(traces=hnp.arrays(np.float32, (2, 9, 9), elements=amplitude), present=hnp.arrays(bool, (2, 8)))
def test_every_value_of_every_finite_window_is_finite_and_in_its_range(traces, present):
    found = values(traces[:, 0], traces[:, 1:], present)
    assert all(np.isfinite(value).all() for value in found.values())
    for name in LATERAL:
        if name.startswith("semblance"):
            assert (found[name] >= 0).all()
            assert (found[name] <= 1 + 1e-5).all()
    assert (np.abs(found["amplitude_contrast"]) <= 1).all()
    assert (np.abs(found["dip_inline"]) <= 9).all()


@pytest.mark.parametrize("block", [1, 3000, 1 << 22])
def test_attributes_do_not_depend_on_the_windows_beside_them(monkeypatch, block):
    random = np.random.default_rng(2)
    windows = random.normal(size=(60, 40)).astype(np.float32)
    neighbours, present = random.normal(size=(60, 8, 40)).astype(np.float32), random.random((60, 8)) < 0.8
    expected = lateral(windows, neighbours, present)
    monkeypatch.setattr(sys.modules[lateral.__module__], "_BLOCK_SAMPLES", block)
    np.testing.assert_allclose(lateral(windows, neighbours, present), expected, rtol=1e-5, atol=1e-6)


def test_arguments_are_left_as_they_were_and_no_window_has_no_attributes():
    windows, neighbours = (array.astype(np.float32) for array in plane(0.2, 0.1))
    before = windows.tobytes() + neighbours.tobytes()
    lateral(windows, neighbours, ~ALL)
    assert windows.tobytes() + neighbours.tobytes() == before
    assert lateral(windows[:0], neighbours[:0], ALL[:0]).shape == (0, len(LATERAL))


def slow_neighbours(inline, crossline):
    def step(numbers):
        values = sorted(set(numbers))
        return min((after - before for before, after in itertools.pairwise(values)), default=1)

    places = list(zip(inline, crossline, strict=True))
    steps = step(inline), step(crossline)
    wanted = [[(i + a * steps[0], x + b * steps[1]) for a, b in NEIGHBOURS] for i, x in places]
    return [[places.index(place) if place in places else -1 for place in row] for row in wanted]


@settings(max_examples=150, deadline=None)
@given(
    places=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=30),
    scale=st.tuples(st.sampled_from([1, 2, 5]), st.sampled_from([1, 3])),
    origin=st.sampled_from([0, 100, -7, 2**31 - 100, -(2**31)]),
)
def test_neighbours_are_the_traces_one_step_away(places, scale, origin):
    inline = [origin + scale[0] * place[0] for place in places]
    crossline = [origin + scale[1] * place[1] for place in places]
    found = neighbour_rows(np.array(inline, np.int32), np.array(crossline, np.int32))
    assert found.dtype == np.int64
    assert found.tolist() == slow_neighbours(inline, crossline)


def test_numbers_between_steps_are_nobody_s_neighbours():
    assert neighbour_rows(np.zeros(3, int), np.array([0, 2, 5])).tolist() == slow_neighbours([0] * 3, [0, 2, 5])


def test_a_line_has_two_neighbours_a_trace_and_traces_in_one_place_none():
    rows = neighbour_rows(np.full(4, 339), np.arange(4) * 2 + 300)
    assert [sorted(row[row >= 0].tolist()) for row in rows] == [[1], [0, 2], [1, 3], [2]]
    assert (neighbour_rows(np.ones(5, int), np.ones(5, int)) == -1).all()
    assert neighbour_rows(np.zeros(0, int), np.zeros(0, int)).shape == (0, 8)


def test_numbers_over_the_whole_range_of_a_header_do_not_overflow():
    ends = np.array([-(2**31), -(2**31) + 1, 2**31 - 2, 2**31 - 1])
    inline, crossline = np.repeat(ends, 4), np.tile(ends, 4)
    assert neighbour_rows(inline, crossline).tolist() == slow_neighbours(inline.tolist(), crossline.tolist())
