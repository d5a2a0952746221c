import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.serving.page.lines import Lines, Positions, lines_of


def test_a_volume_in_the_order_of_its_inlines_consists_of_them() -> None:
    positions = Positions.of_numbers([7, 7, 7, 9, 9, 9], [1, 2, 3, 1, 2, 3])

    assert lines_of(positions) == Lines("inline", [(7, 0, 2), (9, 3, 5)])


def test_a_volume_in_the_order_of_its_crosslines_consists_of_those() -> None:
    positions = Positions.of_numbers([1, 2, 3, 1, 2, 3], [7, 7, 7, 9, 9, 9])

    assert lines_of(positions) == Lines("crossline", [(7, 0, 2), (9, 3, 5)])


def test_one_line_is_no_choice() -> None:
    assert lines_of(Positions.of_numbers([7] * 5, [1, 2, 3, 4, 5])) is None


def test_traces_in_no_order_are_no_lines() -> None:
    assert lines_of(Positions.of_numbers([1, 2, 1, 2], [5, 6, 7, 8])) is None


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_lines_hold_every_trace_once_and_share_their_number(places: list[tuple[int, int]]) -> None:
    positions = Positions.of_numbers(*zip(*places, strict=True))

    found = lines_of(positions)

    if found is not None:
        numbers = getattr(positions, found.axis)
        covered = [trace for _, first, last in found.lines for trace in range(first, last + 1)]
        assert covered == list(range(len(places)))
        assert all((numbers[first : last + 1] == number).all() for number, first, last in found.lines)
        assert np.all([one[0] != other[0] for one, other in zip(found.lines, found.lines[1:], strict=False)])
