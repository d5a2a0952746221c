import numpy as np

from seismic_assets.evaluation import Trial, history_figure, parameter_importance_figure, png_bytes
from seismic_assets.evaluation.study_figures import best_so_far

TRIALS = [
    Trial(2, "forest", "complete", 0.6),
    Trial(0, "forest", "complete", 0.5),
    Trial(1, "logistic", "complete", 0.4),
    Trial(3, "logistic", "pruned", 0.9),
    Trial(4, "forest", "failed", None),
    Trial(5, "boosting", "pruned", None),
    Trial(6, "logistic", "complete", 0.55),
]


def test_the_best_so_far_never_falls_and_knows_complete_trials_only():
    assert best_so_far(TRIALS) == [(0, 0.5), (1, 0.5), (2, 0.6), (6, 0.6)]
    assert best_so_far([]) == []


def test_a_history_shows_every_trial_by_family_and_state():
    axes = history_figure(TRIALS, "macro-F1").axes[0]
    points = {each.get_label(): np.asarray(each.get_offsets()).tolist() for each in axes.collections}
    assert points["forest"] == [[2, 0.6], [0, 0.5]]
    assert points["logistic"] == [[1, 0.4], [6, 0.55]]
    assert points["logistic, pruned"] == [[3, 0.9]]
    assert [number for number, _ in points["no score"]] == [4, 5]
    hollow = next(each for each in axes.collections if each.get_label() == "logistic, pruned")
    assert len(hollow.get_facecolor()) == 0
    assert axes.lines[0].get_ydata().tolist() == [0.5, 0.5, 0.6, 0.6]
    assert axes.get_ylabel() == "macro-F1"


def test_studies_without_a_complete_trial_are_drawn():
    for trials in ([], [Trial(0, "forest", "failed", None)]):
        assert png_bytes(history_figure(trials), dpi=30).startswith(b"\x89PNG")


def test_hyperparameters_are_ranked():
    axes = parameter_importance_figure({"max_depth": 0.2, "family": 0.7, "C": 0.1}).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["family", "max_depth", "C"]
    assert [bar.get_width() for bar in axes.patches] == [0.7, 0.2, 0.1]
    assert axes.yaxis_inverted()
    assert png_bytes(parameter_importance_figure({}), dpi=30).startswith(b"\x89PNG")
