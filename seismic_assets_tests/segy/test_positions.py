import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.segy.positions import PositionCounts, PositionTally

small = st.integers(-2, 2)
places = st.lists(st.tuples(small, small, st.integers(0, 1)), min_size=1, max_size=40)


def tally_of(positions):
    tally = PositionTally()
    if len(positions):
        tally.add(*np.array(positions, np.int32).T)
    return tally


def counted(positions):
    whole, pairs = [tuple(each) for each in positions], [tuple(each[:2]) for each in positions]
    most = max(pairs.count(pair) for pair in pairs)
    return PositionCounts(most, len(set(pairs)), len(whole) - len(set(whole)), pairs.count((0, 0)))


@settings(max_examples=300, deadline=None)
@given(positions=places, cut=st.integers(0, 40))
def test_counts_are_those_of_a_list_however_the_traces_come(positions, cut):
    together, merged = PositionTally(), tally_of(positions[:cut])
    for part in (positions[:cut], positions[cut:]):
        if part:
            together.add(*np.array(part, np.int32).T)
    merged.merge(tally_of(positions[cut:]))
    assert together.finish() == merged.finish() == counted(positions)


@pytest.mark.parametrize("step", [1, 2, -1, 0])
def test_lines_of_a_grid_are_counted_without_being_held(step):
    tally = PositionTally()
    for inline in range(100, 140):
        crossline = 500 + step * np.arange(1000, dtype=np.int32)
        tally.add(np.full(1000, inline, np.int32), crossline, np.zeros(1000, np.int32))
    distinct = 40 * (1000 if step else 1)
    assert tally.finish() == PositionCounts(1 if step else 1000, distinct, 40_000 - distinct, 0)
    assert sum(len(block.starts) for block in tally._blocks) == 40


def test_the_same_line_twice_is_repeated():
    tally = PositionTally()
    for _ in range(2):
        tally.add(np.full(9, 3, np.int32), np.arange(9, dtype=np.int32), np.zeros(9, np.int32))
    assert tally.finish() == PositionCounts(2, 9, 9, 0)
