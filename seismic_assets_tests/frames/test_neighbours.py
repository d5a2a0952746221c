"""Neighbours from bronze, whatever the segments and row groups."""

import numpy as np
import pytest

from seismic_assets.attributes import FEATURE_SETS, FeatureSet, Surroundings, surroundings
from seismic_assets.frames import IngestOptions, ingest_files, surroundings_of
from seismic_assets.lake import BRONZE_TRACES, Lake, LakeError
from seismic_assets_tests.frames.building import CUBE, cube_around, cube_traces, cut_files_into, write_cube_file
from seismic_assets_tests.segy.building import write_cube

LATERAL = FeatureSet("lateral")
EVERY = np.arange(len(cube_traces()))


@pytest.fixture(scope="module", params=[(42, 42), (16, 5), (7, 2), (1, 1)], ids="segments of {0[0]}".format)
def lake(request, tmp_path_factory):
    """The cube in bronze, in segments and row groups of so many traces."""
    folder = tmp_path_factory.mktemp("neighbours")
    with pytest.MonkeyPatch.context() as patch:
        cut_files_into(patch, segment=request.param[0], block=request.param[1])
        lake = Lake(folder / "lake")
        list(ingest_files(lake, {CUBE: write_cube_file(folder / CUBE)}, IngestOptions()))
    return lake


def assert_same(found, expected):
    assert found.present.tolist() == expected.present.tolist()
    np.testing.assert_array_equal(found.samples[found.present], expected.samples[expected.present])


def test_neighbours_are_those_of_the_traces_in_memory(lake):
    around = surroundings_of(lake, [CUBE], LATERAL)
    assert_same(around[CUBE].around(EVERY), cube_around(cube_traces()))


def test_traces_of_a_block_in_any_order_have_their_own_neighbours(lake):
    some = np.random.default_rng(0).permutation(EVERY)[:20]
    assert_same(surroundings_of(lake, [CUBE], LATERAL)[CUBE].around(some), cube_around(cube_traces()).of(some))


def test_chunks_are_the_row_groups_of_the_segments(lake):
    groups = [rows for segment in lake.segments(BRONZE_TRACES, [CUBE]) for rows in segment.group_rows()]
    assert sum(groups) == len(EVERY)
    read = [
        segment.group(number, ["trace_index"])["trace_index"].to_pylist()
        for segment in lake.segments(BRONZE_TRACES, [CUBE])
        for number in range(len(segment.group_rows()))
    ]
    assert [len(each) for each in read] == groups
    assert [trace for group in read for trace in group] == EVERY.tolist()


def test_only_the_row_groups_around_a_trace_are_read(lake, monkeypatch):
    read = []
    whole = type(lake.segments(BRONZE_TRACES, [CUBE])[0]).group

    def group(segment, number, columns):
        read.append(number)
        return whole(segment, number, columns)

    around = surroundings_of(lake, [CUBE], LATERAL)[CUBE]
    monkeypatch.setattr("seismic_assets.lake.parts.Segment.group", group)
    around.around(np.array([0]))
    groups = [rows for segment in lake.segments(BRONZE_TRACES, [CUBE]) for rows in segment.group_rows()]
    assert 1 <= len(read) <= min(len(groups), 3)


@pytest.mark.parametrize("name", [name for name in FEATURE_SETS if name != "lateral"])
def test_features_that_need_no_neighbours_have_none(lake, name):
    assert surroundings_of(lake, [CUBE], FeatureSet(name)) == {}


def test_a_file_without_rows_has_no_surroundings(lake):
    assert surroundings_of(lake, ["missing.sgy"], LATERAL) == {}
    assert surroundings_of(Lake(lake.root / "nowhere"), [CUBE], LATERAL) == {}


def test_files_at_the_same_place_are_not_each_other_s_neighbours_and_hold_their_bytes_together(tmp_path, monkeypatch):
    files = {f"{seed}.sgy": np.random.default_rng(seed).normal(size=(30, 10)).astype(np.float32) for seed in range(4)}
    lake = Lake(tmp_path / "lake")
    paths = {name: write_cube(tmp_path / name, traces=traces, sample_format="ieee") for name, traces in files.items()}
    list(ingest_files(lake, paths, IngestOptions()))
    monkeypatch.setattr(surroundings.HeldChunks.__init__, "__defaults__", (2 * 30 * 10 * 4,))

    around = surroundings_of(lake, list(files), LATERAL)

    inline, crossline = np.repeat(np.arange(5), 6), np.tile(np.arange(6), 5)
    for name, traces in files.items():
        expected = Surroundings.of_array(inline, crossline, traces).around(np.arange(30))
        assert_same(around[name].around(np.arange(30)), expected)
    held = {id(each._held): each._held for each in around.values()}
    assert [len(each._held) for each in held.values()] == [2]


def test_a_part_that_is_gone_is_a_sentence(tmp_path):
    lake = Lake(tmp_path / "lake")
    list(ingest_files(lake, {CUBE: write_cube_file(tmp_path / CUBE)}, IngestOptions()))
    around = surroundings_of(lake, [CUBE], LATERAL)[CUBE]
    lake.segments(BRONZE_TRACES, [CUBE])[0].path.unlink()
    for ask in (lambda: around.around(EVERY), lambda: surroundings_of(lake, [CUBE], LATERAL)):
        with pytest.raises(LakeError, match=r"cannot be read .*; materialise bronze_traces of cube\.sgy again"):
            ask()
