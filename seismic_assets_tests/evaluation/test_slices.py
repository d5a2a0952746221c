import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from seismic_assets.evaluation import EvaluationError, by_name, by_quantile, f1_interval, slice_scores


def test_scores_of_a_part_are_those_of_its_windows_alone():
    random = np.random.default_rng(0)
    truth, predicted = random.integers(0, 3, (2, 400))
    blocks, survey = np.repeat(np.arange(20), 20), np.repeat(["north", "south"], 200)
    depth = random.uniform(0, 2000, 400)
    slicings = {"survey": by_name(survey), "depth": by_quantile(depth, "ms", 2)}
    found = slice_scores(truth, predicted, blocks, slicings, 3)
    assert [(each.slicing, each.part) for each in found[:2]] == [("survey", "north"), ("survey", "south")]
    assert [each.slicing for each in found[2:]] == ["depth", "depth"]
    south = survey == "south"
    assert found[1].windows == 200
    assert found[1].accuracy == accuracy_score(truth[south], predicted[south])
    assert found[1].f1 == f1_interval(truth[south], predicted[south], blocks[south], 3)
    assert found[1].f1.value == pytest.approx(f1_score(truth[south], predicted[south], average="macro"))
    assert found[1].f1.blocks == 10


def test_bins_are_named_by_the_edges_that_told_windows_apart():
    slicing = by_quantile(np.arange(1001.0), "ms", 4)
    assert slicing.parts == ("under 250 ms", "250 to under 500 ms", "500 to under 750 ms", "from 750 ms")
    assert np.bincount(slicing.member).tolist() == [250, 250, 250, 251]


@settings(max_examples=60, deadline=None)
@given(
    figures=st.lists(st.floats(-1e6, 1e6) | st.sampled_from([1.0, 2.0, np.nan, np.inf]), min_size=1, max_size=60),
    bins=st.integers(1, 6),
)
def test_a_name_is_true_of_every_window_in_its_bin(figures, bins):
    slicing = by_quantile(np.array(figures), "", bins)
    assert sorted(set(slicing.member.tolist())) == list(range(len(slicing.parts)))
    for value, index in zip(figures, slicing.member, strict=True):
        words = slicing.parts[index].replace(",", "").split()
        if words[0] == "unknown":
            assert not np.isfinite(value)
        elif words[0] == "under":
            assert value < float(words[1])
        elif words[0] == "from":
            assert value >= float(words[1])
        elif words[0] == "any":
            assert np.isfinite(value)
        else:
            assert float(words[0]) <= value < float(words[-1])


def test_ties_make_fewer_bins_and_large_figures_are_readable():
    assert by_quantile(np.ones(10), "dB").parts == ("from 1 dB",)
    assert by_quantile(np.array([0, 0, 0, 9.0]), "dB").parts == ("0 to under 2.25 dB", "from 2.25 dB")
    assert by_quantile(np.array([1000.0, 30_000.0]), "", 2).parts == ("under 15,500", "from 15,500")
    assert by_quantile(np.array([np.nan, np.nan]), "dB").parts == ("unknown",)


def test_a_slicing_of_other_windows_is_refused():
    with pytest.raises(EvaluationError, match="one part per window"):
        slice_scores(np.zeros(3, int), np.zeros(3, int), np.zeros(3, int), {"survey": by_name(["a"])}, 2)
