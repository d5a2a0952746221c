"""What a model leans on: how much its score falls when a feature no longer tells windows apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.evaluation.bootstrap import DEFAULT, Interval, Resampling, block_confusions, f1_fall
from seismic_assets.evaluation.errors import EvaluationError

Predict = Callable[[NDArray[np.float32]], NDArray[np.floating[Any]]]
"""(m, f) float32 features, not standardised -> (m, classes) probabilities."""


@dataclass(frozen=True)
class Importance:
    """How much one feature, or a group of them, matters.

    Attributes:
        name: of the feature or the group.
        features: the columns that were permuted together.
        fall: macro-F1 as it is less macro-F1 with them permuted; near zero or below it where nothing is lost.
    """

    name: str
    features: tuple[str, ...]
    fall: Interval


def feature_groups(names: Sequence[str], together: Sequence[str] = ("embedding",)) -> dict[str, tuple[str, ...]]:
    """Each feature alone, but `embedding_0`, `embedding_1`, ... as one group `embedding`.

    Components share what they know, so that each alone seems to matter little where the embedding matters much.

    Args:
        names: features in order.
        together: stems of numbered features that go together.

    Returns:
        Names of features by name of the group, in order of first occurrence.
    """
    groups: dict[str, tuple[str, ...]] = {}
    for name in names:
        stem, _, number = name.rpartition("_")
        group = stem if stem in together and number.isdigit() else name
        groups[group] = (*groups.get(group, ()), name)
    return groups


def permutation_importance(
    predict: Predict,
    features: NDArray[np.float32],
    truth: NDArray[np.integer[Any]],
    blocks: NDArray[Any],
    feature_names: Sequence[str],
    *,
    groups: Mapping[str, Sequence[str]] | None = None,
    repeats: int = 5,
    most_windows: int = 5000,
    resampling: Resampling = DEFAULT,
) -> list[Importance]:
    """Fall of macro-F1 when a feature's values are exchanged among the windows, most important first.

    The model is not fitted anew (L. Breiman, "Random Forests", Machine Learning 45, 2001, generalised to any model by
    A. Fisher, C. Rudin and F. Dominici, JMLR 20, 2019). The fall is the mean over `repeats` permutations; its interval
    comes from resampled blocks, with and without permutation on the same ones. A feature whose twin is there too seems
    to matter little: permute them as a group.

    Costs (groups * repeats + 1) predictions of at most `most_windows` windows.

    Args:
        predict: features, as they come, to probabilities.
        features: (m, f) float32 of test windows.
        truth: (m,) class indices.
        blocks: (m,) spatial blocks.
        feature_names: f names.
        groups: names of features by name of the group, which may overlap; `feature_groups` if None.
        repeats: permutations of each group.
        most_windows: windows looked at; of more, the same share of every block is drawn.
        resampling: level, resamples and seed, the seed of the permutations too.

    Raises:
        EvaluationError: there are no windows, or a group names a feature that is not there.
    """
    groups = feature_groups(feature_names) if groups is None else groups
    columns = {group: _columns(group, members, feature_names) for group, members in groups.items()}
    if not len(features) == len(truth) == len(blocks):
        raise EvaluationError(
            f"{len(features)} rows of features, {len(truth)} labels and {len(blocks)} blocks: "
            "give one of each per window"
        )
    random = np.random.default_rng(resampling.seed)
    chosen = sample_by_block(blocks, most_windows, random)
    features, truth, blocks = features[chosen], truth[chosen], blocks[chosen]

    def confusions(table: NDArray[np.float32]) -> NDArray[np.int64]:
        probabilities = predict(table)
        return block_confusions(truth, probabilities.argmax(axis=1), blocks, probabilities.shape[1])

    whole = confusions(features)

    def fall(members: NDArray[np.int64]) -> Interval:
        without = []
        for _ in range(repeats):
            table = features.copy()
            # Rows of the group move together: what its features say of each other stays true.
            table[:, members] = features[random.permutation(len(features))][:, members]
            without.append(confusions(table))
        return f1_fall(whole, np.stack(without), resampling)

    found = [Importance(group, tuple(groups[group]), fall(members)) for group, members in columns.items()]
    return sorted(found, key=lambda each: -each.fall.value)


def sample_by_block(blocks: NDArray[Any], most: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Places, ascending, of at most `most` windows: about the same share of every block, drawn at random."""
    count = len(blocks)
    if count <= most:
        return np.arange(count)
    names, block = np.unique(blocks, return_inverse=True)
    sizes = np.bincount(block)
    order = np.lexsort((random.random(count), block))
    rank = np.empty(count)
    rank[order] = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    # Each block's windows spread evenly over 0 to 1 from a start of its own, so that small blocks get their chance.
    place = (rank + random.random(len(names))[block]) / sizes[block]
    return np.sort(np.argpartition(place, most)[:most])


def _columns(group: str, members: Sequence[str], feature_names: Sequence[str]) -> NDArray[np.int64]:
    place = {name: index for index, name in enumerate(feature_names)}
    unknown = [name for name in members if name not in place]
    if unknown:
        raise EvaluationError(f"group {group} names features that are not there: {', '.join(unknown)}; leave them out")
    return np.array([place[name] for name in members])
