from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.segy import TraceHeaders
from seismic_assets.segy.geometry import GeometryTally


def headers(inline, crossline, *, offset=None, cdp=None, x=None, y=None):
    """Headers of traces at given places; coordinates on a 25 m grid and CDP 0 unless they are given."""
    inline, crossline = np.asarray(inline, np.int32), np.asarray(crossline, np.int32)
    count = len(inline)
    zeros = np.zeros(count, np.int32)
    return TraceHeaders(
        trace_index=np.arange(count),
        inline=inline,
        crossline=crossline,
        cdp=zeros if cdp is None else np.asarray(cdp, np.int32),
        offset=zeros if offset is None else np.asarray(offset, np.int32),
        cdp_x=6e5 + 25.0 * crossline if x is None else np.asarray(x, np.float64),
        cdp_y=6e6 + 25.0 * inline if y is None else np.asarray(y, np.float64),
        start_ms=zeros.astype(np.float32),
        num_samples=zeros,
        interval_us=zeros,
    )


def part(whole, start, stop):
    return TraceHeaders(**{name: values[start:stop] for name, values in vars(whole).items()})


def geometry(whole, cuts=()):
    tally = GeometryTally()
    edges = [0, *sorted(cuts), len(whole.inline)]
    for start, stop in pairwise(edges):
        tally.add(part(whole, start, stop))
    return tally.finish()


def merged(whole, cuts):
    """Parts tallied apart, as workers do, and put together."""
    edges = [0, *sorted(cuts), len(whole.inline)]
    tallies = []
    for start, stop in pairwise(edges):
        tallies.append(GeometryTally())
        tallies[-1].add(part(whole, start, stop))
    for other in tallies[1:]:
        tallies[0].merge(other)
    return tallies[0].finish()


def grid(inlines, crosslines):
    return np.repeat(inlines, len(crosslines)), np.tile(crosslines, len(inlines))


def test_a_volume_has_ranges_counts_and_steps():
    found = geometry(headers(*grid([10, 12, 14], [105, 110, 115, 120])))
    assert (found.kind, found.inline, found.crossline) == ("3D", (10, 14), (105, 120))
    assert (found.inlines, found.crosslines, found.inline_step, found.crossline_step) == (3, 4, 2, 5)
    assert (found.x, found.y) == ((6e5 + 25 * 105, 6e5 + 25 * 120), (6e6 + 250, 6e6 + 350))
    assert (found.missing_positions, found.repeated_traces, found.unplaced_traces) == (0, 0, 0)
    assert (found.traces_per_position, found.offsets, found.offset) == (1, 1, (0, 0))


def test_negative_numbers_are_a_volume_too():
    found = geometry(headers(*grid([-1, -2, -3], [-24, -22, -20])))
    assert (found.kind, found.inline, found.crossline) == ("3D", (-3, -1), (-24, -20))
    assert (found.inline_step, found.crossline_step, found.missing_positions) == (1, 2, 0)


def test_lines_of_all_kinds_are_2d():
    single_inline = geometry(headers(*grid([7], [1, 2, 3])))
    single_crossline = geometry(headers(*grid([1, 2, 3], [7])))
    by_cdp = geometry(headers([0] * 3, [0] * 3, cdp=[101, 102, 103]))
    assert [each.kind for each in (single_inline, single_crossline, by_cdp)] == ["2D"] * 3
    assert (by_cdp.cdp, by_cdp.traces_per_position) == ((101, 103), 3)
    assert (by_cdp.missing_positions, by_cdp.repeated_traces) == (0, 0), "a line without numbers repeats none"


def test_traces_without_any_number_have_no_geometry_and_no_place():
    zeros = np.zeros(4)
    found = geometry(headers(zeros, zeros, x=zeros, y=zeros))
    assert (found.kind, found.unplaced_traces, found.sorting) == ("none", 4, "none")
    assert (found.coordinate_misfit, found.bin_size) == (None, None)


