"""Attributes and features of files, written by segments and threads, against those computed from the file directly."""

import numpy as np
import pytest

from seismic_assets.attributes import (
    CENTRE_TIME,
    HANDCRAFTED,
    LATERAL,
    FeatureSet,
    WindowGrid,
    feature_names,
    features_of,
    fit_embedder,
    usable_traces,
)
from seismic_assets.frames import IngestOptions, groups, ingest_files, write_attributes, write_features
from seismic_assets.frames.groups import groups_of
from seismic_assets.lake import (
    BRONZE_TRACES,
    TRACE_ATTRIBUTES,
    Lake,
    LakeError,
    trace_attributes_table,
    trace_features_table,
)
from seismic_assets.segy import open_segy
from seismic_assets_tests.frames.building import (
    CUBE,
    FILE,
    INTERVAL_US,
    SAMPLES,
    cube_features,
    cube_traces,
    cut_files_into,
    write_cube_file,
    write_file,
)
from seismic_assets_tests.segy.building import write_line

COMPONENTS = 6
FEATURES = trace_features_table(feature_names(COMPONENTS))
GRIDS = [WindowGrid(32, 16), WindowGrid(None, 32), WindowGrid(160, 32)]
OTHERS = {"second.sgy": 11, "third.sgy": 40}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A file with dead and broken traces among others without, all of a hundred samples at 2 ms."""
    folder = tmp_path_factory.mktemp("landing")
    rest = {
        name: write_line(folder / name, count=count, num_samples=SAMPLES, sample_interval_us=INTERVAL_US)
        for name, count in OTHERS.items()
    }
    return {FILE: write_file(folder / FILE)} | rest


@pytest.fixture
def lake(files, tmp_path, monkeypatch):
    """The files in bronze, in segments of seven traces."""
    return lake_of(files, tmp_path, monkeypatch, 7, 3)


def lake_of(files, folder, patch, segment, block):
    cut_files_into(patch, segment=segment, block=block)
    lake = Lake(folder / "lake")
    list(ingest_files(lake, files, IngestOptions()))
    return lake


def usable_of(path):
    with open_segy(path) as reader:
        every = reader.traces()
    kept = usable_traces(every)
    return np.flatnonzero(kept), every[kept]


def embedder_of(files, grid):
    return fit_embedder([grid.cut(usable_of(path)[1]) for path in files.values()], COMPONENTS)


def keys_of(path, grid):
    index, samples = usable_of(path)
    windows = len(grid.starts(samples.shape[1]))
    return [(int(trace), number) for trace in index for number in range(windows)]


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize(("segment", "block"), [(1000, 1000), (7, 3), (1, 1)])
def test_attributes_and_features_are_those_of_the_file_s_traces(
    files, grid, workers, segment, block, tmp_path, monkeypatch
):
    lake = lake_of(files, tmp_path, monkeypatch, segment, block)
    embedder = embedder_of(files, grid)
    rows = dict(write_attributes(lake, list(files), grid, workers))
    assert dict(write_features(lake, list(files), embedder, grid.step, workers)) == rows
    for file_id, path in files.items():
        expected = features_of(grid.cut(usable_of(path)[1]), INTERVAL_US, embedder)
        for table, names in ((TRACE_ATTRIBUTES, HANDCRAFTED), (FEATURES, feature_names(COMPONENTS))):
            frame = lake.read(table, [file_id])
            assert frame.select("trace_index", "window_index").rows() == keys_of(path, grid)
            assert frame.height == rows[file_id]
            np.testing.assert_allclose(frame.select(names), expected[:, : len(names)], rtol=1e-5, atol=1e-5)


def test_rows_lie_in_the_order_of_their_keys_without_being_sorted(lake, files):
    grid = WindowGrid(32, 16)
    list(write_attributes(lake, list(files), grid, workers=3))
    for file_id, path in files.items():
        keys = [
            key
            for segment in lake.segments(TRACE_ATTRIBUTES, [file_id])
            for batch in segment.batches(["trace_index", "window_index"])
            for key in zip(batch["trace_index"].to_pylist(), batch["window_index"].to_pylist(), strict=True)
        ]
        assert keys == keys_of(path, grid)


@pytest.mark.parametrize("lost", [0, np.nan])
def test_segments_whose_traces_are_all_dead_or_broken_have_no_rows(tmp_path, monkeypatch, lost):
    cut_files_into(monkeypatch, segment=5, block=5)
    amplitudes = np.random.default_rng(0).normal(size=(20, SAMPLES)).astype(np.float32)
    amplitudes[:5], amplitudes[10:15] = lost, lost
    path = write_line(tmp_path / FILE, amplitudes, sample_interval_us=INTERVAL_US, sample_format="ieee")
    lake, grid = Lake(tmp_path / "lake"), WindowGrid(32, 16)
    list(ingest_files(lake, {FILE: path}, IngestOptions()))
    embedder = fit_embedder([grid.cut(amplitudes[5:10])], COMPONENTS)
    assert dict(write_attributes(lake, [FILE], grid, workers=2)) == {FILE: 10 * 5}
    assert dict(write_features(lake, [FILE], embedder, grid.step, workers=2)) == {FILE: 10 * 5}
    assert lake.read(FEATURES)["trace_index"].unique().to_list() == [*range(5, 10), *range(15, 20)]


def test_a_file_without_a_usable_trace_has_no_rows_and_loses_its_old_ones(lake, files, tmp_path):
    grid = WindowGrid(32, 16)
    list(write_attributes(lake, list(files), grid))
    dead = write_line(tmp_path / "dead.sgy", np.zeros((4, SAMPLES), np.float32), sample_interval_us=INTERVAL_US)
    list(ingest_files(lake, {"third.sgy": dead}, IngestOptions()))
    assert dict(write_attributes(lake, ["third.sgy"], grid)) == {"third.sgy": 0}
    assert lake.file_ids(TRACE_ATTRIBUTES) == [FILE, "second.sgy"]


def test_a_file_that_is_not_in_bronze_has_no_rows(lake):
    assert dict(write_attributes(lake, ["missing.sgy"], WindowGrid(32, 16))) == {"missing.sgy": 0}


def later_version(lake, folder, count):
    """Another version of a file in bronze, of so many traces."""
    path = write_line(folder / "later.sgy", count=count, num_samples=SAMPLES, sample_interval_us=INTERVAL_US)
    list(ingest_files(lake, {"second.sgy": path}, IngestOptions()))


def features_after(lake, files, change, grid=None):
    grid = grid or WindowGrid(32, 16)
    list(write_attributes(lake, list(files), WindowGrid(32, 16)))
    change()
    list(write_features(lake, ["second.sgy"], embedder_of(files, grid), grid.step))


def test_attributes_of_another_version_of_the_file_are_refused(lake, files, tmp_path):
    with pytest.raises(ValueError, match=r"bronze_traces of second\.sgy are of different versions of the file"):
        features_after(lake, files, lambda: later_version(lake, tmp_path, 12))


def test_attributes_of_other_windows_are_refused(lake, files):
    with pytest.raises(ValueError, match="of different versions of the file or of"):
        features_after(lake, files, lambda: None, WindowGrid(32, 20))


def test_attributes_that_are_not_there_are_refused(lake, files):
    with pytest.raises(ValueError, match="of different versions of the file or of"):
        features_after(lake, files, lambda: lake.delete_files(TRACE_ATTRIBUTES, ["second.sgy"]))


def test_features_that_were_refused_leave_the_old_ones_and_no_part(lake, files, tmp_path):
    features_after(lake, files, lambda: None)
    before, parts = lake.read(FEATURES), set(lake.path(FEATURES).rglob("*.parquet"))
    with pytest.raises(ValueError, match="different versions"):
        features_after(lake, files, lambda: later_version(lake, tmp_path, 12))
    assert lake.read(FEATURES).equals(before)
    assert set(lake.path(FEATURES).rglob("*.parquet")) == parts


def test_a_part_of_bronze_that_is_gone_is_a_sentence(lake, files):
    lake.segments(BRONZE_TRACES, ["second.sgy"])[0].path.write_bytes(b"damaged")
    with pytest.raises(LakeError, match=r"cannot be read .*; materialise bronze_traces of second.sgy again"):
        list(write_attributes(lake, ["second.sgy"], WindowGrid(32, 16)))


def test_many_files_are_one_commit(lake, files):
    list(write_attributes(lake, list(files), WindowGrid(32, 16)))
    version = lake.version(TRACE_ATTRIBUTES)
    list(write_attributes(lake, list(files), WindowGrid(32, 16), workers=2))
    assert lake.version(TRACE_ATTRIBUTES) == version + 1


def test_groups_hold_few_files_and_few_bytes_but_for_one_that_is_larger_alone(monkeypatch):
    monkeypatch.setattr(groups, "_MOST_FILES", 3)
    monkeypatch.setattr(groups, "_MOST_BYTES", 100)
    sizes = {"a": 50, "b": 50, "c": 1, "d": 0, "e": 0, "f": 0, "g": 500, "h": 101, "i": 99}
    assert list(groups_of(sizes)) == [["a", "b"], ["c", "d", "e"], ["f"], ["g"], ["h"], ["i"]]
    assert list(groups_of({})) == []


SETS = [FeatureSet(time=True), FeatureSet("extended"), FeatureSet("lateral"), FeatureSet("lateral", time=True)]


def cube_lake(folder, patch, segment, block):
    """The cube in bronze and an embedder of its windows."""
    lake = lake_of({CUBE: write_cube_file(folder / CUBE)}, folder, patch, segment, block)
    return lake, fit_embedder([WindowGrid(32, 16).cut(cube_traces()[usable_traces(cube_traces())])], COMPONENTS)


@pytest.mark.parametrize(("workers", "segment", "block"), [(1, 1000, 1000), (3, 7, 3)])
@pytest.mark.parametrize("feature_set", SETS, ids=str)
def test_the_tables_of_a_set_hold_the_features_of_its_windows_by_name(
    feature_set, workers, segment, block, tmp_path, monkeypatch
):
    grid = WindowGrid(32, 16)
    lake, embedder = cube_lake(tmp_path, monkeypatch, segment, block)
    list(write_attributes(lake, [CUBE], grid, workers, feature_set=feature_set))
    list(write_features(lake, [CUBE], embedder, grid.step, workers, feature_set=feature_set))

    expected = cube_features(grid, embedder, feature_set)
    names = feature_set.names(COMPONENTS)
    frame = lake.read(trace_features_table(names))
    assert frame.columns == ["file_id", "trace_index", "window_index", *names]
    assert frame.select("trace_index", "window_index").rows() == list(expected)
    np.testing.assert_allclose(frame.select(names), np.stack(list(expected.values())), rtol=1e-5, atol=1e-4)
    attributes = lake.read(trace_attributes_table(feature_set.attributes))
    assert attributes.columns[5:] == list(feature_set.attributes)
    assert attributes.select(feature_set.attributes).equals(frame.select(feature_set.attributes))


@pytest.mark.parametrize("feature_set", [FeatureSet("extended"), FeatureSet("lateral", time=True)], ids=str)
def test_the_features_of_normalised_amplitudes_are_those_of_traces_over_the_scale(feature_set, tmp_path, monkeypatch):
    grid, scales = WindowGrid(32, 16), {CUBE: 250.0}
    lake, _ = cube_lake(tmp_path, monkeypatch, 7, 3)
    embedder = fit_embedder([grid.cut(cube_traces()[usable_traces(cube_traces())] / np.float32(250))], COMPONENTS)
    list(write_attributes(lake, [CUBE], grid, 2, scales, feature_set))
    list(write_features(lake, [CUBE], embedder, grid.step, 2, scales, feature_set))

    expected = cube_features(grid, embedder, feature_set, 250.0)
    names = feature_set.names(COMPONENTS)
    frame = lake.read(trace_features_table(names))
    np.testing.assert_allclose(frame.select(names), np.stack(list(expected.values())), rtol=1e-5, atol=1e-4)


def test_a_dead_trace_is_no_neighbour_and_a_survey_s_corner_has_three(tmp_path, monkeypatch):
    lake, _ = cube_lake(tmp_path, monkeypatch, 7, 3)
    list(write_attributes(lake, [CUBE], WindowGrid(32, 16), feature_set=FeatureSet("lateral")))
    frame = lake.read(trace_attributes_table(FeatureSet("lateral").attributes)).filter(window_index=0)
    count = dict(frame.select("trace_index", LATERAL[-1]).iter_rows())
    assert [count[trace] for trace in (0, 1, 2, 8, 9, 11, 17, 24, 26, 41)] == [3, 5, 4, 8, 7, 7, 6, 7, 7, 3]
    assert not {10, 25} & count.keys()


def test_another_set_takes_the_place_of_all_rows_of_the_one_before(tmp_path, monkeypatch):
    grid = WindowGrid(32, 16)
    lake, embedder = cube_lake(tmp_path, monkeypatch, 7, 3)
    for feature_set in (FeatureSet("lateral", time=True), FeatureSet(), FeatureSet("extended")):
        list(write_attributes(lake, [CUBE], grid, feature_set=feature_set))
        list(write_features(lake, [CUBE], embedder, grid.step, feature_set=feature_set))
        frame = lake.read(trace_features_table(feature_set.names(COMPONENTS)))
        assert frame.height == 40 * 5
    assert CENTRE_TIME not in frame.columns


def test_attributes_of_a_smaller_set_are_refused_in_a_sentence(tmp_path, monkeypatch):
    lake, embedder = cube_lake(tmp_path, monkeypatch, 7, 3)
    list(write_attributes(lake, [CUBE], WindowGrid(32, 16)))
    with pytest.raises(LakeError, match=r"it has no .*\); materialise trace_attributes of cube\.sgy again"):
        list(write_features(lake, [CUBE], embedder, 16, feature_set=FeatureSet("extended")))


def test_attributes_of_a_larger_set_serve_a_smaller_one(tmp_path, monkeypatch):
    grid = WindowGrid(32, 16)
    lake, embedder = cube_lake(tmp_path, monkeypatch, 7, 3)
    list(write_attributes(lake, [CUBE], grid, feature_set=FeatureSet("lateral")))
    list(write_features(lake, [CUBE], embedder, grid.step))
    expected = np.stack(list(cube_features(grid, embedder, FeatureSet()).values()))
    frame = lake.read(FEATURES)
    np.testing.assert_allclose(frame.select(feature_names(COMPONENTS)), expected, rtol=1e-5, atol=1e-4)
