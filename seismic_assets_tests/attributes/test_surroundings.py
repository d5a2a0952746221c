"""Who lies beside whom, whatever the order of the traces and the chunks that they are read in."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.attributes import HeldChunks, Neighbours, Surroundings
from seismic_assets.attributes.lateral import NEIGHBOURS

SAMPLES = 6


def cube(inlines: int, crosslines: int, order: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inlines in steps of 2, crosslines in steps of 3, and traces whose samples tell their place, in an order."""
    inline = 100 + 2 * np.repeat(np.arange(inlines), crosslines)
    crossline = 900 + 3 * np.tile(np.arange(crosslines), inlines)
    traces = (inline * 1000 + crossline)[:, None] + np.arange(SAMPLES) / 8
    order = np.arange(len(inline)) if order is None else order
    return inline[order], crossline[order], traces[order].astype(np.float32)


def in_chunks(inline, crossline, traces, starts, held: HeldChunks | None = None, loaded: list[int] | None = None):
    """Surroundings of traces that are read in chunks with the given first traces."""
    starts = np.asarray(starts, dtype=np.int64)

    def load(chunk: int) -> np.ndarray:
        if loaded is not None:
            loaded.append(chunk)
        return traces[starts[chunk] : [*starts, len(traces)][chunk + 1]].copy()

    return Surroundings(inline, crossline, starts, load, held)


def slow_around(inline, crossline, traces, index) -> Neighbours:
    """One trace after the other, by its numbers."""
    place = {}
    for row, numbers in enumerate(zip(inline.tolist(), crossline.tolist(), strict=True)):
        place.setdefault(numbers, row)
    samples = np.zeros((len(index), 8, traces.shape[1]), np.float32)
    present = np.zeros((len(index), 8), bool)
    for at, row in enumerate(index):
        for column, (step_inline, step_crossline) in enumerate(NEIGHBOURS):
            other = place.get((int(inline[row]) + 2 * step_inline, int(crossline[row]) + 3 * step_crossline))
            if other is not None and np.isfinite(traces[other]).all() and np.ptp(traces[other]) > 0:
                samples[at, column], present[at, column] = traces[other], True
    return Neighbours(samples, present)


def assert_same(found: Neighbours, expected: Neighbours) -> None:
    assert found.present.tolist() == expected.present.tolist()
    assert found.samples.dtype == np.float32
    np.testing.assert_array_equal(found.samples[found.present], expected.samples[expected.present])


def test_the_eight_traces_around_stand_in_the_order_of_their_steps() -> None:
    inline, crossline, traces = cube(5, 5)
    found = Surroundings.of_array(inline, crossline, traces).around(np.array([12]))
    assert found.present.all()
    expected = [(104 + 2 * a) * 1000 + 906 + 3 * b for a, b in NEIGHBOURS]
    assert found.samples[0, :, 0].tolist() == expected


def test_a_corner_has_three_neighbours_and_an_edge_has_five() -> None:
    surroundings = Surroundings.of_array(*cube(4, 4))
    assert surroundings.around(np.arange(16)).present.sum(axis=1).reshape(4, 4).tolist() == [
        [3, 5, 5, 3],
        [5, 8, 8, 5],
        [5, 8, 8, 5],
        [3, 5, 5, 3],
    ]


@settings(max_examples=60, deadline=None)
@given(
    inlines=st.integers(1, 5),
    crosslines=st.integers(1, 6),
    seed=st.integers(0, 50),
    share=st.floats(0.3, 1),
    data=st.data(),
)
def test_chunks_of_any_size_and_any_order_give_what_the_numbers_say(inlines, crosslines, seed, share, data) -> None:
    random = np.random.default_rng(seed)
    order = random.permutation(inlines * crosslines)[: max(1, round(share * inlines * crosslines))]
    inline, crossline, traces = cube(inlines, crosslines, order)
    # What is a step is for `neighbour_rows` to find: here the survey's own steps are to be among the traces.
    step_found = all(
        len(set(numbers)) == 1 or np.diff(np.unique(numbers)).min() == step
        for numbers, step in ((inline.tolist(), 2), (crossline.tolist(), 3))
    )
    spoilt = random.random(len(traces))
    traces[spoilt < 0.1] = 7
    traces[(spoilt > 0.1) & (spoilt < 0.2), 2] = np.nan
    later = data.draw(st.sets(st.integers(1, max(1, len(traces) - 1)), max_size=6)) if len(traces) > 1 else set()
    index = np.array(data.draw(st.lists(st.integers(0, len(traces) - 1), max_size=12)), dtype=np.int64)
    held = HeldChunks(data.draw(st.sampled_from([1, 100, 10_000])))

    whole = Surroundings.of_array(inline, crossline, traces).around(index)
    cut = in_chunks(inline, crossline, traces, [0, *sorted(later)], held)

    assert_same(cut.around(index), whole)
    assert_same(cut.around(index), whole)
    if step_found:
        assert_same(whole, slow_around(inline, crossline, traces, index))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e20])
