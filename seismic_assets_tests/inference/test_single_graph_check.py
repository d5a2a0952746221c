"""The comparison of a single graph with what is served, and the windows for it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seismic_assets.attributes import WindowGrid, Windows
from seismic_assets.inference.single_graph import SingleGraphError
from seismic_assets.inference.single_graph_check import compare, file_windows, trial_windows
from seismic_assets.segy import write_segy
from seismic_assets_tests.inference.building import INTERVAL_US, STEP, WINDOW, make_traces
from seismic_assets_tests.inference.single_graphs import served, some_windows


def write_line(path: Path, traces: np.ndarray, sample_interval_us: int = INTERVAL_US) -> Path:
    """The traces as a SEG-Y file of one inline."""
    number = np.arange(len(traces))
    places = {"inline": np.ones_like(number), "crossline": number, "cdp_x": 25.0 * number, "cdp_y": 0.0 * number}
    write_segy(path, traces, **places, sample_interval_us=sample_interval_us, sample_format="ieee")
    return path


def test_the_comparison_sees_a_graph_of_another_model() -> None:
    pair, windows = served("logistic_regression"), some_windows(60, seed=4)
    mean = pair.bundle.feature_mean.copy()
    mean[1] += 0.5 * pair.bundle.feature_scale[1]

    other = compare(replace(pair.bundle, feature_mean=mean), pair.graph, windows)
    tree = compare(pair.bundle, served("decision_tree").graph, windows)

    assert other.largest_feature == "std_amplitude"
    assert other.largest_feature_difference == pytest.approx(0.5, rel=1e-5)
    assert other.largest_probability_difference > 1e-3
    assert other.probabilities_equal < 1
    assert (tree.largest_feature_difference < 1e-4, tree.probabilities_equal < 0.9) == (True, True)


def test_no_feature_is_named_where_none_differs() -> None:
    pair = served("logistic_regression")
    silent = Windows(np.zeros((3, WINDOW), np.float32), INTERVAL_US)

    found = compare(pair.bundle, pair.graph, silent)

    assert (found.windows, found.labels_equal) == (3, 1.0)
    assert (found.largest_feature == "") == (found.largest_feature_difference == 0)


@pytest.mark.parametrize("spoilt", [np.zeros((0, WINDOW)), np.full((2, WINDOW), np.nan), np.full((2, WINDOW), 1e16)])
def test_windows_that_cannot_be_compared_are_refused(spoilt: np.ndarray) -> None:
    with pytest.raises(SingleGraphError, match="leave dead and broken traces out"):
        compare(served().bundle, served().graph, Windows(spoilt.astype(np.float32), INTERVAL_US))


@pytest.mark.parametrize(("normalise", "time"), [("none", False), ("robust", True)])
def test_made_up_windows_are_of_every_trained_class_and_labelled_alike(normalise: str, time: bool) -> None:
    pair = served("random_forest", normalise, time)
    windows, scale = trial_windows(pair.bundle, 1000)

    found = compare(pair.bundle, pair.graph, windows, scale)

    assert found.windows == 1000
    assert found.labels_equal >= 0.999
    times = {"centre_time_ms": windows.centre_ms} if time else {}
    scales = {} if scale is None else {"amplitude_scale": np.array([scale], np.float32)}
    assert set(pair.answers(windows.samples, **times, **scales)[1]) == {0, 1, 3}


def test_windows_of_a_file_are_those_of_its_first_live_traces(tmp_path: Path) -> None:
    traces = make_traces(600)
    traces[:258] = 0
    line = write_line(tmp_path / "line.sgy", traces)

    windows, scale = file_windows(served().bundle, line)

    np.testing.assert_array_equal(windows.samples, WindowGrid(WINDOW, STEP).cut(traces[258:512]))
    assert scale is None
    assert file_windows(served(normalise="robust").bundle, line)[1] > 0


def test_a_file_of_another_interval_is_refused_unless_it_is_to_be_resampled(tmp_path: Path) -> None:
    line = write_line(tmp_path / "line.sgy", make_traces(10), 2000)

    with pytest.raises(SingleGraphError, match=r"2000 us.*4000 us"):
        file_windows(served().bundle, line)
    windows, _ = file_windows(served().bundle, line, resample=True)
    assert windows.samples.shape == (20, WINDOW)


def test_a_file_of_dead_traces_is_refused(tmp_path: Path) -> None:
    line = write_line(tmp_path / "dead.sgy", np.zeros((5, 100), np.float32))

    with pytest.raises(SingleGraphError, match=r"dead\.sgy has no live trace"):
        file_windows(served().bundle, line)
