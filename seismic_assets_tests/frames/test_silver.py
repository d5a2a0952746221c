"""Keys line up with values, whatever the segments and blocks and whichever traces are left out."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from seismic_assets.attributes import (
    HANDCRAFTED,
    FeatureSet,
    Surroundings,
    WindowGrid,
    feature_names,
    features_of,
    fit_embedder,
    handcrafted,
    window_features,
)
from seismic_assets.frames import (
    IngestOptions,
    attribute_tables,
    chosen_windows,
    feature_tables,
    ingest_files,
    silver,
    surroundings_of,
    training_windows,
    usable_traces_of,
)
from seismic_assets.lake import BRONZE_TRACES, TRACE_ATTRIBUTES, Lake
from seismic_assets_tests.frames.building import (
    CUBE,
    FILE,
    INTERVAL_US,
    USABLE,
    bronze_lake,
    cube_around,
    cube_features,
    cube_traces,
    cut_files_into,
    traces,
    write_cube_file,
)

GRIDS = [WindowGrid(32, 16), WindowGrid(32, 50), WindowGrid(100, 7), WindowGrid(None, 32), WindowGrid(160, 32)]


@pytest.fixture(scope="module", params=[(25, 25), (7, 2), (1, 1)], ids="segments of {0[0]}".format)
def lake(request, tmp_path_factory):
    """The file in bronze, in segments of so many traces, one of them without any that is usable where it is one."""
    with pytest.MonkeyPatch.context() as patch:
        cut_files_into(patch, segment=request.param[0], block=request.param[1])
        return bronze_lake(tmp_path_factory.mktemp("silver"))[0]


@pytest.fixture(params=[1, 4, 1000])
def read_rows(request, monkeypatch):
    """Rows of bronze that are read at a time."""
    monkeypatch.setattr(silver, "_READ_ROWS", request.param)


def bronze_of(lake):
    return lake.segments(BRONZE_TRACES, [FILE])


def slow_windows(grid):
    """(trace, window number, first sample, samples) of every usable trace, one after another."""
    for index in USABLE:
        trace = traces()[index : index + 1]
        for number, (start, window) in enumerate(zip(grid.starts(trace.shape[1]), grid.cut(trace), strict=True)):
            yield index, number, int(start), window


def as_frame(tables):
    return pl.DataFrame(pl.from_arrow(pa.concat_tables(tables)))


@pytest.mark.usefixtures("read_rows")
def test_usable_traces_are_neither_dead_nor_broken(lake):
    found = list(usable_traces_of(bronze_of(lake)))
    assert np.concatenate([block.trace_index for block in found]).tolist() == USABLE
    assert np.concatenate([block.samples for block in found]).tobytes() == traces()[USABLE].tobytes()
    assert {(block.sample_interval_us, float(start)) for block in found for start in block.start_ms} == {(2000, 40.0)}


@pytest.mark.usefixtures("read_rows")
@pytest.mark.parametrize("grid", GRIDS)
def test_attributes_stand_beside_the_keys_of_their_windows(lake, grid):
    frame = as_frame(attribute_tables(bronze_of(lake), grid))
    assert frame.height == sum(1 for _ in slow_windows(grid))
    length = min(grid.samples or 100, 100)
    for row, (trace, number, start, window) in zip(frame.iter_rows(named=True), slow_windows(grid), strict=True):
        assert (row["trace_index"], row["window_index"]) == (trace, number)
        assert (row["start_ms"], row["end_ms"]) == (40 + start * 2, 40 + (start + length) * 2)
        expected = handcrafted(window[None], INTERVAL_US)[0]
        assert [row[name] for name in HANDCRAFTED] == pytest.approx(expected.tolist(), rel=1e-6)


@pytest.mark.usefixtures("read_rows")
@pytest.mark.parametrize("grid", GRIDS)
def test_features_stand_beside_the_keys_of_their_windows(lake, grid):
    lake.replace_file(TRACE_ATTRIBUTES, FILE, attribute_tables(bronze_of(lake), grid))
    embedder = fit_embedder([grid.cut(traces()[USABLE])], 8)
    attributes = lake.segments(TRACE_ATTRIBUTES, [FILE])
    tables = [each for part in bronze_of(lake) for each in feature_tables(part, attributes, embedder, grid.step)]
    frame = as_frame(tables)
    slow = list(slow_windows(grid))
    assert frame.select("trace_index", "window_index").rows() == [(trace, number) for trace, number, _, _ in slow]
    expected = features_of(np.stack([window for *_, window in slow]), INTERVAL_US, embedder)
    np.testing.assert_allclose(frame.select(feature_names(8)).to_numpy(), expected, rtol=1e-5, atol=1e-5)


def test_segments_without_a_usable_trace_have_no_rows(tmp_path, monkeypatch):
    cut_files_into(monkeypatch, segment=1, block=1)
    lost = [segment for number, segment in enumerate(bronze_of(bronze_lake(tmp_path)[0])) if number not in USABLE]
    assert len(lost) == 6
    assert list(attribute_tables(lost, WindowGrid(32, 16))) == []
    chosen = pl.DataFrame({"trace_index": [0, 3], "window_index": [0, 0]})
    assert list(training_windows(lost, chosen, WindowGrid(32, 16))) == []


@pytest.mark.usefixtures("read_rows")
def test_training_windows_are_the_chosen_ones_of_usable_traces_in_order(lake):
    grid = WindowGrid(32, 16)
    every = list(slow_windows(grid))
    picked = sorted(np.random.default_rng(0).permutation(len(every))[:30])
    chosen = pl.DataFrame(
        {"trace_index": [every[i][0] for i in picked] + [0, 3], "window_index": [every[i][1] for i in picked] + [1, 1]},
        schema={"trace_index": pl.Int64, "window_index": pl.Int32},
    )
    found = list(training_windows(bronze_of(lake), chosen, grid))
    assert all(len(block) > 0 for block in found)
    assert np.concatenate(found).tolist() == [every[i][3].tolist() for i in picked]


@pytest.mark.usefixtures("read_rows")
def test_chosen_windows_stand_beside_their_rows_in_whatever_order_those_came(lake):
    grid = WindowGrid(32, 16)
    by_key = {(trace, number): window for trace, number, _, window in slow_windows(grid)}
    keys = [list(by_key)[i] for i in np.random.default_rng(1).permutation(len(by_key))[:40]]
    chosen = pl.DataFrame(keys, schema={"trace_index": pl.Int64, "window_index": pl.Int32}, orient="row")
    seen = []
    for block, places, rows in chosen_windows(bronze_of(lake), chosen, grid):
        assert set(block.trace_index.tolist()) == set(rows["trace_index"].to_list())
        for window, key in zip(grid.cut(block.samples)[places], rows.rows(), strict=True):
            assert window.tolist() == by_key[key].tolist()
            seen.append(key)
    assert sorted(seen) == sorted(keys)


@pytest.fixture(scope="module")
def cube(tmp_path_factory):
    """The cube in bronze, in segments of seven traces."""
    folder = tmp_path_factory.mktemp("cube")
    with pytest.MonkeyPatch.context() as patch:
        cut_files_into(patch, segment=7, block=3)
        lake = Lake(folder / "lake")
        list(ingest_files(lake, {CUBE: write_cube_file(folder / CUBE)}, IngestOptions()))
    return lake


@pytest.mark.usefixtures("read_rows")
@pytest.mark.parametrize("scale", [None, 250.0])
def test_usable_traces_have_their_neighbours_over_the_same_scale(cube, scale):
    around = surroundings_of(cube, [CUBE], FeatureSet("lateral"))
    scales = {} if scale is None else {CUBE: scale}
    expected = cube_around(cube_traces() if scale is None else cube_traces() / np.float32(scale))
    for block in usable_traces_of(cube.segments(BRONZE_TRACES, [CUBE]), scales, around):
        there = expected.of(block.trace_index)
        assert block.neighbours.present.tolist() == there.present.tolist()
        assert block.neighbours.samples[there.present].tolist() == there.samples[there.present].tolist()


@pytest.mark.usefixtures("read_rows")
def test_chosen_windows_have_the_features_of_their_neighbours(cube):
    grid, feature_set = WindowGrid(32, 16), FeatureSet("lateral", time=True)
    embedder = fit_embedder([grid.cut(np.delete(cube_traces(), 25, axis=0))], 4)
    by_hand = cube_features(grid, embedder, feature_set)
    keys = [list(by_hand)[i] for i in np.random.default_rng(1).permutation(len(by_hand))[:40]]
    chosen = pl.DataFrame(keys, schema={"trace_index": pl.Int64, "window_index": pl.Int32}, orient="row")
    around, seen = surroundings_of(cube, [CUBE], feature_set), 0
    for block, places, rows in chosen_windows(cube.segments(BRONZE_TRACES, [CUBE]), chosen, grid, around=around):
        found = window_features(block.traces.windows(grid).of(places), embedder, feature_set)
        expected = np.stack([by_hand[key] for key in rows.rows()])
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)
        seen += len(found)
    assert seen == 40


def test_only_the_traces_around_chosen_windows_are_looked_for(cube):
    asked = []

    class Watched(Surroundings):
        def around(self, index):
            asked.extend(index.tolist())
            return super().around(index)

    inline, crossline = np.repeat(np.arange(6), 7), np.tile(np.arange(7), 6)
    around = {CUBE: Watched.of_array(inline, crossline, cube_traces())}
    chosen = pl.DataFrame({"trace_index": [5, 5, 30], "window_index": [0, 3, 1]})
    list(chosen_windows(cube.segments(BRONZE_TRACES, [CUBE]), chosen, WindowGrid(32, 16), around=around))
    assert asked == [5, 30]
