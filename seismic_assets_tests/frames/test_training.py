import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.frames import fold_data, traces_seen, training_data, unseen_by

KEY = {"file_id": pl.String, "trace_index": pl.Int64, "window_index": pl.Int32}
rows = st.lists(
    st.tuples(
        st.sampled_from(["a.sgy", "b.sgy", "c.sgy"]),
        st.integers(0, 12),
        st.integers(0, 3),
        st.integers(0, 2),
        st.sampled_from(["train", "validation", "test"]),
    ),
    min_size=1,
    unique_by=lambda row: row[:3],
    max_size=60,
)


def split_of(content):
    schema = {**KEY, "class": pl.Int32, "fold": pl.String}
    return pl.DataFrame(content, schema=schema, orient="row").sort(list(KEY))


def features_for(split, seed=0):
    """Two features that tell the window they belong to, in another order than the split's."""
    features = split.select(list(KEY)).with_columns(
        first=(pl.col("trace_index") * 10 + pl.col("window_index")).cast(pl.Float32),
        second=pl.col("file_id").replace_strict({"a.sgy": 1, "b.sgy": 2, "c.sgy": 3}).cast(pl.Float32),
    )
    return features.sample(fraction=1, shuffle=True, seed=seed)


@settings(max_examples=60, deadline=None)
@given(content=rows, seed=st.integers(0, 5))
def test_features_and_classes_of_a_fold_line_up_with_the_split(content, seed):
    split = split_of(content)
    features = features_for(split, seed)
    for fold in ("train", "validation", "test"):
        wanted = split.filter(pl.col("fold") == fold)
        found = fold_data(split, features, fold, ["second", "first"])
        assert (found.features.dtype, found.classes.dtype) == (np.float32, np.int32)
        assert found.classes.tolist() == wanted["class"].to_list()
        assert found.features[:, 1].tolist() == (wanted["trace_index"] * 10 + wanted["window_index"]).to_list()
        assert found.features[:, 0].tolist() == [" abc".index(file_id[0]) for file_id in wanted["file_id"]]


def test_training_data_is_thinned_the_same_way_for_a_seed_and_keeps_features_beside_classes():
    content = [("a.sgy", trace, 0, trace % 3, "train" if trace < 300 else "validation") for trace in range(400)]
    split = split_of(content)
    features = features_for(split)
    first, again, other = (training_data(split, features, ["first"], most=60, seed=seed) for seed in (1, 1, 2))
    assert np.bincount(first.train.classes).tolist() == [20, 20, 20]
    assert len(first.validation) <= 60
    assert (first.train.features[:, 0] // 10 % 3 == first.train.classes).all()
    assert (first.validation.features[:, 0] >= 3000).all()
    assert (first.train.features == again.train.features).all()
    assert (first.train.features != other.train.features).any()
    assert first.feature_names == ("first",)


@settings(max_examples=60, deadline=None)
@given(content=rows)
def test_the_traces_seen_are_those_of_training_and_validation(content):
    seen = traces_seen(split_of(content))
    expected = {(row[0], row[1]) for row in content if row[4] != "test"}
    assert {(file_id, int(trace)) for file_id, mask in seen.items() for trace in np.flatnonzero(mask)} == expected
    assert all(mask.dtype == np.bool_ for mask in seen.values())


@settings(max_examples=100, deadline=None)
@given(old=rows, new=rows)
def test_what_a_model_has_not_seen_are_the_windows_of_other_traces(old, new):
    split = split_of(new)
    seen = {(row[0], row[1]) for row in old if row[4] != "test"}
    found = unseen_by(split, traces_seen(split_of(old)))
    assert sorted(found.rows()) == sorted(row for row in split.rows() if row[:2] not in seen)
    assert found.columns == split.columns


def test_nothing_is_unseen_in_an_empty_split():
    assert unseen_by(split_of([]), {"a.sgy": np.ones(3, bool)}).height == 0
