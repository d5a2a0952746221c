import json

import numpy as np

from seismic_assets.registry import reference_statistics


def test_statistics_are_numpy_s_and_shares_sum_to_one():
    random = np.random.default_rng(0)
    features = random.normal([5, 1e6], [2, 10], (1000, 2)).astype(np.float32)
    classes = random.choice([0, 2], 1000, p=[0.3, 0.7]).astype(np.int32)
    found = reference_statistics(features, classes, ["first", "second"], ["a", "b", "c"])
    assert found["windows"] == 1000
    assert found["class_shares"] == {"a": (classes == 0).mean(), "b": 0, "c": (classes == 2).mean()}
    exact = features.astype(np.float64)
    for index, name in enumerate(["first", "second"]):
        figures = found["features"][name]
        np.testing.assert_allclose([figures["mean"], figures["std"]], [exact[:, index].mean(), exact[:, index].std()])
        percentiles = figures["percentiles"]
        assert len(percentiles) == 101
        assert (percentiles[0], percentiles[100]) == (exact[:, index].min(), exact[:, index].max())
        assert percentiles[50] == np.median(exact[:, index])
    assert json.loads(json.dumps(found)) == found
