"""An online feature store of the traces of a survey, made by the model that the service has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes import Traces
from seismic_assets.feature_store.backends import OnlineFile, WindowBlock
from seismic_assets.feature_store.keys import trace_ids
from seismic_assets.feature_store.lookup import backend_of
from seismic_assets.feature_store.repository import StorePlace, write_repository
from seismic_assets.feature_store.spec import StoreSpec, VersionSpec
from seismic_assets.inference import Predictor
from seismic_assets_tests.inference.building import INTERVAL_US, make_traces

SURVEY, OTHER = "survey.sgy", "other.sgy"
MADE = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class OnlineSurvey:
    """A store that has a file.

    Attributes:
        place: of it.
        traces: (n, num_samples) float32 of the file.
    """

    place: StorePlace
    traces: NDArray[np.float32]

    def ids(self, *index: int) -> list[str]:
        """Ids of some traces, as JavaScript gives them."""
        return [str(each) for each in trace_ids(SURVEY, list(index))]


def place_in(root: Path, redis: str | None = None) -> StorePlace:
    """Where a store is."""
    return StorePlace(root / "feature_store", root / "history", root / "labels", redis)


def register(place: StorePlace, predictor: Predictor) -> StoreSpec:
    """Write what a store of a model's features holds."""
    manifest = predictor.bundle.manifest
    versions = {"7": VersionSpec(manifest.feature_names, predictor.making)}
    spec = StoreSpec(manifest.feature_names, manifest.classes, versions)
    write_repository(place, spec)
    return spec


def put(
    place: StorePlace,
    predictor: Predictor,
    file_id: str,
    samples: NDArray[np.float32],
    *,
    making: str | None = None,
    interval_us: int = INTERVAL_US,
    windows: int | None = None,
) -> None:
    """Put the features of the traces of a file online, or of their first windows."""
    spec = register(place, predictor)
    features = predictor.features(Traces(samples, INTERVAL_US)).reshape(len(samples), -1, len(spec.features))
    features = features[:, :windows]
    count = features.shape[1]
    ids = np.repeat(trace_ids(file_id, np.arange(len(samples))), count)
    index = np.tile(np.arange(count), len(samples))
    rows = features.reshape(len(ids), -1)
    places = {name: number for number, name in enumerate(spec.features)}
    block = WindowBlock(ids, index, {view.name: rows[:, [places[name] for name in view.names]] for view in spec.views})
    made_with = making or predictor.making
    facts = (len(ids), len(samples), count, samples.shape[1], interval_us)
    backend = backend_of(place)
    backend.begin(spec.views)
    backend.replace(OnlineFile(file_id, 1, made_with, *facts, MADE, MADE), [block])
    backend.close()


def online_survey(root: Path, predictor: Predictor, redis: str | None = None) -> OnlineSurvey:
    """A store that has a file of nine traces."""
    survey = OnlineSurvey(place_in(root, redis), make_traces(9))
    put(survey.place, predictor, SURVEY, survey.traces)
    return survey
