import io

import matplotlib.image
import numpy as np
import pytest

from seismic_assets.evaluation import confusion_figure, png_bytes, reliability_figure


@pytest.mark.parametrize("classes", [2, 9])
def test_a_confusion_matrix_names_its_classes_and_counts(classes):
    counts = np.arange(classes**2).reshape(classes, classes) * 1000
    counts[0] = 0
    names = [f"class <{index}>" for index in range(classes)]
    figure = confusion_figure(counts.tolist(), names)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == names
    assert f"{classes**2 - 1},000" in [text.get_text() for text in axes.texts]
    image = matplotlib.image.imread(io.BytesIO(png_bytes(figure, dpi=50)))
    assert image.ndim == 3
    assert np.ptp(image) > 0.5


def test_reliability_compares_confidence_with_the_share_that_was_right():
    probabilities = np.array([[0.85, 0.15]] * 10 + [[0.35, 0.65]] * 4 + [[1.0, 0.0]])
    truth = np.array([0] * 8 + [1] * 2 + [1, 1, 1, 0] + [0])
    upper, lower = reliability_figure(truth, probabilities).axes
    confidence, right = upper.lines[1].get_data()
    np.testing.assert_allclose(confidence, [0.65, 0.85, 1.0])
    np.testing.assert_allclose(right, [0.75, 0.8, 1.0])
    assert sum(bar.get_height() for bar in lower.patches) == len(truth)


def test_a_reliability_diagram_is_a_png():
    probabilities = np.random.default_rng(0).dirichlet([1, 1, 1], 100)
    assert png_bytes(reliability_figure(probabilities.argmax(axis=1), probabilities)).startswith(b"\x89PNG\r\n")
