import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.labels.geometry import FileGeometry, joined_ranges, trace_keys

numbers = st.integers(-(2**31), 2**31 - 1)


@given(st.tuples(numbers, numbers), st.tuples(numbers, numbers))
def test_two_places_share_a_key_only_if_they_are_the_same(one, other):
    first, second = trace_keys([one[0], other[0]], [one[1], other[1]])
    assert (first == second) == (one == other)


def test_every_bit_of_both_numbers_is_in_the_key():
    bits = [0, -(2**31), *(2**bit for bit in range(31))]
    keys = trace_keys(np.repeat(bits, len(bits)), np.tile(bits, len(bits)))
    assert len(np.unique(keys)) == len(bits) ** 2


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5))))
def test_ranges_are_joined_in_order(spans):
    first = np.array([start for start, _ in spans], dtype=np.int64)
    stop = np.array([start + length for start, length in spans], dtype=np.int64)
    values, owner = joined_ranges(first, stop)
    assert values.tolist() == [n for start, length in spans for n in range(start, start + length)]
    assert owner.tolist() == [position for position, (_, length) in enumerate(spans) for _ in range(length)]


def test_all_traces_of_a_gather_are_found_at_one_place():
    geometry = FileGeometry("x.sgy", np.array([2, 1, 2]), np.array([5, 5, 5]), 0.0, 4000, 10)
    rows, asked = geometry.rows_at(trace_keys([9, 2], [9, 5]))
    assert sorted(rows.tolist()) == [0, 2]
    assert asked.tolist() == [1, 1]
