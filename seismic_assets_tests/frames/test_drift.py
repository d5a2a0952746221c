"""Samples for drift from bronze, against features made by hand from the traces in memory."""

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seismic_assets.attributes import FeatureSet, Traces, WindowGrid, fit_embedder, usable_traces, window_features
from seismic_assets.drift.tiles import TILE
from seismic_assets.frames import FeatureMaker, IngestOptions, drift_sample, ingest_files, map_scale
from seismic_assets.lake import BRONZE_TRACES, TRACE_QUALITY, Lake
from seismic_assets_tests.frames.building import (
    BROKEN,
    COUNT,
    CROSSLINES,
    CUBE,
    DEAD,
    FILE,
    INLINES,
    INTERVAL_US,
    START_MS,
    cube_features,
    cube_traces,
    cut_files_into,
    traces,
    write_cube_file,
    write_file,
)
from seismic_assets_tests.segy.building import write_cube, write_line

GRID = WindowGrid(32, 16)
PLAIN = FeatureSet()
EMBEDDER = fit_embedder([GRID.cut(cube_traces()[usable_traces(cube_traces())])], 5)
WINDOWS = 5
FEATURES = 13
EVERY = 10_000
BIG, SIDE, SHORT = "big.sgy", 40, 64


def maker(feature_set: FeatureSet = PLAIN, normalise: str = "none") -> FeatureMaker:
    return FeatureMaker(GRID, EMBEDDER, feature_set, normalise)


def add(lake: Lake, *paths) -> None:
    list(ingest_files(lake, {path.name: path for path in paths}, IngestOptions()))


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """A cube and a line far from it in bronze, in segments of nine traces and row groups of four."""
    folder = tmp_path_factory.mktemp("drift")
    with pytest.MonkeyPatch.context() as patch:
        cut_files_into(patch, segment=9, block=4)
        made = Lake(folder / "lake")
        add(made, write_cube_file(folder / CUBE), write_file(folder / FILE))
    return made


@pytest.fixture(scope="module")
def big_lake(tmp_path_factory):
    """A cube of 25 tiles of 64 traces."""
    folder = tmp_path_factory.mktemp("big")
    made = Lake(folder / "lake")
    amplitudes = np.random.default_rng(5).normal(size=(SIDE * SIDE, SHORT)).astype(np.float32)
    add(made, write_cube(folder / BIG, inlines=SIDE, crosslines=SIDE, traces=amplitudes, sample_format="ieee"))
    return made, amplitudes


@pytest.mark.parametrize("normalise", ["none", "robust"])
@pytest.mark.parametrize("feature_set", [FeatureSet(), FeatureSet("lateral", time=True)], ids=str)
def test_windows_have_the_features_that_are_made_by_hand(lake, feature_set, normalise):
    scale = lake.read(TRACE_QUALITY, [CUBE], ["amplitude_scale"]).item() if normalise == "robust" else 1.0
    by_hand = cube_features(GRID, EMBEDDER, feature_set, scale)

    sample = drift_sample(lake, [CUBE], maker(feature_set, normalise), EVERY)

    expected = np.stack([by_hand[key] for key in sorted(by_hand)])
    assert sample.trace.tolist() == [trace for trace, _ in sorted(by_hand)]
    np.testing.assert_allclose(sample.features, expected, rtol=1e-5, atol=1e-4)


def test_every_trace_has_its_place_in_steps_and_dead_and_broken_ones_count_as_dead(lake):
    sample = drift_sample(lake, [CUBE], maker(), EVERY)

    assert sample.places.tolist() == [[inline, line] for inline in range(INLINES) for line in range(CROSSLINES)]
    assert np.flatnonzero(sample.dead).tolist() == [10, 25]
    assert not sample.dead[sample.trace].any()


def test_areas_that_show_other_places_lie_far_apart(lake):
    sample = drift_sample(lake, [FILE, CUBE], maker(), EVERY)

    first = sample.places[: INLINES * CROSSLINES]
    other = sample.places[INLINES * CROSSLINES :]
    assert len(other) == COUNT
    assert np.abs(first[:, None] - other[None]).max(axis=2).min() > 10_000
    assert np.flatnonzero(sample.dead).tolist() == [10, 25, *sorted(42 + each for each in {*DEAD, *BROKEN})]


def test_every_trace_says_which_file_it_is_of(lake):
    sample = drift_sample(lake, [FILE, CUBE], maker(), EVERY)

    first, other = sample.group[: INLINES * CROSSLINES], sample.group[INLINES * CROSSLINES :]
    assert len(set(first)) == len(set(other)) == 1
    assert first[0] != other[0]


def test_two_surveys_with_the_same_line_numbers_share_no_tile(tmp_path):
    made = Lake(tmp_path / "lake")
    noise = np.random.default_rng(5).normal(size=(2, 2, 16, SHORT)).astype(np.float32)
    for survey, parts in enumerate(noise):  # each of two files that lie side by side
        for part, amplitudes in enumerate(parts):
            path = tmp_path / f"survey{survey}_{part}.sgy"
            inline = np.repeat([11, 12], 8) + 2 * part
            add(made, write_cube(path, inlines=2, crosslines=8, traces=amplitudes, inline=inline, num_samples=SHORT))

    sample = drift_sample(made, sorted(made.file_ids(BRONZE_TRACES)), maker(), EVERY)

    one, other = sample.places[:32], sample.places[32:]
    assert np.abs(one[:, None] - other[None]).max(axis=2).min() > 10_000
    assert one.tolist() == [[inline, line] for inline in range(4) for line in range(8)]
    assert (other - other[0]).tolist() == one.tolist()


