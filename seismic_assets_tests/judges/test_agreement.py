import pytest

from seismic_assets.judges.agreement import agreement


def test_agreement_counts_verdicts_of_samples_that_both_judged() -> None:
    found = agreement({"a": "good", "b": "bad", "c": "good", "d": "bad"}, {"a": "good", "b": "good", "c": "good"})

    assert found is not None
    assert (found.samples, found.share) == (3, pytest.approx(2 / 3))
    assert found.counts == {("good", "good"): 2, ("bad", "good"): 1}
    assert found.kappa is None


def test_kappa_is_one_for_the_same_and_nought_for_chance() -> None:
    rules = dict(zip("abcd", ("good", "good", "bad", "bad"), strict=True))
    chance = dict(zip("abcd", ("good", "bad", "good", "bad"), strict=True))

    same, other = agreement(rules, rules), agreement(rules, chance)

    assert same is not None and other is not None
    assert (same.kappa, other.kappa) == (pytest.approx(1.0), pytest.approx(0.0))


def test_without_a_verdict_of_the_model_there_is_no_agreement() -> None:
    assert agreement({"a": "good"}, {}) is None
