"""Predictions of rows of the split, against predicting each window by hand from the traces in memory."""

import numpy as np
import polars as pl
import pytest

from seismic_assets.attributes import FeatureSet, WindowGrid, fit_embedder, usable_traces
from seismic_assets.evaluation import signal_to_noise
from seismic_assets.frames import FeatureMaker, IngestOptions, ingest_files, one_trace, score_windows
from seismic_assets.lake import TRACE_QUALITY, Lake
from seismic_assets_tests.frames.building import (
    CROSSLINES,
    CUBE,
    FILE,
    INTERVAL_US,
    SAMPLES,
    START_MS,
    cube_around,
    cube_features,
    cube_traces,
    cut_files_into,
    traces,
    write_cube_file,
    write_file,
)
from seismic_assets_tests.segy.building import write_line

GRID = WindowGrid(32, 16)
EMBEDDER = fit_embedder([GRID.cut(cube_traces()[usable_traces(cube_traces())])], 5)
SETS = [FeatureSet(), FeatureSet("extended"), FeatureSet("lateral", time=True)]
SPLIT = {
    "file_id": pl.String,
    "trace_index": pl.Int64,
    "window_index": pl.Int32,
    "class": pl.Int32,
    "block": pl.String,
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """The cube and a line in bronze, in segments of nine traces and row groups of four."""
    folder = tmp_path_factory.mktemp("scoring")
    with pytest.MonkeyPatch.context() as patch:
        cut_files_into(patch, segment=9, block=4)
        lake = Lake(folder / "lake")
        files = {CUBE: write_cube_file(folder / CUBE), FILE: write_file(folder / FILE)}
        list(ingest_files(lake, files, IngestOptions()))
    return lake


def rows_of(count, seed=0, file_id=CUBE):
    """So many windows of a file's usable traces in no order."""
    usable = np.flatnonzero(usable_traces(cube_traces() if file_id == CUBE else traces()))
    keys = [(int(trace), window) for trace in usable for window in range(5)]
    picked = np.random.default_rng(seed).permutation(len(keys))[:count]
    content = [(file_id, *keys[i], i % 3, f"area0/0/{keys[i][0] // CROSSLINES}") for i in picked]
    return pl.DataFrame(content, schema=SPLIT, orient="row")


def graph(seed):
    """Probabilities of three classes that depend on every feature."""

    def predict(features):
        weights = np.random.default_rng(seed).normal(size=(features.shape[1], 3))
        score = np.tanh(features / 1000) @ weights
        return (np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)).astype(np.float32)

    return predict


GRAPHS = {"model": graph(1), "baseline": graph(2)}


def keys_of(rows):
    return list(zip(rows["trace_index"].to_list(), rows["window_index"].to_list(), strict=True))


def scale_of(lake):
    return lake.read(TRACE_QUALITY, [CUBE], ["amplitude_scale"]).item()


@pytest.mark.parametrize("normalise", ["none", "robust"])
@pytest.mark.parametrize("feature_set", SETS, ids=str)
def test_windows_are_predicted_as_they_are_by_hand(lake, feature_set, normalise):
    rows, make = rows_of(90), FeatureMaker(GRID, EMBEDDER, feature_set, normalise)
    scored = score_windows(lake, rows, make, GRAPHS, keep=rows.height)
    by_hand = cube_features(GRID, EMBEDDER, feature_set, scale_of(lake) if normalise == "robust" else 1.0)
    expected = np.stack([by_hand[key] for key in keys_of(scored.rows)])

    np.testing.assert_allclose(scored.features, expected, rtol=1e-5, atol=1e-4)
    for name, predict in GRAPHS.items():
        np.testing.assert_allclose(scored.probabilities[name], predict(expected), atol=1e-5)


def test_every_row_is_scored_once_and_classes_and_blocks_are_its_own(lake):
    rows = rows_of(90)
    scored = score_windows(lake, rows, FeatureMaker(GRID, EMBEDDER, FeatureSet(), "none"), GRAPHS)
    assert sorted(scored.rows.rows()) == sorted(rows.rows())
    assert (scored.truth.dtype, scored.truth.tolist()) == (np.int32, scored.rows["class"].to_list())
    assert scored.blocks.tolist() == [int(block.rsplit("/")[-1]) for block in scored.rows["block"]]


