"""Findings of the real tests as rows."""

import json
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.drift import feature_drift, prediction_drift
from seismic_assets.frames import (
    Judged,
    MapScale,
    among_many,
    feature_frame,
    prediction_frame,
    tile_frame,
    verdict_frame,
)
from seismic_assets.lake import DRIFT_TILES, DRIFT_VERDICTS, FEATURE_DRIFT, PREDICTION_DRIFT, Lake
from seismic_assets_tests.monitoring.drifted import FEATURES, answers, answers_reference, reference, sample

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SCALE = MapScale((100.0, 300.0), (2.0, 4.0))


def judged(subject="north.sgy"):
    return Judged(subject, "file", "7", "abc", NOW)


def of_answers(rows):
    """Rows of `prediction_drift` with some p-values, and whether each was suspected."""
    columns = {"decided": [], "suspected": [], "chi2_p": [], "confidence_p": []}
    for chi2_p, confidence_p, suspected in rows:
        columns["decided"].append(chi2_p is not None)
        columns["suspected"].append(suspected)
        columns["chi2_p"].append(chi2_p)
        columns["confidence_p"].append(confidence_p)
    types = {"decided": pl.Boolean, "suspected": pl.Boolean, "chi2_p": pl.Float64, "confidence_p": pl.Float64}
    return pl.DataFrame(columns, schema=types)


def test_a_verdict_says_what_was_found():
    met = sample(11, 0, 48, moved=2, dead=0.1)
    found = feature_drift(met, reference(), FEATURES, with_classic=True)

    row = verdict_frame(judged(), met, found, SCALE).to_dicts()[0]

    assert row["severity"] == "medium"
    assert (row["features_tested"], row["features_drifted"]) == (11, 3)
    assert row["drift_ratio"] == pytest.approx(3 / 11)
    assert set(row["farthest"].split(", ")) == {"feature_0", "feature_1", "dead_traces"}
    assert row["dead_share"] == pytest.approx(met.dead.mean())
    assert row["classic_alarm"] is True
    assert row["traces"] == 96 * 48
    assert row["inline"] == pytest.approx(100 + 2 * 47.5, abs=1)
    assert row["crossline"] == pytest.approx(300 + 4 * 23.5, abs=1)


def test_a_verdict_without_enough_traces_says_why_and_where_and_has_no_figures():
    met = sample(3, 0, 1)
    found = feature_drift(met, reference(), FEATURES)

    row, tiles = verdict_frame(judged(), met, found, SCALE).to_dicts()[0], tile_frame("north.sgy", found, SCALE)

    assert row["severity"] == "undecided"
    assert "96 usable traces in 12 tiles are too few to decide" in row["reason"]
    assert row["drift_ratio"] is row["classic_alarm"] is None
    assert row["inline"] == pytest.approx(100 + 2 * 47.5)
    assert feature_frame("north.sgy", found).height == 0
    assert (tiles.height, tiles["traces"].sum(), tiles["distance"].null_count()) == (12, 96, 12)


def test_each_feature_and_each_tile_is_a_row():
    met = sample(11, 0, 48, moved=1)
    found = feature_drift(met, reference(), FEATURES)

    features, tiles = feature_frame("north.sgy", found), tile_frame("north.sgy", found, SCALE)

    assert features["feature"].to_list() == [*FEATURES, "dead_traces"]
    assert features.filter("drifted")["feature"].to_list() == ["feature_0"]
    assert features["everywhere"][0] == pytest.approx(found.features[0].floor)
    assert features["classic_p"].null_count() == 11
    assert tiles.height == 12 * 6
    assert tiles["traces"].sum() == 96 * 48
    assert sorted(tiles["inline"].unique()) == [100 + 2 * (8 * tile + 3.5) for tile in range(12)]
    assert sorted(tiles["crossline"].unique()) == [300 + 4 * (8 * tile + 3.5) for tile in range(6)]


def test_answers_are_a_row_with_the_shares_of_the_classes_by_name():
    found = prediction_drift(answers(21, shares=(0.2, 0.2, 0.6)), answers_reference())

    row = prediction_frame(judged(), found, answers_reference()).to_dicts()[0]

    assert row["decided"] and row["suspected"]
    assert row["drifted"] is None
    assert json.loads(row["shares"]).keys() == {"normal", "anomaly", "boundary"}
    assert json.loads(row["shares"])["boundary"] > json.loads(row["reference_shares"])["boundary"] + 0.2


def test_undecided_answers_have_no_figures():
    few = answers(21)
    found = prediction_drift(type(few)(few.features[:20], few.trace[:20], few.dead, few.places), answers_reference())

    row = prediction_frame(judged(), found, answers_reference()).to_dicts()[0]

    assert not row["decided"]
    assert "too few to decide" in row["reason"]
    assert row["suspected"] is row["chi2_p"] is row["cohens_w"] is None
    assert json.loads(row["shares"]) == {}


@pytest.mark.parametrize("empty", [DRIFT_VERDICTS, FEATURE_DRIFT, DRIFT_TILES, PREDICTION_DRIFT], ids=lambda t: t.name)
def test_rows_are_kept_in_the_lake_as_they_are(tmp_path, empty):
    lake, met = Lake(tmp_path / "lake"), sample(11, 0, 48, moved=3)
    found = feature_drift(met, reference(), FEATURES)
    frames = {
        "drift_verdicts": verdict_frame(judged(), met, found),
        "feature_drift": feature_frame("north.sgy", found),
        "drift_tiles": tile_frame("north.sgy", found),
        "prediction_drift": prediction_frame(
            judged(), prediction_drift(answers(3), answers_reference()), answers_reference()
        ),
    }

    lake.replace(empty, frames[empty.name].sort(empty.key))

    assert lake.read(empty).equals(frames[empty.name].sort(empty.key))


@settings(max_examples=60, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.booleans()), min_size=1, max_size=60),
    seed=st.integers(0, 99),
)
def test_what_is_found_among_many_was_suspected_and_would_be_found_alone_in_any_order(pairs, seed):
    found = among_many(of_answers(pairs), 0.05)["drifted"].to_numpy()
    alone = np.array([among_many(of_answers([each]), 0.05)["drifted"][0] for each in pairs])
    order = np.random.default_rng(seed).permutation(len(pairs))

    assert not (found & ~alone).any()
    assert among_many(of_answers([pairs[each] for each in order]), 0.05)["drifted"].to_list() == found[order].tolist()


def test_of_many_rounds_of_healthy_answers_few_find_anything():
    random = np.random.default_rng(7)
    rounds = [among_many(of_answers([(*pair, True) for pair in random.random((100, 2))]), 0.05) for _ in range(400)]

    alarms = np.mean([found["drifted"].any() for found in rounds])

    assert alarms <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)
    assert alarms > 0


def test_what_is_far_out_is_found_among_healthy_ones_if_it_was_suspected():
    random = np.random.default_rng(3).random((50, 2))
    rows = [(1e-9, 0.5, True), (0.5, 1e-9, False), *((*pair, True) for pair in random)]

    found = among_many(of_answers(rows), 0.05)["drifted"].to_list()

    assert found[:2] == [True, False]
    assert sum(found) == 1


def test_undecided_answers_stay_undecided_and_do_not_count_among_the_many():
    rows = [(0.02, 0.9, True), *[(None, None, None)] * 20]

    found = among_many(of_answers(rows), 0.05)["drifted"].to_list()

    assert found == [True] + [None] * 20


def test_no_answers_are_no_trouble():
    assert among_many(of_answers([]), 0.05).height == 0
