"""The answer to a request whose features are looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import structlog
from fastapi import HTTPException

from seismic_assets.feature_store.errors import FeatureStoreError, StaleFeaturesError, UnknownTraceError
from seismic_assets.feature_store.lookup import TraceFeatures
from seismic_assets.serving.forms import Answer
from seismic_assets.serving.metrics import LookupOutcome
from seismic_assets.serving.schemas_lookup import LookupRequest
from seismic_assets.serving.served_model import ServedModel
from seismic_assets.serving.service import Service

_log = structlog.get_logger(__name__)
T = TypeVar("T")


async def looked_up(service: Service, asked: LookupRequest, finish: Callable[[ServedModel, Answer], T]) -> T:
    """What `finish` makes, in the same thread, of the first model's answer; a second model sees no look-ups.

    Raises:
        HTTPException: 404, the store has no such traces; 409, it has other features than the model looks at; 422, the
            model does not take these traces together, or there is no store; 503, the store is away, or no model is
            loaded.
    """
    model, features = service.loaded(), service.features
    if features is None:
        raise HTTPException(
            422, "this service has no feature store to look traces up in (SEISMIC_FEATURE_STORE); send the traces"
        )

    def work() -> T:
        found = features.traces(asked, model)
        return finish(model, answer_of(model, found, asked.return_features))

    async with features.lookups.enter():
        try:
            done = await features.lookups.in_thread(work)
        except UnknownTraceError as error:
            raise _refusal(service, "unknown", 404, error) from error
        except StaleFeaturesError as error:
            raise _refusal(service, "stale", 409, error) from error
        except FeatureStoreError as error:
            _log.error("the feature store cannot be used", reason=str(error))
            raise _refusal(service, "away", 503, error) from error
    service.metrics.looked_up("found")
    return done


def answer_of(model: ServedModel, found: Sequence[TraceFeatures], with_features: bool) -> Answer:
    """The answer to traces whose features were found: that which the traces themselves would get.

    Raises:
        StaleFeaturesError: windows are missing, or a feature is.
        HTTPException: 422, the traces have not one length, or not the model's sample interval, or are too many.
    """
    num_samples = _one_length(found)
    _check_interval(model, found)
    model.check_windows(len(found), num_samples, with_features)
    windows = np.arange(model.predictor.grid.count(num_samples))
    for each in found:
        if not np.array_equal(each.window_index, windows) or not np.isfinite(each.features).all():
            raise StaleFeaturesError(
                f"the online features of trace {each.trace_index} of {each.file.file_id} are not those of all its "
                f"{len(windows)} windows; materialise online_features, or send the traces"
            )
    features = np.stack([each.features for each in found])
    probabilities = model.predictor.probabilities(features.reshape(-1, features.shape[2]))
    shaped = probabilities.reshape(len(found), len(windows), -1)
    interval_us = found[0].file.sample_interval_us
    return model.answer_of(shaped, num_samples, interval_us, features if with_features else None)


def _one_length(found: Sequence[TraceFeatures]) -> int:
    first = found[0].file
    for each in found:
        if each.file.num_samples != first.num_samples:
            raise HTTPException(
                422,
                f"the traces of {each.file.file_id} have {each.file.num_samples} samples and those of {first.file_id} "
                f"have {first.num_samples}; look traces of different lengths up in separate requests",
            )
    return first.num_samples


def _check_interval(model: ServedModel, found: Sequence[TraceFeatures]) -> None:
    expected = model.predictor.bundle.manifest.sample_interval_us
    for each in found:
        if each.file.sample_interval_us != expected:
            raise HTTPException(
                422,
                f"the traces of {each.file.file_id} have a sample interval of {each.file.sample_interval_us} us, the "
                f"model was trained on {expected} us; resample the file (SEISMIC_RESAMPLE=true)",
            )


def _refusal(service: Service, outcome: LookupOutcome, status: int, error: FeatureStoreError) -> HTTPException:
    service.metrics.looked_up(outcome)
    return HTTPException(status, str(error))
