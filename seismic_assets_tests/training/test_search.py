import pytest

from seismic_assets.training import TrainingError, TrialReport, TuningOptions
from seismic_assets.training.search import best_of, trials_without_gain


def report(number, score=None, reason="", state=None):
    state = state or ("failed" if score is None else "complete")
    return TrialReport(number, state, "decision_tree", {}, score, (), None, 1.0, 0.5, reason, False)


def test_the_best_is_the_first_of_the_highest():
    reports = [report(0, 0.5), report(1, reason="no"), report(2, 0.8), report(3, 0.8)]
    assert best_of(reports, "study").number == 2


def test_without_a_complete_trial_the_commonest_reason_is_said():
    reports = [report(0, reason="one class"), report(1, reason="bad depth"), report(2, reason="bad depth")]
    with pytest.raises(
        TrainingError, match="none of the 3 trials of the study 'mine' could be completed; 2 of them: bad"
    ):
        best_of(reports, "mine")


@pytest.mark.parametrize(
    ("scores", "without"),
    [
        ([], 0),
        ([0.5], 0),
        ([0.5, 0.4, None], 2),
        ([0.5, 0.4, 0.6], 0),
        ([0.5, 0.50005, 0.5001], 2),
        ([0.5, 0.5002], 0),
        ([None, None], 2),
    ],
)
def test_trials_without_gain_are_counted_from_the_last_gain(scores, without):
    assert trials_without_gain([report(number, score) for number, score in enumerate(scores)]) == without


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"families": ()}, "at least one model family"),
        ({"families": ("decision_tree", "oracle")}, "no model family 'oracle'; choose from"),
        ({"trials": 0}, "trials of a search is at least 1, not 0"),
        ({"folds": 1}, "folds of a search is at least 2, not 1"),
        ({"buffer": -1}, "buffer of a search is at least 0, not -1"),
        ({"patience": 0}, "patience of a search is at least 1 or None, not 0"),
    ],
)
def test_options_that_no_search_can_meet_are_refused(wrong, said):
    with pytest.raises(TrainingError, match=said):
        TuningOptions(**wrong)
