import pytest

from seismic_assets.attributes import CENTRE_TIME, CLASSIC, EXTENDED, FEATURE_SETS, HANDCRAFTED, LATERAL, FeatureSet

EMBEDDING = ("embedding_0", "embedding_1", "embedding_2")
SETS = [FeatureSet(name, time) for name in ("classic", "extended", "lateral") for time in (False, True)]


def test_there_are_three_sets_and_the_first_is_the_classic_one_without_time() -> None:
    assert FEATURE_SETS == ("classic", "extended", "lateral")
    assert FeatureSet() == CLASSIC == FeatureSet("classic", time=False)


@pytest.mark.parametrize(
    ("name", "further"), [("classic", ()), ("extended", EXTENDED), ("lateral", (*EXTENDED, *LATERAL))]
)
def test_each_set_has_the_attributes_of_the_one_before(name: str, further: tuple[str, ...]) -> None:
    feature_set = FeatureSet(name)
    assert feature_set.further == further
    assert feature_set.attributes == (*HANDCRAFTED, *further)


@pytest.mark.parametrize("feature_set", SETS, ids=str)
def test_names_are_the_eight_then_the_embedding_then_the_further_then_the_time(feature_set: FeatureSet) -> None:
    time = (CENTRE_TIME,) if feature_set.time else ()
    assert feature_set.names(3) == (*HANDCRAFTED, *EMBEDDING, *feature_set.further, *time)


@pytest.mark.parametrize("feature_set", SETS, ids=str)
def test_no_name_occurs_twice(feature_set: FeatureSet) -> None:
    names = feature_set.names(512)
    assert len(set(names)) == len(names)


def test_the_names_of_the_classic_set_are_those_of_earlier_models() -> None:
    assert CLASSIC.names(1) == (
        "mean_amplitude",
        "std_amplitude",
        "min_amplitude",
        "max_amplitude",
        "rms_amplitude",
        "energy",
        "zero_crossings",
        "dominant_frequency",
        "embedding_0",
    )


def test_only_the_lateral_set_needs_neighbours() -> None:
    assert [FeatureSet(name).needs_neighbours for name in FEATURE_SETS] == [False, False, True]
