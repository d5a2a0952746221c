"""Features of rows of the split, read from a real lake: whatever the order, the parts and the row groups."""

from functools import partial
from itertools import islice

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seismic_assets.frames import (
    block_reach,
    fold_data,
    lake_features,
    traces_seen,
    training,
    training_data,
    unseen_by,
    with_places,
)
from seismic_assets.lake import Lake, LakeError, PartTask, trace_features_table
from seismic_assets.survey import spatial_split
from seismic_assets.training import FoldData

KEY = {"file_id": pl.String, "trace_index": pl.Int64, "window_index": pl.Int32}
SCHEMA = KEY | {
    "inline": pl.Int32,
    "crossline": pl.Int32,
    "class": pl.Int32,
    "block": pl.String,
    "fold": pl.String,
}
FILES = {"a.sgy": 30, "b.sgy": 40, "c.sgy": 13}
WINDOWS = 3
NAMES = ("of_the_file", "of_the_trace", "of_the_window")
FEATURES = trace_features_table(NAMES)
ABSENT = {("a.sgy", 4), ("a.sgy", 5), ("b.sgy", 39), ("c.sgy", 0)}

keys = st.tuples(st.sampled_from([*FILES, "missing.sgy"]), st.integers(0, 45), st.integers(0, WINDOWS))
rows = st.lists(
    st.tuples(keys, st.integers(0, 2), st.sampled_from(["train", "validation", "test"])),
    min_size=1,
    unique_by=lambda row: row[0],
    max_size=60,
)


def split_of(content):
    """Rows of the split from ((file_id, trace_index, window_index), class, fold), in their order."""
    full = [(*key, 1, key[1], of_class, f"area0/0/{key[1] // 10}", fold) for key, of_class, fold in content]
    return pl.DataFrame(full, schema=SCHEMA, orient="row")


def features_of(file_id, trace, window):
    return [list(FILES).index(file_id), trace, trace * 10 + window]


def stored(file_id, traces):
    """Rows of `trace_features`: three windows of each trace that is not absent."""
    content = [
        (trace, window, *features_of(file_id, trace, window))
        for trace in traces
        if (file_id, trace) not in ABSENT
        for window in range(WINDOWS)
    ]
    schema = {"trace_index": pl.Int64, "window_index": pl.Int32} | dict.fromkeys(NAMES, pl.Float32)
    return pl.DataFrame(content, schema=schema, orient="row")


def lake_of(folder, part, group):
    """The features of three files, in parts of so many traces and row groups of so many."""

    def blocks(file_id, first):
        traces = iter(range(first, min(first + part, FILES[file_id])))
        while some := list(islice(traces, group)):
            yield stored(file_id, some)

    lake = Lake(folder / "lake")
    starts = [(file_id, first) for file_id, count in FILES.items() for first in range(0, count, part)]
    tasks = [PartTask(file_id, partial(blocks, file_id, first)) for file_id, first in starts]
    lake.replace_files(FEATURES, list(FILES), tasks)
    return lake


@pytest.fixture(scope="module", params=[(100, 100), (7, 3), (1, 1)], ids="parts of {0[0]}".format)
def lake(request, tmp_path_factory):
    return lake_of(tmp_path_factory.mktemp("training"), *request.param)


@pytest.fixture(scope="module")
def one_lake(tmp_path_factory):
    return lake_of(tmp_path_factory.mktemp("training"), 7, 3)


def there(key):
    file_id, trace, window = key
    return file_id in FILES and trace < FILES[file_id] and window < WINDOWS and (file_id, trace) not in ABSENT


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=rows, read_rows=st.sampled_from([1, 2, 5, 1 << 15]))
def test_features_and_classes_line_up_with_rows_in_any_order_and_windows_without_features_are_left_out(
    lake, monkeypatch, content, read_rows
):
    monkeypatch.setattr(training, "_READ_ROWS", read_rows)
    found = fold_data(lake_features(lake), split_of(content), ["of_the_window", "of_the_file"])
    kept = [row for row in content if there(row[0])]
    assert (found.features.dtype, found.classes.dtype) == (np.float32, np.int32)
    assert found.features.shape == (len(kept), 2)
    assert found.classes.tolist() == [of_class for _, of_class, _ in kept]
    assert found.features.tolist() == [[features_of(*key)[2], features_of(*key)[0]] for key, *_ in kept]