def test_windows_of_the_second_file_are_those_of_its_own_traces(lake):
    alone = drift_sample(lake, [FILE], maker(), EVERY)
    both = drift_sample(lake, [CUBE, FILE], maker(), EVERY)

    second = both.trace >= INLINES * CROSSLINES
    np.testing.assert_array_equal(both.features[second], alone.features)
    assert (both.trace[second] - INLINES * CROSSLINES).tolist() == alone.trace.tolist()
    own = np.array([each for each in range(COUNT) if each not in {*DEAD, *BROKEN}])
    made = Traces(traces()[own], INTERVAL_US, np.full(len(own), START_MS, np.float32))
    np.testing.assert_allclose(
        alone.features, window_features(made.windows(GRID), EMBEDDER, FeatureSet()), rtol=1e-5, atol=1e-4
    )
    assert alone.trace.tolist() == np.repeat(own, WINDOWS).tolist()


def test_a_line_without_positions_is_placed_by_the_order_of_its_traces(tmp_path):
    made = Lake(tmp_path / "lake")
    nothing = np.zeros(30, int)
    path = write_line(tmp_path / "bare.sgy", count=30, num_samples=64, inline=nothing, crossline=nothing)
    add(made, path)

    sample = drift_sample(made, ["bare.sgy"], maker(), EVERY)

    assert sample.places.tolist() == [[0, trace] for trace in range(30)]
    assert map_scale(made, "bare.sgy").numbers(sample.places).tolist() == sample.places.tolist()


def test_steps_become_the_numbers_of_lines_again(lake):
    sample = drift_sample(lake, [CUBE], maker(), EVERY)

    numbers = map_scale(lake, CUBE).numbers(sample.places)

    expected = [[11 + inline, 100 + 2 * crossline] for inline in range(INLINES) for crossline in range(CROSSLINES)]
    assert numbers.tolist() == expected


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(most=st.integers(1, 2 * SIDE * SIDE))
def test_whole_tiles_are_taken_within_the_budget_and_their_rows_match(big_lake, most):
    lake, amplitudes = big_lake

    sample = drift_sample(lake, [BIG], maker(), most)

    taken = [tuple(place) for place in sample.places.astype(int).tolist()]
    tiles = {(inline // TILE, crossline // TILE) for inline, crossline in taken}
    whole = {
        (inline, crossline)
        for inline in range(SIDE)
        for crossline in range(SIDE)
        if (inline // TILE, crossline // TILE) in tiles
    }
    assert set(taken) == whole
    assert abs(len(taken) - min(most, SIDE * SIDE)) <= TILE * TILE
    some = np.unique(sample.trace)[:: max(1, len(taken) // 5)]
    rows = np.array([taken[each][0] * SIDE + taken[each][1] for each in some])
    made = Traces(amplitudes[rows], 4000, np.zeros(len(rows), np.float32))
    expected = window_features(made.windows(GRID), EMBEDDER, FeatureSet())
    np.testing.assert_allclose(sample.features[np.isin(sample.trace, some)], expected, rtol=1e-5, atol=1e-4)


def test_tiles_are_spread_over_the_whole_file(big_lake):
    sample = drift_sample(big_lake[0], [BIG], maker(), 5 * TILE * TILE)

    assert len(sample.dead) == 5 * TILE * TILE
    assert len(np.unique(sample.places[:, 0] // TILE)) == 5


def test_only_the_traces_that_are_named_are_chosen_from(lake):
    only = pl.DataFrame({"file_id": [CUBE] * 4 + ["elsewhere"], "trace_index": [3, 4, 10, 4, 5]})

    sample = drift_sample(lake, [CUBE, FILE], maker(), EVERY, only=only)

    by_hand = cube_features(GRID, EMBEDDER, FeatureSet())
    assert sample.dead.tolist() == [False, False, True]
    assert sample.trace.tolist() == [0] * WINDOWS + [1] * WINDOWS
    expected = [by_hand[trace, window] for trace in (3, 4) for window in range(WINDOWS)]
    np.testing.assert_allclose(sample.features, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("file_ids", [[], ["missing.sgy"]], ids=["no file", "a file without rows"])
def test_files_without_rows_add_nothing(lake, file_ids):
    sample = drift_sample(lake, file_ids, maker(), EVERY)

    assert sample.features.shape == (0, FEATURES)
    assert sample.places.shape == (0, 2)
    assert len(sample.dead) == len(sample.trace) == 0
    assert len(drift_sample(lake, [*file_ids, FILE], maker(), EVERY).dead) == COUNT


def test_before_the_first_file_there_is_an_empty_sample(tmp_path):
    assert drift_sample(Lake(tmp_path / "nowhere"), ["a.sgy"], maker(), EVERY).usable == 0


def test_a_file_of_dead_traces_has_dead_traces_and_no_windows(tmp_path):
    made = Lake(tmp_path / "lake")
    add(made, write_line(tmp_path / "dead.sgy", np.full((9, 64), 3, np.float32)))

    sample = drift_sample(made, ["dead.sgy"], maker(), EVERY)

    assert sample.dead.all() and len(sample.dead) == 9
    assert sample.features.shape == (0, FEATURES)


def test_traces_whose_features_are_not_finite_count_as_dead(tmp_path):
    made = Lake(tmp_path / "lake")
    amplitudes = np.random.default_rng(1).normal(size=(9, 64)).astype(np.float32)
    amplitudes[4] *= 1e37
    add(made, write_line(tmp_path / "loud.sgy", amplitudes, sample_format="ieee"))

    sample = drift_sample(made, ["loud.sgy"], maker(), EVERY)

    assert np.isfinite(sample.features).all()
    assert np.flatnonzero(sample.dead).tolist() == [4]
    assert sorted(set(sample.trace.tolist())) == [0, 1, 2, 3, 5, 6, 7, 8]