def test_coordinates_alone_are_a_place():
    zeros = np.zeros(3)
    assert geometry(headers(zeros, zeros, x=[1, 2, 0], y=[0, 0, 0])).unplaced_traces == 1


def test_a_gap_is_counted_within_the_steps_of_the_grid():
    inline, crossline = grid([1, 2, 3, 4], [10, 12, 14, 16, 18])
    kept = np.delete(np.arange(20), [6, 7, 13])
    found = geometry(headers(inline[kept], crossline[kept]))
    assert (found.missing_positions, found.crossline_step) == (3, 2)


def test_a_missing_whole_line_is_a_gap():
    assert geometry(headers(*grid([1, 2, 4, 5], [1, 2, 3]))).missing_positions == 3


def test_repeated_traces_are_those_beyond_the_first_with_the_same_offset():
    inline, crossline = grid([1, 2], [1, 2, 3])
    again = [0, 1, 1, 2, 3, 4, 4, 4, 5]
    found = geometry(headers(inline[again], crossline[again]))
    assert (found.repeated_traces, found.traces_per_position, found.missing_positions) == (3, 3, 0)


def test_gathers_share_positions_and_repeat_nothing():
    inline, crossline = grid([1, 2], [1, 2, 3])
    offset = np.tile([100, 200, 300, 400], 6)
    found = geometry(headers(np.repeat(inline, 4), np.repeat(crossline, 4), offset=offset))
    assert (found.traces_per_position, found.repeated_traces, found.missing_positions) == (4, 0, 0)
    assert (found.offset, found.offsets) == ((100, 400), 4)


def test_a_trace_without_a_place_in_a_volume_makes_no_gaps():
    inline, crossline = grid([11, 12], [105, 106, 107])
    whole = headers([0, *inline], [0, *crossline], x=[0, *crossline], y=[0, *inline])
    found = geometry(whole)
    assert (found.unplaced_traces, found.missing_positions, found.kind) == (1, 0, "3D")


def test_sorting_is_named_after_the_number_that_stays():
    inline, crossline = grid([1, 2, 3], [1, 2, 3, 4])
    shuffled = np.random.default_rng(1).permutation(12)
    assert geometry(headers(inline, crossline)).sorting == "inline"
    assert geometry(headers(crossline, inline)).sorting == "crossline"
    assert geometry(headers(np.arange(5), np.arange(5))).sorting == "none"
    assert geometry(headers(inline[shuffled], crossline[shuffled])).kind == "3D"


@pytest.mark.parametrize("degrees", [0, 30, 135])
def test_coordinates_on_a_turned_grid_fit_and_give_the_smaller_bin(degrees):
    inline, crossline = grid(np.arange(100, 120, 2), np.arange(300, 312))
    turn = np.radians(degrees)
    along, across = 12.5 * crossline, 12.5 * inline
    x = 431_000 + along * np.cos(turn) - across * np.sin(turn)
    y = 6_348_000 + along * np.sin(turn) + across * np.cos(turn)
    found = geometry(headers(inline, crossline, x=x, y=y))
    assert found.bin_size == pytest.approx(12.5, rel=1e-6), "inlines are 25 m apart as every other one is there"
    assert found.coordinate_misfit == pytest.approx(0, abs=1e-3)


def test_a_misfit_is_the_root_mean_square_distance():
    inline, crossline = grid(np.arange(40), np.arange(50))
    noise = np.random.default_rng(3).normal(scale=10, size=(2, 2000))
    found = geometry(headers(inline, crossline, x=25 * crossline + noise[0], y=25 * inline + noise[1]))
    assert found.coordinate_misfit == pytest.approx(10 * np.sqrt(2), rel=0.05)
    assert found.bin_size == pytest.approx(25, rel=0.01)