def test_time_amplitude_and_noise_are_those_of_the_window(lake):
    scored = score_windows(lake, rows_of(90), FeatureMaker(GRID, EMBEDDER, FeatureSet(), "none"), GRAPHS)
    windows = np.stack([cube_traces()[trace, 16 * window :][:32] for trace, window in keys_of(scored.rows)])
    first = scored.rows["window_index"].to_numpy() * 16
    assert scored.centre_ms.tolist() == (START_MS + (first + 16) * INTERVAL_US / 1000).tolist()
    np.testing.assert_allclose(scored.rms, np.sqrt((windows.astype(float) ** 2).mean(axis=1)), rtol=1e-6)
    np.testing.assert_allclose(scored.noise, signal_to_noise(windows), rtol=1e-5)


@pytest.mark.parametrize("keep", [0, 1, 7, 40, 90, 1000])
def test_as_many_windows_are_kept_as_asked_evenly_over_the_rows(lake, keep):
    make = FeatureMaker(GRID, EMBEDDER, FeatureSet(), "none")
    scored = score_windows(lake, rows_of(90), make, GRAPHS, keep=keep)
    by_hand = cube_features(GRID, EMBEDDER, FeatureSet())
    keys = keys_of(scored.rows)
    stride = -(-90 // keep) if keep else 90
    assert scored.kept.tolist() == (list(range(0, 90, stride)) if keep else [])
    assert len(scored.kept) <= keep
    assert scored.features.shape == (len(scored.kept), 13)
    for place, row in zip(scored.kept, scored.features, strict=True):
        np.testing.assert_allclose(row, by_hand[keys[place]], rtol=1e-5, atol=1e-4)


def test_rows_of_several_files_are_scored_with_their_own_traces(lake):
    cube = rows_of(40)
    rows = pl.concat([cube[:10], rows_of(20, file_id=FILE), cube[10:]])
    make = FeatureMaker(GRID, EMBEDDER, FeatureSet(), "none")
    scored = score_windows(lake, rows, make, GRAPHS, keep=rows.height)
    assert sorted(scored.rows.rows()) == sorted(rows.rows())
    amplitudes = {CUBE: cube_traces(), FILE: traces()}
    for row, rms in zip(scored.rows.iter_rows(named=True), scored.rms, strict=True):
        window = amplitudes[row["file_id"]][row["trace_index"], 16 * row["window_index"] :][:32]
        assert rms == pytest.approx(np.sqrt((window.astype(float) ** 2).mean()), rel=1e-6)


def test_windows_of_traces_that_cannot_be_classified_are_left_out(lake):
    dead = pl.DataFrame([(CUBE, 10, 0, 1, "area0/0/1"), (CUBE, 25, 1, 1, "area0/0/3")], schema=SPLIT, orient="row")
    make = FeatureMaker(GRID, EMBEDDER, FeatureSet("lateral"), "none")
    scored = score_windows(lake, pl.concat([dead, rows_of(3)]), make, GRAPHS)
    assert sorted(scored.rows.rows()) == sorted(rows_of(3).rows())
    assert len(scored.truth) == len(scored.rms) == len(scored.probabilities["model"]) == 3


def test_no_row_is_no_window_and_no_error(lake):
    make = FeatureMaker(GRID, EMBEDDER, FeatureSet("extended"), "none")
    scored = score_windows(lake, rows_of(0), make, GRAPHS, keep=10)
    assert (scored.rows.height, len(scored.truth), len(scored.kept)) == (0, 0, 0)
    assert scored.features.shape == (0, len(FeatureSet("extended").names(5)))
    assert scored.probabilities.keys() == GRAPHS.keys()


def test_one_trace_is_the_first_usable_one_as_it_came_with_its_neighbours_and_scale(lake):
    found, scale = one_trace(lake, CUBE, FeatureSet("lateral"), "robust")
    assert found.samples.tolist() == cube_traces()[:1].tolist()
    assert found.start_ms is not None
    assert found.start_ms.tolist() == [START_MS]
    assert found.neighbours is not None
    assert found.neighbours.present.tolist() == cube_around(cube_traces()).present[:1].tolist()
    assert scale == scale_of(lake)


def test_one_trace_passes_over_a_dead_one_and_has_no_neighbours_where_none_are_needed(lake):
    found, scale = one_trace(lake, FILE, FeatureSet("extended"), "none")
    assert found.samples.tolist() == traces()[1:2].tolist()
    assert (found.neighbours, scale) == (None, None)


def test_a_file_without_a_usable_trace_has_none(tmp_path):
    lake = Lake(tmp_path / "lake")
    dead = write_line(tmp_path / "dead.sgy", np.zeros((3, SAMPLES), np.float32))
    list(ingest_files(lake, {"dead.sgy": dead}, IngestOptions()))
    with pytest.raises(ValueError, match=r"^dead\.sgy has no trace that can be classified$"):
        one_trace(lake, "dead.sgy", FeatureSet(), "none")
