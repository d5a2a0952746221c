import numpy as np

from seismic_assets.evaluation import Interval, SliceScore, known_failures, score

NAMES = ("sand", "shale", "salt")


def scores(*counts):
    """Scores of a confusion matrix given by rows."""
    table = np.array(counts)
    truth, predicted = np.indices(table.shape).reshape(2, -1).repeat(table.ravel(), axis=1)
    return score(truth.astype(np.int32), np.eye(len(table))[predicted], NAMES[: len(table)])


def test_the_weakest_class_and_the_commonest_confusion_are_told_with_figures():
    found = known_failures(scores([90, 10, 0], [30, 70, 0], [0, 2, 98]))
    assert found == [
        "shale is the weakest class: F1 0.77, 70% of its 100 test windows found, 85% of what is called so right.",
        "30% of the shale windows (30 of 100) are taken for sand.",
        "10% of the sand windows (10 of 100) are taken for shale.",
    ]


def test_other_poor_classes_and_those_too_rare_to_judge_are_told():
    found = known_failures(scores([90, 10, 0], [80, 20, 0], [3, 0, 1]))
    assert found[0].startswith("shale is the weakest class: F1 0.31")
    assert found[1].startswith("salt is weak too: F1 0.40, 25% of its 4 test windows found, 100% of")
    assert found[2].startswith("80% of the shale windows")
    assert found[-1] == "Too few test windows to judge: salt (4)."


def test_parts_credibly_below_the_whole_are_told_the_lowest_first_and_three_at_most():
    whole = scores([90, 10], [10, 90])
    parts = [
        SliceScore("depth", "from 800 ms", 500, 0.5, Interval(0.60, 0.5, 0.7, 9)),
        SliceScore("depth", "under 800 ms", 500, 0.5, Interval(0.85, 0.75, 0.95, 9)),
        SliceScore("survey", "south", 50, 0.5, Interval(0.20, None, None, 1)),
        SliceScore("S/N", "under 3 dB", 1200, 0.5, Interval(0.40, 0.3, 0.5, 9)),
    ]
    found = known_failures(whole, parts)
    told = [each for each in found if each.startswith("Where")]
    assert told == [
        "Where S/N is under 3 dB, macro-F1 is 0.400 (95 % interval 0.300 to 0.500 over 9 blocks) on 1,200 windows, "
        "against 0.900 over all.",
        "Where depth is from 800 ms, macro-F1 is 0.600 (95 % interval 0.500 to 0.700 over 9 blocks) on 500 windows, "
        "against 0.900 over all.",
    ]
    assert len([each for each in known_failures(whole, [parts[0]] * 9) if each.startswith("Where")]) == 3


def test_a_perfect_model_has_only_a_weakest_class():
    assert len(known_failures(scores([50, 0], [0, 50]))) == 1
