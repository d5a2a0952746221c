import pytest

from seismic_assets.training import DEFAULT_PARAMETERS, SEARCH_SPACES, OneOf, Real, TrainingError, Whole, space_digest


@pytest.mark.parametrize("family", sorted(SEARCH_SPACES))
def test_the_defaults_of_a_family_lie_in_its_space(family):
    defaults, space = DEFAULT_PARAMETERS[family], SEARCH_SPACES[family]
    assert set(defaults) == set(space)
    assert [name for name, values in space.items() if not values.holds(defaults[name])] == []


@pytest.mark.parametrize(
    ("values", "inside", "outside"),
    [
        (Whole(2, 5), [2, 5], [1, 6, 2.5, None, "3"]),
        (Real(0.1, 1.0), [0.1, 0.5, 1], [0.05, 1.5, None, "0.5"]),
        (OneOf(("sqrt", None)), ["sqrt", None], ["log2", 0]),
    ],
)
def test_a_range_holds_its_ends_and_nothing_beyond(values, inside, outside):
    assert all(values.holds(each) for each in inside)
    assert not any(values.holds(each) for each in outside)


def test_the_digest_is_of_the_families_whatever_their_order():
    assert space_digest(["decision_tree", "random_forest"]) == space_digest(["random_forest", "decision_tree"])
    assert space_digest(["decision_tree"]) != space_digest(["random_forest"])


def test_the_digest_changes_with_a_range(monkeypatch):
    before = space_digest(["decision_tree"])
    monkeypatch.setitem(SEARCH_SPACES, "decision_tree", {**SEARCH_SPACES["decision_tree"], "max_depth": Whole(3, 31)})
    assert space_digest(["decision_tree"]) != before


def test_the_digest_of_an_unknown_family_is_refused():
    with pytest.raises(TrainingError, match="no model family 'x'"):
        space_digest(["decision_tree", "x"])
