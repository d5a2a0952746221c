"""What the training windows looked like, for later comparison with what is served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def reference_statistics(
    features: NDArray[np.float32],
    classes: NDArray[np.int32],
    feature_names: Sequence[str],
    class_names: Sequence[str],
) -> dict[str, Any]:
    """Percentiles 0, 1, ..., 100, mean and standard deviation of each feature, and the share of each class.

    Args:
        features: (m, f) float32 of the training windows, not standardised.
        classes: (m,) class indices.
        feature_names: f names.
        class_names: names by index.
    """
    percentiles = np.percentile(features.astype(np.float64), np.arange(101), axis=0)
    shares = np.bincount(classes, minlength=len(class_names)) / max(len(classes), 1)
    return {
        "windows": len(classes),
        "class_shares": dict(zip(class_names, shares.tolist(), strict=True)),
        "features": {
            name: {
                "mean": float(features[:, index].mean(dtype=np.float64)),
                "std": float(features[:, index].std(dtype=np.float64)),
                "percentiles": percentiles[:, index].tolist(),
            }
            for index, name in enumerate(feature_names)
        },
    }
