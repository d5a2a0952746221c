import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seismic_assets.inference.rollup import roll_up


def test_the_summary_is_the_mean_of_the_windows_not_their_vote() -> None:
    windows = np.array([[[0.6, 0.4], [0.6, 0.4], [0.0, 1.0]]], dtype=np.float32)

    summary = roll_up(windows)

    assert summary.probabilities[0] == pytest.approx([0.4, 0.6])
    assert (summary.classes[0], summary.confidence[0]) == (1, pytest.approx(0.6))


def test_the_first_of_equal_classes_wins() -> None:
    assert roll_up(np.array([[[0.2, 0.4, 0.4]]], dtype=np.float32)).classes[0] == 1


def test_a_trace_that_could_not_be_classified_has_no_class_and_leaves_the_others_alone() -> None:
    summary = roll_up(np.array([[[np.nan, np.nan]], [[0.1, 0.9]]], dtype=np.float32))

    assert summary.classes.tolist() == [-1, 1]
    assert np.isnan(summary.confidence[0])


@given(
    hnp.arrays(np.float32, st.tuples(*[st.integers(1, 6)] * 3), elements=st.floats(0, 1, width=32)),
    st.randoms(use_true_random=False),
)
def test_the_order_of_windows_does_not_matter(windows: np.ndarray, random) -> None:
    order = random.sample(range(windows.shape[1]), windows.shape[1])

    summary, reordered = roll_up(windows), roll_up(windows[:, order])

    np.testing.assert_allclose(summary.probabilities, reordered.probabilities, atol=1e-12)
    assert (summary.confidence == summary.probabilities.max(axis=1)).all()
