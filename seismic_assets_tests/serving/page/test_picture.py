import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.inference import WindowPredictions
from seismic_assets.serving.page.picture import NO_ANSWER, Picture, Rows

ROWS = Rows(num_samples=6, step=1)


def predictions(*windows: tuple[int, int, list[float]]) -> WindowPredictions:
    """Of one trace, from (first sample, sample after the last, probabilities)."""
    starts, ends, probabilities = zip(*windows, strict=True)
    array = np.array([probabilities], np.float32)
    return WindowPredictions(np.array(starts), np.array(ends), array, np.isfinite(array).all(axis=(1, 2)))


def painted(traces: np.ndarray, predicted: WindowPredictions, rows: Rows = ROWS) -> Picture:
    picture = Picture.blank(rows, len(traces), predicted.probabilities.shape[2])
    picture.fill(traces, predicted)
    return picture


@given(num_samples=st.integers(1, 5000), most=st.integers(1, 700))
def test_rows_take_in_every_sample_and_are_no_more_than_allowed(num_samples: int, most: int) -> None:
    rows = Rows.at_most(num_samples, most)

    assert rows.height <= most
    assert (rows.height - 1) * rows.step < num_samples <= rows.height * rows.step
    assert rows.centres.max() < num_samples
    assert (rows.centres // rows.step == np.arange(rows.height)).all()


def test_a_row_shows_the_sample_that_is_farthest_from_zero() -> None:
    rows = Rows(num_samples=5, step=2)

    shown = rows.strongest(np.array([[1, -3, 2, 0, -0.5]], np.float32))

    assert shown.tolist() == [[-3, 2, -0.5]]


def test_a_row_with_a_sample_that_is_not_finite_is_not_finite() -> None:
    shown = Rows(num_samples=4, step=2).strongest(np.array([[9, np.nan, 1, 2]], np.float32))

    assert np.isnan(shown[0, 0])
    assert shown[0, 1] == 2


def test_where_windows_overlap_the_class_is_from_their_mean() -> None:
    predicted = predictions((0, 4, [0.9, 0.1, 0.0]), (2, 6, [0.0, 0.6, 0.4]))

    picture = painted(np.ones((1, 6), np.float32), predicted)

    assert picture.classes.tolist() == [[0, 0, 0, 0, 1, 1]]
    assert picture.confidence.tolist() == [[230, 230, 115, 115, 153, 153]]


def test_where_no_window_lies_there_is_no_answer() -> None:
    picture = painted(np.ones((1, 6), np.float32), predictions((0, 4, [0.9, 0.1])))

    assert picture.classes[0].tolist() == [0, 0, 0, 0, NO_ANSWER, NO_ANSWER]
    assert picture.confidence[0, 4:].tolist() == [0, 0]


def test_a_trace_without_an_answer_is_not_counted() -> None:
    picture = painted(np.ones((1, 6), np.float32), predictions((0, 6, [np.nan, np.nan])))

    assert (picture.classes == NO_ANSWER).all()
    assert picture.windows.tolist() == [0, 0]
    assert picture.traces.tolist() == [0, 0]


def test_windows_and_traces_are_counted_by_their_own_class() -> None:
    predicted = predictions((0, 3, [0.4, 0.6]), (3, 6, [0.9, 0.1]))

    picture = painted(np.ones((1, 6), np.float32), predicted)

    assert picture.windows.tolist() == [1, 1]
    assert picture.traces.tolist() == [1, 0]
    assert picture.trace_confidence == pytest.approx(0.65)


def test_grey_levels_are_symmetric_about_zero_and_end_at_the_clip() -> None:
    rows = Rows(num_samples=7, step=1)
    traces = np.array([[-8, -2, -1, 0, 1, 2, np.nan]], np.float32)

    picture = painted(traces, predictions((0, 7, [1.0, 0.0])), rows)

    assert picture.grey(2.0)[0].tolist() == [1, 1, 64, 128, 192, 255, 0]


def test_the_clip_is_the_98th_percentile_of_the_finite_absolute_amplitudes() -> None:
    rows = Rows(num_samples=101, step=1)
    traces = np.append(-np.arange(100, dtype=np.float32), np.nan)[None]

    assert painted(traces, predictions((0, 101, [1.0, 0.0])), rows).clip() == pytest.approx(97.02)


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_traces_without_an_amplitude_have_a_clip_all_the_same(value: float) -> None:
    traces = np.full((1, 6), value, np.float32)

    assert painted(traces, predictions((0, 6, [1.0, 0.0]))).clip() == 1.0