def test_places_and_blocks_line_up_with_the_windows_that_have_features(one_lake):
    content = [((file_id, trace, 1), 0, "train") for trace in (8, 4, 21, 0) for file_id in ("b.sgy", "a.sgy")]
    found = fold_data(lake_features(one_lake), with_places(split_of(content)), NAMES)
    traces = [trace for (file_id, trace, _), *_ in content if (file_id, trace) not in ABSENT]
    assert found.features[:, 1].tolist() == traces
    assert (found.blocks.dtype, found.blocks.tolist()) == (np.int32, [{0: 0, 2: 1}[trace // 10] for trace in traces])
    assert found.positions.dtype == np.int64
    assert found.positions[:, 2].tolist() == [trace // 4 for trace in traces]  # in the steps of these traces


def test_rows_that_did_not_go_through_with_places_have_no_blocks(one_lake):
    found = fold_data(lake_features(one_lake), split_of([(("a.sgy", 1, 0), 0, "train")]), NAMES)
    assert (found.blocks, found.positions) == (None, None)


def test_no_row_gives_no_window(one_lake):
    found = fold_data(lake_features(one_lake), with_places(split_of([])), NAMES)
    assert (found.features.shape, len(found)) == ((0, 3), 0)
    assert found.positions.shape == (0, 3)


def test_without_a_table_of_features_there_is_no_window(tmp_path):
    assert len(fold_data(lake_features(Lake(tmp_path / "lake")), split_of([(("a.sgy", 1, 0), 0, "train")]), NAMES)) == 0


def test_features_of_another_set_are_refused_in_a_sentence(one_lake):
    with pytest.raises(LakeError, match=r"it has no semblance\); materialise trace_features of a\.sgy again"):
        fold_data(lake_features(one_lake), split_of([(("a.sgy", 1, 0), 0, "train")]), ["of_the_file", "semblance"])


def survey_split(fold_of=lambda trace: "train" if trace < 24 else "validation"):
    """Two files side by side on one grid of 8 x 10 traces, classes in turn."""
    content = [
        (file_id, trace, window, trace // 10, trace % 10 + 10 * number, trace % 3, f"area0/0/{trace // 8}")
        for number, file_id in enumerate(("a.sgy", "b.sgy"))
        for trace in range(30)
        for window in range(WINDOWS)
        if (file_id, trace) not in ABSENT
    ]
    return pl.DataFrame([(*row, fold_of(row[1])) for row in content], schema=SCHEMA, orient="row")


def test_training_data_are_all_windows_of_training_and_validation_where_they_are_few(one_lake):
    split = survey_split()
    data = training_data(lake_features(one_lake), split, NAMES, most=1000, seed=0)
    assert data.feature_names == NAMES
    for fold, found in (("train", data.train), ("validation", data.validation)):
        wanted = split.filter(pl.col("fold") == fold)
        assert found.classes.tolist() == wanted["class"].to_list()
        assert found.features[:, 2].tolist() == (wanted["trace_index"] * 10 + wanted["window_index"]).to_list()


def test_training_data_hold_nothing_of_the_test_windows(one_lake):
    split = survey_split(lambda trace: ("train", "validation", "test")[trace // 10])
    data = training_data(lake_features(one_lake), split, NAMES, most=1000, seed=0)
    assert set(data.train.features[:, 1].tolist()) <= set(range(10))
    assert set(data.validation.features[:, 1].tolist()) <= set(range(10, 20))


def test_of_many_windows_a_sample_is_drawn_of_training_and_validation_the_same_for_a_seed(one_lake):
    split = survey_split()
    first, again, other = (
        training_data(lake_features(one_lake), split, NAMES, most=15, seed=seed) for seed in (1, 1, 2)
    )
    assert all(13 <= len(fold) <= 15 for fold in (first.train, first.validation))
    assert (first.train.features == again.train.features).all()
    assert (first.train.features != other.train.features).any()
    assert (first.train.features[:, 1] % 3 == first.train.classes).all()
    assert np.bincount(first.train.classes).min() >= 4
    assert set(first.train.blocks.tolist()) == {0, 1, 2}


def test_blocks_have_the_same_numbers_in_training_and_validation(one_lake):
    data = training_data(lake_features(one_lake), survey_split(), NAMES, most=1000, seed=0)
    for fold in (data.train, data.validation):
        assert fold.blocks.tolist() == (fold.features[:, 1].astype(int) // 8).tolist()


def test_places_count_steps_of_the_area_and_other_areas_have_places_of_their_own():
    split = survey_split().with_columns(pl.col("inline") * 2 + 500, pl.col("crossline") * 4 + 70)
    other = split.with_columns(
        file_id=pl.lit("z") + pl.col("file_id"), block=pl.col("block").str.replace("area0", "area1")
    )
    placed = with_places(pl.concat([split, other]).sample(fraction=1, shuffle=True, seed=1))
    assert placed["step_1"].to_list() == ((placed["inline"] - 500) // 2).to_list()
    assert placed["step_2"].to_list() == ((placed["crossline"] - 70) // 4).to_list()
    assert placed["area_number"].to_list() == placed["file_id"].str.starts_with("z").cast(int).to_list()
    numbers = placed.select("block", "block_number").unique()
    assert sorted(numbers["block_number"].to_list()) == list(range(8)) == list(range(numbers["block"].n_unique()))


def test_places_leave_the_rows_as_they_are_and_in_their_order():
    split = survey_split().sample(fraction=1, shuffle=True, seed=3)
    assert with_places(split).select(split.columns).equals(split)


def test_a_file_without_positions_has_the_order_of_its_traces_for_places():
    split = survey_split().filter(pl.col("file_id") == "a.sgy").with_columns(inline=0, crossline=0)
    placed = with_places(split.cast({"inline": pl.Int32, "crossline": pl.Int32}))
    assert placed["step_2"].to_list() == placed["trace_index"].to_list()
    assert placed["step_1"].unique().to_list() == [0]


def test_the_rows_of_a_real_split_have_places_in_the_blocks_that_it_made():
    inline, crossline = np.repeat(np.arange(24), 24), np.tile(np.arange(24), 24)
    windows = pl.DataFrame(
        {
            "file_id": "a.sgy",
            "trace_index": np.arange(576),
            "window_index": np.zeros(576, np.int32),
            "inline": inline.astype(np.int32),
            "crossline": crossline.astype(np.int32),
            "cdp_x": crossline * 25.0,
            "cdp_y": inline * 25.0,
            "class": (np.arange(576) % 2).astype(np.int32),
        }
    )
    result = spatial_split(windows, block=4, buffer=1, seed=0, min_windows_per_class=5)
    placed = with_places(result.frame)
    expected = "area0/" + (placed["step_1"] // 4).cast(str) + "/" + (placed["step_2"] // 4).cast(str)
    assert placed["block"].to_list() == expected.to_list()


def blocks_of(*sides):
    """A block for each (traces, traces), at the place where the one before ends."""
    blocks, positions = [], []
    for number, (first, second) in enumerate(sides):
        for a in range(first):
            for b in range(second):
                blocks.append(number)
                positions.append((0, 100 * number + a, 50 + b))
    count = len(blocks)
    return FoldData(
        np.zeros((count, 1), np.float32), np.zeros(count, np.int32), np.array(blocks, np.int32), np.array(positions)
    )


@pytest.mark.parametrize(
    ("sides", "buffer", "reach"),
    [
        ([(12, 12)] * 3, 3, 3),
        ([(12, 12)] * 3, 2, 2),
        ([(12, 12)] * 3, 5, 3),
        ([(8, 8)] * 3, 3, 2),
        ([(3, 3)] * 3, 3, 0),
        ([(1, 12)] * 3, 3, 3),
        ([(12, 1)] * 3, 3, 3),
        ([(12, 12), (12, 12), (2, 1)], 3, 3),
        ([(12, 12)] * 3, 0, 0),
    ],
)
def test_the_reach_of_a_block_is_the_buffer_at_most_a_quarter_of_a_usual_block(sides, buffer, reach):
    assert block_reach(blocks_of(*sides), buffer) == reach


def test_where_places_are_not_known_or_there_is_no_window_a_block_has_no_reach():
    whole = blocks_of((12, 12))
    assert block_reach(FoldData(whole.features, whole.classes), 3) == 0
    assert block_reach(whole.take(np.arange(0)), 3) == 0


@settings(max_examples=60, deadline=None)
@given(content=rows)
def test_the_traces_seen_are_those_of_training_and_validation(content):
    seen = traces_seen(split_of(content))
    expected = {key[:2] for key, _, fold in content if fold != "test"}
    assert {(file_id, int(trace)) for file_id, mask in seen.items() for trace in np.flatnonzero(mask)} == expected
    assert all(mask.dtype == np.bool_ for mask in seen.values())


@settings(max_examples=100, deadline=None)
@given(old=rows, new=rows)
def test_what_a_model_has_not_seen_are_the_windows_of_other_traces(old, new):
    split = split_of(new)
    seen = {key[:2] for key, _, fold in old if fold != "test"}
    found = unseen_by(split, traces_seen(split_of(old)))
    assert sorted(found.rows()) == sorted(row for row in split.rows() if row[:2] not in seen)
    assert found.columns == split.columns


def test_nothing_is_unseen_in_an_empty_split():
    assert unseen_by(split_of([]), {"a.sgy": np.ones(3, bool)}).height == 0
