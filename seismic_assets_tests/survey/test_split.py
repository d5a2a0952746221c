"""The spatial split: what touches is never divided, nothing is lost, and order does not matter."""

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seismic_assets.survey.blocks import block_index, choose_block_size, group_files
from seismic_assets.survey.errors import SurveyError
from seismic_assets.survey.split import KEY, SplitResult, spatial_split, training_digest
from seismic_assets.survey.split_checks import check_split, leakage, shares

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def windows_at(inline, crossline, *, file_id="a", windows=2, classes=3, seed=0) -> pl.DataFrame:
    """Labelled windows of random classes on the traces at the given numbers, in file order."""
    rng = np.random.default_rng(seed)
    inline, crossline = np.ravel(inline), np.ravel(crossline)
    count = len(inline)
    return pl.DataFrame(
        {
            "file_id": [file_id] * (count * windows),
            "trace_index": np.repeat(np.arange(count), windows),
            "window_index": np.tile(np.arange(windows), count),
            "inline": np.repeat(inline, windows),
            "crossline": np.repeat(crossline, windows),
            "cdp_x": np.zeros(count * windows),
            "cdp_y": np.zeros(count * windows),
            "class": rng.integers(0, classes, count * windows),
        }
    )


def grid(inlines: range, crosslines: range, **kwargs) -> pl.DataFrame:
    return windows_at(*np.meshgrid(inlines, crosslines, indexing="ij"), **kwargs)


def folds_by_place(result: SplitResult) -> pl.DataFrame:
    return result.frame.group_by("inline", "crossline").agg(pl.col("fold").n_unique(), pl.col("file_id").n_unique())


def split(windows: pl.DataFrame, **kwargs) -> SplitResult:
    return spatial_split(windows, min_windows_per_class=1, **kwargs)