def test_a_broken_neighbour_is_absent_and_its_samples_are_finite(value: float) -> None:
    inline, crossline, traces = cube(3, 3)
    traces[3, 1] = value
    found = Surroundings.of_array(inline, crossline, traces).around(np.array([4]))
    assert found.present[0].tolist() == [step != (0, -1) for step in NEIGHBOURS]
    assert np.isfinite(found.samples).all()


def test_a_dead_neighbour_is_absent() -> None:
    inline, crossline, traces = cube(3, 3)
    traces[7] = 12.5
    found = Surroundings.of_array(inline, crossline, traces).around(np.array([4]))
    assert found.present[0].tolist() == [step != (1, 0) for step in NEIGHBOURS]


def test_a_trace_that_is_dead_itself_still_has_neighbours() -> None:
    inline, crossline, traces = cube(3, 3)
    traces[4] = 0
    assert Surroundings.of_array(inline, crossline, traces).around(np.array([4])).present.all()


def test_a_survey_without_positions_has_no_neighbours_and_samples_of_its_length() -> None:
    traces = cube(2, 3)[2]
    found = Surroundings.of_array(np.zeros(6, np.int32), np.zeros(6, np.int32), traces).around(np.arange(6))
    assert not found.present.any()
    assert found.samples.shape == (6, 8, SAMPLES)


def test_of_two_traces_at_one_place_the_first_is_the_neighbour() -> None:
    inline, crossline, traces = cube(1, 3, np.array([0, 1, 2, 2]))
    traces[3] += 1
    found = Surroundings.of_array(inline, crossline, traces).around(np.array([1]))
    assert found.samples[0, NEIGHBOURS.index((0, 1))].tolist() == traces[2].tolist()


def test_only_the_chunks_that_are_needed_are_read() -> None:
    loaded: list[int] = []
    surroundings = in_chunks(*cube(10, 4), np.arange(0, 40, 4), loaded=loaded)
    surroundings.around(np.array([17, 18]))
    assert loaded == [3, 4, 5]


def test_a_chunk_that_is_held_is_not_read_again_and_one_that_was_given_up_is() -> None:
    loaded: list[int] = []
    line = 4 * SAMPLES * 4
    surroundings = in_chunks(*cube(10, 4), np.arange(0, 40, 4), HeldChunks(3 * line), loaded)
    for inline in range(10):
        surroundings.around(4 * inline + np.arange(4))
    assert loaded == list(range(10))
    surroundings.around(np.arange(4))
    assert loaded == [*range(10), 0, 1]


def test_files_that_share_what_is_held_are_held_to_its_bytes_together_and_are_not_mixed_up() -> None:
    held = HeldChunks(2 * 9 * SAMPLES * 4)
    inline, crossline, traces = cube(3, 3)
    loaded: list[list[int]] = [[], [], []]
    files = [in_chunks(inline, crossline, traces + 100 * number, [0], held, loaded[number]) for number in range(3)]
    for _ in range(2):
        for number, each in enumerate(files):
            expected = (traces[1] + 100 * number).tolist()
            assert each.around(np.array([4])).samples[0, NEIGHBOURS.index((-1, 0))].tolist() == expected
    assert loaded == [[0, 0]] * 3


def test_several_threads_get_what_one_gets() -> None:
    random = np.random.default_rng(0)
    inline, crossline, traces = cube(20, 20, random.permutation(400))
    surroundings = in_chunks(inline, crossline, traces, np.arange(0, 400, 7), HeldChunks(5000))
    whole = Surroundings.of_array(inline, crossline, traces)
    wanted = [random.integers(0, 400, 30) for _ in range(200)]
    together = threading.Barrier(4)

    def ask(part: int) -> list[Neighbours]:
        together.wait(10)
        return [surroundings.around(index) for index in wanted[part::4]]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))
    for part, found in enumerate(answers):
        for index, each in zip(wanted[part::4], found, strict=True):
            assert_same(each, whole.around(index))


def test_threads_read_at_the_same_time() -> None:
    both = threading.Barrier(2)
    inline, crossline, traces = cube(4, 4)

    def load(chunk: int) -> np.ndarray:
        both.wait(10)
        return traces[8 * chunk : 8 * chunk + 8]

    surroundings = Surroundings(inline, crossline, np.array([0, 8]), load)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda row: surroundings.around(np.array([row])), [0, 15]))
    assert [int(each.present.sum()) for each in found] == [3, 3]
