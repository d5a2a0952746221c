"""Every feature that a window can have is described, and nothing else is."""

import pytest

from seismic_assets.attributes import FEATURE_SETS, FeatureSet
from seismic_assets.attributes.facts import _KNOWN, facts_of


@pytest.mark.parametrize("name", FEATURE_SETS)
def test_every_feature_of_a_set_has_a_unit_and_a_formula(name) -> None:
    names = FeatureSet(name, time=True).names(32)

    facts = facts_of(names)

    assert tuple(each.name for each in facts) == names
    assert all(each.unit and each.formula and "{}" not in each.formula for each in facts)


def test_nothing_is_described_that_no_set_has() -> None:
    assert set(_KNOWN) == set(FeatureSet("lateral", time=True).names(0))


@pytest.mark.parametrize("name", ["nonsense", "embedding_", "embedding_x"])
def test_what_no_set_has_is_refused(name: str) -> None:
    with pytest.raises(KeyError):
        facts_of([name])


def test_the_groups_are_those_of_the_feature_views() -> None:
    facts = facts_of(FeatureSet().names(32))
    count = {group: sum(each.group == group for each in facts) for group in {each.group for each in facts}}

    assert count == {"statistical": 5, "energy_frequency": 3, "embedding": 32}
