import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance as scikit_learns

from seismic_assets.evaluation import (
    EvaluationError,
    Importance,
    Interval,
    Resampling,
    ShapImportance,
    feature_groups,
    importance_figure,
    permutation_importance,
    png_bytes,
    shap_figure,
)
from seismic_assets.evaluation.importance import sample_by_block

NAMES = ["rms_amplitude", "noise", "embedding_0", "embedding_1"]


@pytest.fixture(scope="module")
def case():
    """Features of which the first decides most, the embedding's twins some, the second nothing; and a model."""
    random = np.random.default_rng(0)
    features = random.normal(size=(900, 4)).astype(np.float32)
    features[:, 3] = features[:, 2] + 0.01 * random.normal(size=900)
    truth = np.digitize(1.5 * features[:, 0] + features[:, 2], [-0.7, 0.7]).astype(np.int32)
    blocks = np.repeat(np.arange(15), 60)
    model = RandomForestClassifier(40, random_state=0, n_jobs=1).fit(features[:450], truth[:450])
    return model, features[450:], truth[450:], blocks[450:]


def test_what_decides_comes_first_and_noise_loses_nothing(case):
    model, features, truth, blocks = case
    found = permutation_importance(model.predict_proba, features, truth, blocks, NAMES)
    assert [each.name for each in found] == ["rms_amplitude", "embedding", "noise"]
    assert found[0].fall.low > 0.2
    assert found[1].features == ("embedding_0", "embedding_1")
    assert abs(found[2].fall.value) < 0.05
    assert all(each.fall.low <= each.fall.value <= each.fall.high and each.fall.blocks == 8 for each in found)


def test_falls_are_scikit_learn_s(case):
    model, features, truth, blocks = case
    alone = {name: [name] for name in NAMES}
    found = permutation_importance(
        model.predict_proba, features, truth, blocks, NAMES, groups=alone, repeats=20, resampling=Resampling(seed=1)
    )
    expected = scikit_learns(model, features, truth, scoring="f1_macro", n_repeats=20, random_state=0)
    for each in found:
        index = NAMES.index(each.name)
        spread = expected.importances_std[index] / np.sqrt(20)
        assert each.fall.value == pytest.approx(expected.importances_mean[index], abs=5 * spread + 0.003)


def test_twins_share_their_credit_alone_and_have_it_together(case):
    model, features, truth, blocks = case
    groups = {"embedding": ["embedding_0", "embedding_1"], "embedding_0": ["embedding_0"]}
    together, alone = permutation_importance(model.predict_proba, features, truth, blocks, NAMES, groups=groups)
    assert (together.name, alone.name) == ("embedding", "embedding_0")
    assert together.fall.value > 1.5 * alone.fall.value


def test_few_windows_are_looked_at_and_the_same_seed_looks_at_the_same(case):
    model, features, truth, blocks = case
    seen = []

    def predict(table):
        seen.append(len(table))
        return model.predict_proba(table)

    first = permutation_importance(predict, features, truth, blocks, NAMES, most_windows=100, repeats=2)
    assert seen == [100] * (3 * 2 + 1)
    assert first == permutation_importance(predict, features, truth, blocks, NAMES, most_windows=100, repeats=2)


@pytest.mark.parametrize("most", [1, 50, 333, 999, 2000])
def test_a_sample_takes_the_same_share_of_every_block(most):
    blocks = np.random.default_rng(0).permutation(np.repeat(["a", "b", "c"], [700, 250, 50]))
    chosen = sample_by_block(blocks, most, np.random.default_rng(1))
    assert len(chosen) == min(most, 1000) == len(np.unique(chosen))
    for name, size in (("a", 700), ("b", 250), ("c", 50)):
        assert (blocks[chosen] == name).sum() == pytest.approx(size * min(most, 1000) / 1000, abs=2)


def test_components_go_together_and_other_numbered_features_stay_alone():
    assert feature_groups(["energy", "embedding_0", "band_2", "embedding_1", "embedding_mean"]) == {
        "energy": ("energy",),
        "embedding": ("embedding_0", "embedding_1"),
        "band_2": ("band_2",),
        "embedding_mean": ("embedding_mean",),
    }


def test_a_group_of_unknown_features_and_unequal_lengths_are_refused(case):
    model, features, truth, blocks = case
    with pytest.raises(EvaluationError, match="not there: salt"):
        permutation_importance(model.predict_proba, features, truth, blocks, NAMES, groups={"g": ["salt"]})
    with pytest.raises(EvaluationError, match="one of each per window"):
        permutation_importance(model.predict_proba, features, truth[1:], blocks, NAMES)


def test_a_figure_shows_the_first_twenty_with_their_intervals():
    found = [Importance(f"f{i}", (f"f{i}",), Interval(1 / (i + 1), 0.1, 0.9, 5)) for i in range(30)]
    found[0] = Importance("embedding", ("embedding_0", "embedding_1"), Interval(1.0, None, None, 1))
    axes = importance_figure(found).axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["embedding (2 together)", *(f"f{i}" for i in range(1, 20))]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([1 / (i + 1) for i in range(20)])
    assert sum(list(line.get_xdata()) == [0.1, 0.9] for line in axes.lines) == 19
    assert png_bytes(importance_figure([]), dpi=30).startswith(b"\x89PNG")


def test_a_figure_of_shapley_values_stacks_classes_to_their_mean():
    found = [ShapImportance("a", 0.2, {"sand": 0.1, "salt": 0.3}), ShapImportance("b", 0.1, {"sand": 0.1, "salt": 0.1})]
    axes = shap_figure(found).axes[0]
    ends = [bar.get_x() + bar.get_width() for bar in axes.patches]
    assert max(ends) == pytest.approx(0.2)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["sand", "salt"]
