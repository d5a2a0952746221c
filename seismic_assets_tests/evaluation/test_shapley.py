import importlib
from itertools import combinations
from math import factorial

import numpy as np
import pytest

from seismic_assets.evaluation import EvaluationError, ExplanationError, shap_importance
from seismic_assets_tests.extras import require

NAMES, CLASSES = ["rms_amplitude", "energy", "noise"], ["sand", "salt"]


def predict(features):
    """Probabilities in which the first two features work together and the third does nothing."""
    salt = 1 / (1 + np.exp(-(2 * features[:, 0] + features[:, 0] * features[:, 1])))
    return np.stack([1 - salt, salt], axis=1)


def exact_values(window, background):
    """Shapley values of one window by their definition: over all subsets of the features."""

    def worth(shown):
        table = background.copy()
        table[:, list(shown)] = window[list(shown)]
        return predict(table).mean(axis=0)

    count = len(window)
    values = np.zeros((count, 2))
    for feature in range(count):
        others = [each for each in range(count) if each != feature]
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for shown in combinations(others, size):
                values[feature] += weight * (worth((*shown, feature)) - worth(shown))
    return values


@pytest.mark.slow
def test_values_are_those_of_the_definition():
    require("shap", "explain")
    random = np.random.default_rng(0)
    features, background = random.normal(size=(6, 3)).astype(np.float32), random.normal(size=(10, 3)).astype(np.float32)
    found = {each.name: each for each in shap_importance(predict, features, background, NAMES, CLASSES)}
    expected = np.abs([exact_values(window, background) for window in features]).mean(axis=0)
    for index, name in enumerate(NAMES):
        assert list(found[name].by_class.values()) == pytest.approx(expected[index], abs=1e-6)
        assert found[name].mean_absolute == pytest.approx(expected[index].mean(), abs=1e-6)
    assert list(found) == ["rms_amplitude", "energy", "noise"]
    assert found["noise"].mean_absolute == pytest.approx(0, abs=1e-9)


def test_cost_is_bounded_and_the_seed_decides():
    require("shap", "explain")
    random = np.random.default_rng(1)
    features, background = (random.normal(size=(200, 3)).astype(np.float32) for _ in range(2))
    rows = []

    def counted(table):
        rows.append(len(table))
        return predict(table)

    bounds = {"most_windows": 3, "most_background": 4, "permutations": 1}
    first = shap_importance(counted, features, background, NAMES, CLASSES, **bounds)
    assert 0 < sum(rows) <= 3 * 4 * 3 * 4
    assert first == shap_importance(predict, features, background, NAMES, CLASSES, **bounds)
    assert first != shap_importance(predict, features, background, NAMES, CLASSES, **bounds, seed=7)


def test_without_shap_the_error_says_how_to_install_it(monkeypatch):
    genuine = importlib.import_module

    def without(name, *rest):
        if name == "shap":
            raise ModuleNotFoundError("No module named 'shap'", name="shap")
        return genuine(name, *rest)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(ExplanationError, match=r"pip install 'seismic-assets\[explain\]'"):
        shap_importance(predict, np.zeros((1, 3), np.float32), np.zeros((1, 3), np.float32), NAMES, CLASSES)


def test_nothing_to_explain_is_refused():
    require("shap", "explain")
    nothing, one = np.zeros((0, 3), np.float32), np.zeros((1, 3), np.float32)
    for features, background in ((nothing, one), (one, nothing)):
        with pytest.raises(EvaluationError, match="at least one of each"):
            shap_importance(predict, features, background, NAMES, CLASSES)
