"""The drift references of a bundle as a file of arrays, which is read without pickle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from seismic_assets.drift import (
    DriftReference,
    PredictionReference,
    prediction_reference_from_arrays,
    reference_from_arrays,
)
from seismic_assets.registry.errors import BundleError

_FEATURES, _PREDICTIONS = "features/", "predictions/"


@dataclass(frozen=True)
class DriftReferences:
    """What a model version is compared with.

    Attributes:
        features: of the windows of the files it was trained on.
        predictions: its answers on traces that it was not fitted on; None where there were none.
    """

    features: DriftReference
    predictions: PredictionReference | None


def save_drift(path: Path, references: DriftReferences) -> None:
    """Write them to a file."""
    arrays = {_FEATURES + name: array for name, array in references.features.to_arrays().items()}
    if references.predictions is not None:
        arrays |= {_PREDICTIONS + name: array for name, array in references.predictions.to_arrays().items()}
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def load_drift(path: Path) -> DriftReferences:
    """Read them.

    Raises:
        BundleError: it is no such file, or an array is missing or of another format.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
        predictions = _below(_PREDICTIONS, arrays)
        return DriftReferences(
            reference_from_arrays(_below(_FEATURES, arrays)),
            prediction_reference_from_arrays(predictions) if predictions else None,
        )
    except (ValueError, BadZipFile) as error:
        raise BundleError(f"{path.name} of the serving bundle {path.parent} cannot be used: {error}") from error


def _below(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
