import pytest

from seismic_assets.insights.documentation import documentation_insight, windows_by_fold
from seismic_assets_tests.insights.evaluated import card_of, evaluated
from seismic_assets_tests.insights.saying import assert_sound, text_of


@pytest.fixture(scope="module")
def record():
    return evaluated()


def plain(insight):
    return " ".join(text_of(insight).split())


def test_a_card_becomes_a_documentation_that_is_complete_without_a_model(record):
    card = card_of(record)
    insight = documentation_insight(card)

    assert_sound(insight)
    assert (insight.name, insight.verdict) == ("model_documentation", "")
    text = plain(insight)
    assert "2 SEG-Y files with 3,600 traces, sampled every 2 ms and 4 ms" in text
    assert card.f1.text() in text
    assert all(failure in text for failure in card.failures)
    assert "seismic predict" in text and "/v1/predict/segy" in text
    assert "many decision trees on random parts" in text
    assert "The gate let it into production" in text
    assert "Delta version 7" in text


def test_windows_are_told_by_fold_whichever_the_card_names_first(record):
    by_fold = {"train": {"sand": 9, "salt": 3}, "test": {"sand": 2, "salt": 0}}
    by_class = {"sand": {"train": 9, "test": 2}, "salt": {"train": 3, "test": 0}}

    assert windows_by_fold(card_of(record, class_windows=by_fold)) == by_fold
    assert windows_by_fold(card_of(record, class_windows=by_class)) == by_fold
    assert documentation_insight(card_of(record, class_windows=by_class)).facts["windows.train"].value == 12


def test_what_is_not_known_is_said_not_to_be(record):
    bare = card_of(
        record,
        files=[],
        labels=[],
        class_windows={},
        baselines={},
        importance=[],
        failures=[],
        out_of_scope=[],
        verdict=None,
        parameters={},
        environment={},
        runs={},
        delta_versions={},
        family="of one's own",
    )
    insight = documentation_insight(bare)

    assert_sound(insight)
    text = plain(insight)
    assert "Where its classes come from is not recorded" in text
    assert "It has not been put to the gate" in text
    assert "What it leans on was not computed" in text
    assert "the defaults of the family" in text
    assert insight.facts["gate"].value == "not asked"


def test_facts_stay_few_of_many_classes():
    names = tuple(f"facies {number}" for number in range(40))
    assert_sound(documentation_insight(card_of(evaluated(names=names, windows=2000))))
