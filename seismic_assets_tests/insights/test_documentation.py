import pytest

from seismic_assets.evaluation import Importance, Interval
from seismic_assets.evaluation.document import Table
from seismic_assets.insights.documentation import documentation_insight, windows_by_fold
from seismic_assets_tests.insights.evaluated import card_of, evaluated, gate_verdict
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


def section_of(insight, title):
    return next(each for each in insight.sections if each.title == title)


def table_of(insight, title, place=0):
    return [block for block in section_of(insight, title).blocks if isinstance(block, Table)][place]


def test_what_it_is_not_meant_for_stands_before_the_scores_that_it_speaks_of(record):
    text = text_of(
        documentation_insight(card_of(record, out_of_scope=["Other surveys: the scores below say nothing."]))
    )

    assert text.index("the scores below say nothing") < text.index("How it was evaluated")


def test_what_was_searched_for_is_told_apart_from_how_it_was_fitted(record):
    parameters = {
        "max_iter": 200,
        "temperature": 1.25,
        "hyperparameters from": "the defaults",
        "windows fitted on": 20709,
        "seed": 42,
    }
    rows = dict(table_of(documentation_insight(card_of(record, parameters=parameters)), "How to make it again").rows)

    assert rows["hyperparameters"] == "max_iter 200"
    assert rows["windows fitted on"] == "20,709"
    assert rows["temperature of the calibration"] == "1.250"
    assert (rows["hyperparameters from"], rows["seed"]) == ("the defaults", "42")


def test_a_group_of_features_is_called_one(record):
    group = Importance("embedding", ("embedding_0", "embedding_1"), Interval(0.2, 0.1, 0.3, 8))
    rows = table_of(documentation_insight(card_of(record, importance=[group])), "What it looks at").rows

    assert rows == (("embedding (its 2 components together)", "0.200"),)


def test_how_to_use_it_says_where_the_gate_refused_it(record):
    refused = documentation_insight(card_of(record, verdict=gate_verdict(record, latency_ms=900.0)))

    assert "the gate refused this one" in plain(refused)
    assert "the gate refused this one" not in plain(documentation_insight(card_of(record)))


def test_every_table_has_rows(record):
    for card in (card_of(record), card_of(record, baselines={}, importance=[], class_windows={})):
        blocks = [block for each in documentation_insight(card).sections for block in each.blocks]
        assert all(block.rows for block in blocks if isinstance(block, Table))
