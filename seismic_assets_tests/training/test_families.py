import sys

import pytest

from seismic_assets.training import DEFAULT_PARAMETERS, MODEL_FAMILIES, SEARCH_SPACES, TrainingError
from seismic_assets.training.families import make_estimator
from seismic_assets.training.spaces import OneOf, Whole
from seismic_assets_tests.extras import require_torch


def require_package_of(family):
    if family == "deep_cnn":
        require_torch()


def test_every_family_has_a_space_and_defaults():
    assert set(MODEL_FAMILIES) == set(SEARCH_SPACES) == set(DEFAULT_PARAMETERS)


@pytest.mark.parametrize("family", sorted(MODEL_FAMILIES))
def test_a_family_is_made_from_a_seed_with_its_defaults(family):
    require_package_of(family)
    estimator = MODEL_FAMILIES[family](7)
    assert estimator.get_params()["random_state"] == 7
    for name, value in DEFAULT_PARAMETERS[family].items():
        if name != "penalty":
            assert estimator.get_params()[name] == value


@pytest.mark.parametrize("family", sorted(SEARCH_SPACES))
def test_every_end_of_a_space_reaches_the_estimator(family):
    require_package_of(family)
    for name, values in SEARCH_SPACES[family].items():
        ends = values.values if isinstance(values, OneOf) else (values.low, values.high)
        for value in ends:
            got = make_estimator(family, 0, {name: value}).get_params()
            if name == "penalty":
                assert got["l1_ratio"] == {"l1": 1.0, "l2": 0.0}[value]
            else:
                assert got[name] == value
                assert not isinstance(values, Whole) or isinstance(got[name], int)


def test_an_unknown_family_is_refused_with_those_there_are():
    with pytest.raises(TrainingError, match="no model family 'perceptron'; choose from hist_gradient_boosting, rand"):
        make_estimator("perceptron", 0)


def test_an_unknown_parameter_is_refused_with_those_there_are():
    with pytest.raises(TrainingError, match="decision_tree has no parameter 'depth'; it has max_depth, min_samples_sp"):
        make_estimator("decision_tree", 0, {"depth": 3})


def test_lightgbm_that_is_not_installed_is_asked_for_by_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(TrainingError, match=r"pip install 'seismic-assets\[boosting\]'"):
        make_estimator("lightgbm", 0)
