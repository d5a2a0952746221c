import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from seismic_assets.evaluation import Importance, Interval, importance_drift, moved_features
from seismic_assets.registry import reference_statistics


def reference(**columns):
    """The reference statistics of features that are given as columns."""
    table = np.stack(list(columns.values()), axis=1).astype(np.float32)
    return reference_statistics(table, np.zeros(len(table), np.int32), list(columns), ["a"])["features"]


def ranked(*names, members=None):
    return [
        Importance(name, (members or {}).get(name, (name,)), Interval(1 / place, None, None, 1))
        for place, name in enumerate(names, 1)
    ]


def test_the_distance_is_the_normalised_wasserstein_distance():
    random = np.random.default_rng(0)
    old = {
        "shifted": random.normal(5, 2, 20_000),
        "wider": random.normal(0, 1, 20_000),
        "same": random.normal(size=20_000),
    }
    new = {"shifted": old["shifted"] + 1, "wider": old["wider"] * 1.5, "same": random.normal(size=20_000)}
    found = moved_features(reference(**new), reference(**old))
    for name, values in old.items():
        expected = wasserstein_distance(new[name], values) / values.std()
        assert found[name] == pytest.approx(expected, abs=0.02)
    assert found["shifted"] == pytest.approx(1 / old["shifted"].std(), rel=1e-4)
    assert found["same"] < 0.03


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e9])
def test_units_do_not_matter(scale):
    random = np.random.default_rng(1)
    old, new = random.normal(size=2000), random.normal(0.3, 1, 2000)
    found = moved_features(reference(x=scale * new), reference(x=scale * old))["x"]
    assert found == pytest.approx(moved_features(reference(x=new), reference(x=old))["x"], rel=1e-4)


def test_features_that_do_not_vary_have_finite_distances():
    ones, twos, varied = np.ones(50), np.full(50, 2.0), np.linspace(0, 1, 50)
    assert moved_features(reference(x=ones), reference(x=ones)) == {"x": 0}
    assert moved_features(reference(x=twos), reference(x=ones))["x"] == pytest.approx(0.5)
    assert np.isfinite(moved_features(reference(x=varied), reference(x=ones))["x"])


def test_only_features_of_both_versions_are_compared():
    varied = np.linspace(0, 1, 50)
    assert list(moved_features(reference(a=varied, b=varied), reference(b=varied, c=varied))) == ["b"]


def test_important_features_that_moved_are_named_as_a_risk():
    changes = importance_drift(
        ranked("energy", "rms_amplitude", "zero_crossings"),
        ranked("rms_amplitude", "energy", "zero_crossings"),
        {"energy": 0.3, "rms_amplitude": 0.1, "zero_crossings": 0.9},
        top=2,
    )
    assert [(each.name, each.rank, each.old_rank) for each in changes] == [("energy", 1, 2), ("rms_amplitude", 2, 1)]
    assert changes[0].risk.startswith("energy, number 1 by importance, has moved by 0.30 standard deviations since")
    assert changes[1].risk is None
    assert changes[0].rank_text() == "1 (was 2)"


def test_what_only_one_version_leans_on_is_told():
    changes = importance_drift(ranked("new", "common", "late"), ranked("old", "late", "common"), {"late": 5.0}, top=2)
    assert [(each.name, each.rank_text()) for each in changes] == [
        ("new", "1 (new)"),
        ("common", "2 (was 3)"),
        ("late", "3 (was 2)"),
        ("old", "gone (was 1)"),
    ]
    assert [each.risk for each in changes] == [None] * 4
    assert changes[0].distance is None


def test_a_group_moves_as_far_as_its_farthest_feature():
    members = {"embedding": ("embedding_0", "embedding_1")}
    distances = {"embedding_0": 0.05, "embedding_1": 0.4}
    [change] = importance_drift(ranked("embedding", members=members), [], distances)
    assert change.distance == 0.4
    assert "0.40 standard deviations (embedding_1 the farthest)" in change.risk


def test_components_of_a_new_embedder_are_not_compared():
    members = {"embedding": ("embedding_0",)}
    [change] = importance_drift(
        ranked("embedding", members=members), [], {"embedding_0": 9.0}, redefined={"embedding_0"}
    )
    assert (change.distance, change.risk) == (None, None)
