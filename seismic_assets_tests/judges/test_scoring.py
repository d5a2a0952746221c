from dataclasses import dataclass

import pytest

from seismic_assets.judges import Scored, Scorer, score


@dataclass(frozen=True)
class Number:
    """A number to judge."""

    id: str
    value: float | None
    weight: float = 1.0


ITSELF = Scorer[Number]("itself", "the number", lambda each: Scored(each.value, "It is."))
ODD = Scorer[Number]("odd", "odd ones", lambda each: Scored(0.0, "It is not."), "model")


def test_every_scorer_judges_every_sample_in_order() -> None:
    scores = score([Number("a", 0.5), Number("b", None)], [ITSELF, ODD])

    found = [(row.sample, row.scorer, row.value, row.source) for row in scores.rows]
    assert found == [
        ("a", "itself", 0.5, "rule"),
        ("a", "odd", 0.0, "model"),
        ("b", "itself", None, "rule"),
        ("b", "odd", 0.0, "model"),
    ]
    assert [row.scorer for row in scores.of_sample("b")] == ["itself", "odd"]


def test_a_mean_is_weighted_by_what_samples_stand_for_and_leaves_out_those_without_a_value() -> None:
    scores = score([Number("a", 1.0, 3.0), Number("b", 0.0, 1.0), Number("c", None, 100.0)], [ITSELF])

    assert scores.mean("itself") == 0.75
    assert scores.mean("unheard") is None


def test_two_of_the_same_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two samples have the same name: 'a'"):
        score([Number("a", 1.0)] * 2, [ITSELF])
    with pytest.raises(ValueError, match="two scorers have the same name: 'odd'"):
        score([Number("a", 1.0)], [ODD, ODD])
