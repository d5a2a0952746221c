"""Keys line up with values, whatever the blocks and whichever traces are left out."""

import numpy as np
import polars as pl
import pytest

from seismic_assets.attributes import HANDCRAFTED, WindowGrid, feature_names, features_of, fit_embedder, handcrafted
from seismic_assets.frames import attribute_frames, feature_frames, training_windows
from seismic_assets.lake import BRONZE_TRACES, TRACE_ATTRIBUTES, trace_features_table
from seismic_assets_tests.frames.building import FILE, INTERVAL_US, USABLE, bronze_lake, traces

GRIDS = [WindowGrid(32, 16), WindowGrid(32, 50), WindowGrid(100, 7), WindowGrid(None, 32), WindowGrid(160, 32)]


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    return bronze_lake(tmp_path_factory.mktemp("silver"))[0]


def slow_windows(grid):
    """(trace, window number, first sample, samples) of every usable trace, one after another."""
    for index in USABLE:
        trace = traces()[index : index + 1]
        for number, (start, window) in enumerate(zip(grid.starts(trace.shape[1]), grid.cut(trace), strict=True)):
            yield index, number, int(start), window


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("rows", [1, 4, 1000])
def test_attributes_stand_beside_the_keys_of_their_windows(lake, grid, rows):
    blocks = lake.stream(BRONZE_TRACES, FILE, rows=rows)
    frame = pl.concat(attribute_frames(blocks, grid))
    assert frame.height == sum(1 for _ in slow_windows(grid))
    length = min(grid.samples or 100, 100)
    for row, (trace, number, start, window) in zip(frame.iter_rows(named=True), slow_windows(grid), strict=True):
        assert (row["trace_index"], row["window_index"]) == (trace, number)
        assert (row["start_ms"], row["end_ms"]) == (40 + start * 2, 40 + (start + length) * 2)
        expected = handcrafted(window[None], INTERVAL_US)[0]
        assert [row[name] for name in HANDCRAFTED] == pytest.approx(expected.tolist(), rel=1e-6)


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("rows", [1, 4, 1000])
def test_features_stand_beside_the_keys_of_their_windows(lake, grid, rows):
    lake.replace_file(TRACE_ATTRIBUTES, FILE, attribute_frames(lake.stream(BRONZE_TRACES, FILE, rows=5), grid))
    embedder = fit_embedder([grid.cut(traces()[USABLE])], 8)
    attributes = lake.read(TRACE_ATTRIBUTES, [FILE])
    table = trace_features_table(feature_names(8))
    blocks = lake.stream(BRONZE_TRACES, FILE, rows=rows)
    lake.replace_file(table, FILE, feature_frames(blocks, attributes, embedder, grid.step))
    frame = lake.read(table)
    found = frame.select(feature_names(8)).to_numpy()
    keys = frame.select("trace_index", "window_index").rows()
    slow = list(slow_windows(grid))
    assert keys == [(trace, number) for trace, number, _, _ in slow]
    expected = features_of(np.stack([window for *_, window in slow]), INTERVAL_US, embedder)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_a_file_without_a_usable_trace_has_no_rows(lake):
    dead = pl.concat(lake.stream(BRONZE_TRACES, FILE)).filter(pl.col("is_dead") | pl.col("has_nan"))
    assert list(attribute_frames([dead], WindowGrid(32, 16))) == []
    chosen = pl.DataFrame({"trace_index": [0, 3], "window_index": [0, 0]})
    assert list(training_windows([dead], chosen, WindowGrid(32, 16))) == []


@pytest.mark.parametrize("rows", [1, 4, 1000])
def test_training_windows_are_the_chosen_ones_of_usable_traces_in_order(lake, rows):
    grid = WindowGrid(32, 16)
    every = list(slow_windows(grid))
    picked = np.random.default_rng(0).permutation(len(every))[:30]
    chosen = pl.DataFrame(
        {"trace_index": [every[i][0] for i in picked] + [0, 3], "window_index": [every[i][1] for i in picked] + [1, 1]},
        schema={"trace_index": pl.Int64, "window_index": pl.Int32},
    )
    found = list(training_windows(lake.stream(BRONZE_TRACES, FILE, rows=rows), chosen, grid))
    assert all(len(block) > 0 for block in found)
    assert np.concatenate(found).tolist() == [every[i][3].tolist() for i in sorted(picked)]