def test_swapped_coordinates_of_one_line_do_not_fit():
    inline, crossline = grid(np.arange(10), np.arange(10))
    x, y = 25.0 * crossline, 25.0 * inline
    x[50:60] = x[50:60][::-1]
    straight = geometry(headers(inline, crossline, x=25.0 * crossline, y=y)).coordinate_misfit
    assert straight == pytest.approx(0, abs=1e-3)
    assert geometry(headers(inline, crossline, x=x, y=y)).coordinate_misfit > 10


def test_a_line_has_no_plane_to_fit():
    found = geometry(headers(*grid([7], np.arange(30))))
    assert (found.coordinate_misfit, found.bin_size) == (None, None)


def test_missing_coordinates_do_not_spoil_the_fit():
    inline, crossline = grid(np.arange(1, 11), np.arange(1, 11))
    x, y = 6e5 + 25.0 * crossline, 6e6 + 25.0 * inline
    x[::7] = y[::7] = 0
    assert geometry(headers(inline, crossline, x=x, y=y)).coordinate_misfit == pytest.approx(0, abs=1e-3)


small = st.integers(-3, 3)
places = st.lists(st.tuples(small, small, small, small, small), min_size=1, max_size=40)


@settings(max_examples=200, deadline=None)
@given(places, st.lists(st.integers(0, 40), max_size=6))
def test_the_size_of_blocks_does_not_change_the_geometry(rows, cuts):
    inline, crossline, offset, x, y = np.array(rows).T
    whole = headers(inline, crossline, offset=offset, cdp=offset, x=10 * x, y=10 * y)
    cuts = [min(cut, len(rows)) for cut in cuts]
    check_same(geometry(whole), geometry(whole, cuts))


@settings(max_examples=200, deadline=None)
@given(places, st.lists(st.integers(0, 40), max_size=6))
def test_parts_tallied_apart_make_the_same_geometry_but_for_the_moves_between_them(rows, cuts):
    inline, crossline, offset, x, y = np.array(rows).T
    whole = headers(inline, crossline, offset=offset, cdp=offset, x=10 * x, y=10 * y)
    cuts = [min(cut, len(rows)) for cut in cuts]
    check_same(geometry(whole), merged(whole, cuts), but=("sorting",))


def check_same(at_once, in_parts, but=()):
    fitted = {"coordinate_misfit", "bin_size"}
    for name, value in vars(at_once).items():
        if name in fitted:
            # The misfit is the root of a difference of squares: half of their digits are left.
            assert getattr(in_parts, name) == pytest.approx(value, abs=1e-4)
        elif name not in but:
            assert getattr(in_parts, name) == value, name


@given(places)
def test_counts_are_those_of_a_plain_count(rows):
    inline, crossline, offset, x, y = np.array(rows).T
    found = geometry(headers(inline, crossline, offset=offset, x=x, y=y))
    positions = [row[:2] for row in rows]
    assert found.traces_per_position == max(positions.count(each) for each in positions)
    assert found.unplaced_traces == sum(row[:2] == (0, 0) and row[3:] == (0, 0) for row in rows)
    if found.inline != (0, 0) or found.crossline != (0, 0):
        assert found.repeated_traces == len(rows) - len({row[:3] for row in rows})
    assert found.missing_positions >= 0


@given(st.lists(st.tuples(*[st.integers(-(2**31), 2**31 - 1)] * 2), min_size=1, max_size=20))
def test_numbers_of_any_size_have_a_geometry(rows):
    inline, crossline = np.array(rows).T
    found = geometry(headers(inline, crossline))
    assert found.inline == (min(inline), max(inline))
    assert found.missing_positions >= 0


@settings(deadline=None)
@given(st.lists(st.floats(-1e15, 1e15), min_size=12, max_size=12))
def test_coordinates_of_any_size_have_a_geometry_without_warnings(x):
    inline, crossline = grid([1, 2, 3], [1, 2, 3, 4])
    with np.errstate(all="raise", under="ignore"):
        found = geometry(headers(inline, crossline, x=x, y=np.ones(12)))
    assert found.coordinate_misfit is None or np.isfinite(found.coordinate_misfit)
