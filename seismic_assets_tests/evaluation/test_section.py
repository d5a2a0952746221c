import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.attributes import window_starts
from seismic_assets.evaluation import comparison_figure, paint_windows, png_bytes


@settings(max_examples=100, deadline=None)
@given(
    num_samples=st.integers(1, 60),
    window=st.integers(1, 40),
    step=st.integers(1, 50),
    count=st.integers(1, 3),
    seed=st.integers(0, 9),
)
def test_a_sample_has_the_class_of_the_window_with_the_nearest_centre(num_samples, window, step, count, seed):
    starts = window_starts(num_samples, window, step)
    classes = np.random.default_rng(seed).integers(-1, 4, (count, len(starts)))
    painted = paint_windows(classes, starts, window, num_samples)
    assert painted.shape == (count, num_samples)
    for sample in range(num_samples):
        if sample >= starts[-1] + window:
            assert (painted[:, sample] == -1).all()
            continue
        distances = [abs(sample + 0.5 - (start + window / 2)) for start in starts]
        assert (painted[:, sample] == classes[:, distances.index(min(distances))]).all()


def test_windows_without_a_class_stay_without():
    painted = paint_windows(np.array([[2, -1]]), np.array([0, 4]), 4, 10)
    assert painted.tolist() == [[2, 2, 2, 2, -1, -1, -1, -1, -1, -1]]


@pytest.mark.parametrize("classes", [2, 9, 12])
def test_a_section_with_dead_and_broken_traces_is_drawn(classes):
    traces = np.random.default_rng(0).normal(size=(30, 50)).astype(np.float32)
    traces[3], traces[4, 5] = 0, np.nan
    predicted = np.random.default_rng(1).integers(-1, classes, (30, 50)).astype(np.int16)
    figure = comparison_figure(
        traces,
        predicted,
        np.full((30, 50), -1, np.int16),
        [f"class {index}" for index in range(classes)],
        sample_interval_us=4000,
        start_ms=100,
        positions=np.arange(200, 230),
        title="inline <5>",
    )
    axes = figure.axes[:3]
    assert [panel.get_title() for panel in axes] == ["amplitude", "predicted", "label"]
    assert axes[0].get_ylim() == (300, 100)
    assert axes[0].get_xlim() == (199.5, 229.5)
    assert png_bytes(figure, dpi=40).startswith(b"\x89PNG\r\n")


def test_a_section_of_zeros_is_drawn():
    nothing = np.full((4, 6), -1, np.int16)
    figure = comparison_figure(
        np.zeros((4, 6), np.float32), nothing, nothing, ["a", "b"], sample_interval_us=2000, positions=np.arange(4)
    )
    assert png_bytes(figure, dpi=40).startswith(b"\x89PNG\r\n")