@st.composite
def geometries(draw) -> pl.DataFrame:
    """A regular, decimated, irregular, one-dimensional or doubly delivered survey."""
    kind = draw(st.sampled_from(["regular", "decimated", "irregular", "inline", "crossline", "no numbers", "twice"]))
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    start = draw(st.integers(-50, 2000))
    along, across = draw(st.integers(24, 45)), draw(st.integers(24, 45))
    step = draw(st.integers(2, 5)) if kind == "decimated" else 1
    inlines, crosslines = range(start, start + along * step, step), range(300, 300 + across * step, step)
    if kind == "inline":
        return grid(range(start, start + 1), range(7, 7 + 15 * across), seed=seed)
    if kind == "crossline":
        return grid(range(start, start + 15 * along), range(7, 8), seed=seed)
    if kind == "no numbers":
        return windows_at(np.zeros(15 * along, int), np.zeros(15 * along, int), seed=seed)
    survey = grid(inlines, crosslines, seed=seed)
    if kind == "irregular":
        places = rng.choice(3 * along * across, size=along * across, replace=False)
        return windows_at(places // (3 * across), places % (3 * across), seed=seed)
    if kind == "twice":
        shifted = grid(range(start + along // 2, start + along + along // 2), crosslines, file_id="b", seed=seed + 1)
        return pl.concat([survey, shifted])
    return survey


@QUICK
@given(geometries(), st.integers(0, 6))
def test_every_labelled_window_is_kept_once_and_nothing_leaks(windows, buffer):
    result = split(windows, buffer=buffer)
    assert result.frame.drop("block", "fold").equals(windows.sort(KEY))
    assert set(result.frame["fold"]) <= {"train", "validation", "test", "buffer"}
    assert leakage(result.frame, result.buffers) == 0


@QUICK
@given(geometries(), st.integers(0, 99), st.integers(0, 99))
def test_the_order_of_the_rows_does_not_matter(windows, seed, order):
    shuffled = windows.sample(fraction=1.0, shuffle=True, seed=order)
    assert split(windows, seed=seed).frame.equals(split(shuffled, seed=seed).frame)


@QUICK
@given(geometries())
def test_the_same_place_is_in_one_fold_whichever_file_shows_it(windows):
    places = folds_by_place(split(windows)) if windows["inline"].n_unique() > 1 else pl.DataFrame({"fold": [1]})
    assert places["fold"].max() == 1


def test_shares_come_near_64_16_20_on_a_full_grid():
    result = spatial_split(grid(range(100, 160), range(300, 380), windows=3))
    found = shares(result.frame)
    assert sum(found.values()) == pytest.approx(1)
    assert found["test"] == pytest.approx(0.20, abs=0.05)
    assert found["validation"] == pytest.approx(0.16, abs=0.06)
    assert found["train"] + found["buffer"] == pytest.approx(0.64, abs=0.08)
    assert found["buffer"] < 0.30


def test_test_blocks_stay_whole():
    frame = spatial_split(grid(range(60), range(80))).frame
    folds_of_block = frame.group_by("block").agg(pl.col("fold").unique())
    of_test = folds_of_block.filter(pl.col("fold").list.contains("test"))
    assert of_test["fold"].list.len().max() == 1


def test_every_class_reaches_every_fold():
    frame = spatial_split(grid(range(60), range(80))).frame
    for fold in ("train", "validation", "test"):
        assert frame.filter(pl.col("fold") == fold)["class"].n_unique() == 3


def test_a_class_in_one_corner_still_reaches_every_fold():
    windows = grid(range(60), range(80), classes=2).with_columns(
        pl.when((pl.col("inline") < 30) & (pl.col("crossline") < 30)).then(2).otherwise("class").alias("class")
    )
    counts = spatial_split(windows).frame.filter(pl.col("class") == 2)["fold"].value_counts()
    assert counts.filter(pl.col("fold") != "buffer")["count"].min() >= 10


def test_another_seed_gives_another_split():
    windows = grid(range(60), range(80))
    assert not split(windows, seed=1).frame["fold"].equals(split(windows, seed=2).frame["fold"])


def test_a_survey_delivered_twice_is_one_area():
    once = grid(range(40), range(40))
    result = split(pl.concat([once, once.with_columns(pl.lit("b").alias("file_id"))]))
    assert [area.file_ids for area in result.areas] == [("a", "b")]
    assert folds_by_place(result).select(pl.col("fold").max(), pl.col("file_id").min()).row(0) == (1, 2)


def test_a_crossline_through_a_volume_shares_its_folds():
    volume = grid(range(40), range(40))
    line = grid(range(-100, 140), range(20, 21), file_id="line")
    result = split(pl.concat([volume, line]))
    assert len(result.areas) == 1
    assert folds_by_place(result)["fold"].max() == 1


def test_surveys_apart_are_areas_of_their_own():
    result = split(pl.concat([grid(range(40), range(40)), grid(range(500, 540), range(40), file_id="b")]))
    assert [area.file_ids for area in result.areas] == [("a",), ("b",)]
    assert result.frame["block"].str.split("/").list.first().n_unique() == 2


def test_lines_without_numbers_are_split_by_trace_order_each_for_itself():
    zeros = np.zeros(300, int)
    result = split(pl.concat([windows_at(zeros, zeros), windows_at(zeros, zeros, file_id="b")]))
    assert [(area.geometry, area.file_ids) for area in result.areas] == [
        ("trace order", ("a",)),
        ("trace order", ("b",)),
    ]


def test_files_are_grouped_when_only_their_buffers_overlap():
    near = pl.concat([grid(range(10), range(10)), grid(range(14, 20), range(10), file_id="b")])
    assert group_files(near, buffer=3) == [["a", "b"]]
    assert group_files(near, buffer=2) == [["a"], ["b"]]


def test_the_largest_block_that_gives_25_blocks_is_taken():
    positions = np.stack(np.meshgrid(np.arange(60), np.arange(80), indexing="ij"), axis=-1).reshape(-1, 2)
    assert choose_block_size(positions) == 12
    assert choose_block_size(positions[:40]) == 4


def test_a_thin_last_block_joins_its_neighbour():
    line = np.stack([np.zeros(17, int), np.arange(17)], axis=1)
    assert block_index(line, 16)[:, 1].max() == 0
    line = np.stack([np.zeros(24, int), np.arange(24)], axis=1)
    assert block_index(line, 16)[:, 1].max() == 1


def test_the_buffer_is_at_most_a_quarter_of_a_block():
    areas = split(grid(range(60), range(80)), block=8, buffer=5).areas
    assert (areas[0].block, areas[0].buffer) == (8, 2)


def test_a_tiny_area_only_trains_beside_a_larger_one():
    result = split(pl.concat([grid(range(40), range(40)), grid(range(900, 903), range(3), file_id="tiny")]))
    assert set(result.frame.filter(pl.col("file_id") == "tiny")["fold"]) == {"train"}
    assert [area.split for area in result.areas] == [True, False]


def test_no_labelled_window_is_refused():
    with pytest.raises(SurveyError, match=r"no labelled window.*labels\.yaml"):
        split(grid(range(3), range(3)).clear())


def test_a_single_class_is_refused():
    with pytest.raises(SurveyError, match="of class 'salt', and a classifier needs two"):
        split(grid(range(40), range(40), classes=1), class_names=["salt"])


def test_an_area_too_small_for_five_blocks_is_refused():
    with pytest.raises(SurveyError, match="4 blocks of 4 traces, and 5 are needed"):
        split(grid(range(8), range(8)))


def test_a_class_with_too_few_windows_is_refused_with_its_counts():
    windows = grid(range(40), range(40), classes=2)
    rare = windows.with_columns(pl.when(pl.int_range(pl.len()) < 5).then(2).otherwise("class").alias("class"))
    with pytest.raises(
        SurveyError, match=r"class 'gas' has \d+ windows in training, \d+ in validation and \d+ in test"
    ):
        spatial_split(rare, class_names=["rock", "water", "gas"])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda frame: frame.drop("inline"), "lack the columns inline"),
        (lambda frame: frame.with_columns(pl.lit(-1).alias("class")), "have no class"),
        (lambda frame: pl.concat([frame, frame]), "occur twice"),
    ],
)
def test_a_table_that_is_not_labelled_windows_is_refused(change, sentence):
    with pytest.raises(SurveyError, match=sentence):
        split(change(grid(range(40), range(40))))


@pytest.mark.parametrize(("request_", "sentence"), [({"block": 3}, "at least 4"), ({"buffer": -1}, "0 or more")])
def test_impossible_sizes_are_refused(request_, sentence):
    with pytest.raises(SurveyError, match=sentence):
        split(grid(range(40), range(40)), **request_)


def test_check_split_reports_instead_of_raising():
    frame = pl.DataFrame({"class": [0] * 6 + [1] * 4, "fold": ["train", "validation", "test"] * 2 + ["train"] * 4})
    assert check_split(frame.filter(pl.col("class") == 0), ["a", "b"], 1) == [
        "all labelled windows are of class 'a', and a classifier needs two: label another class"
    ]
    problems = check_split(frame, ["a", "b"], 2)
    assert len(problems) == 1
    assert problems[0].startswith("class 'b' has 4 windows in training, 0 in validation and 0 in test")
    assert check_split(spatial_split(grid(range(60), range(80))).frame, ["a", "b", "c"], 10) == []


def test_leakage_finds_a_random_split():
    frame = spatial_split(grid(range(40), range(40))).frame
    random_folds = pl.Series("fold", np.random.default_rng(1).choice(["train", "validation", "test"], 1600))
    leaky = frame.with_columns(random_folds[frame["trace_index"]])
    assert leakage(leaky, 3) > 1500


def test_leakage_counts_each_trace_that_touches():
    frame = pl.DataFrame(
        {
            "file_id": ["a"] * 5,
            "trace_index": range(5),
            "inline": [1] * 5,
            "crossline": [10, 12, 14, 16, 30],
            "block": ["area0/0/0"] * 5,
            "fold": ["test", "train", "validation", "train", "train"],
        }
    )
    assert leakage(frame, 0) == 0
    assert leakage(frame, 1) == 3  # 12 is a step from test; 12 and 16 are a step from validation
    assert leakage(frame, {"area0": 2}) == 4


def test_the_training_digest_depends_on_content_not_on_row_order():
    frame = spatial_split(grid(range(40), range(40))).frame
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=3)
    digest = training_digest(frame, {"a": "1", "unlabelled": "2"})
    assert digest == training_digest(shuffled, {"a": "1"})
    assert digest != training_digest(frame, {"a": "2"})
    assert digest != training_digest(frame.with_columns(pl.col("class").reverse()), {"a": "1"})
    assert digest != training_digest(frame.head(-1), {"a": "1"})


def test_a_training_digest_needs_the_content_of_every_file():
    frame = spatial_split(grid(range(40), range(40))).frame
    with pytest.raises(SurveyError, match="a has labelled windows but no content digest"):
        training_digest(frame, {})
