"""Features of traces that are sent, kept to be looked up later; an answer does not depend on whether that works."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import structlog
from fastapi import HTTPException

from seismic_assets.feature_store.errors import FeatureStoreError
from seismic_assets.serving.facts import CallFacts
from seismic_assets.serving.forms import Answer, Stored
from seismic_assets.serving.schemas import PredictRequest
from seismic_assets.serving.served_model import ServedModel
from seismic_assets.serving.served_writer import OtherViewsError, ServedFeatures
from seismic_assets.serving.service import Service

# Another process may be writing; the answer waits no longer than this.
_SECONDS = 5.0
_log = structlog.get_logger(__name__)


def answer_with_features(service: Service, model: ServedModel, asked: PredictRequest) -> Answer:
    """The answer with the features that are to be stored.

    Raises:
        HTTPException: 422, they may not be stored here; else as of `ServedModel.answer`.
    """
    if service.features is None:
        raise HTTPException(422, "this service has no feature store (SEISMIC_FEATURE_STORE); leave store_features out")
    if not service.config.store_features:
        raise HTTPException(
            422, "features are not stored here; leave store_features out, or set SEISMIC_API_STORE_FEATURES=true"
        )
    return model.answer(asked.model_copy(update={"return_features": True}))


async def store(
    service: Service, facts: CallFacts, model: ServedModel, asked: PredictRequest, answer: Answer
) -> tuple[Answer, Stored]:
    """Store the features of an answer; what the store does not take within seconds is noted in the log and counted.

    Returns:
        The answer as it was asked for, and what became of its features.

    Raises:
        HTTPException: 409, the model has other features than are online.
    """
    features = service.features
    assert features is not None and answer.features is not None
    manifest = model.predictor.bundle.manifest
    served = ServedFeatures(
        facts.request_id,
        manifest.feature_names,
        answer.features,
        model.predictor.making,
        asked.traces.shape[1],
        asked.sample_interval_us or manifest.sample_interval_us,
        service.clock(),
    )
    first: int | None = int(served.trace_ids[0])
    try:
        async with features.writing.enter():
            await features.writing.in_thread(partial(features.writer.put, served), _SECONDS)
    except OtherViewsError as error:
        raise HTTPException(409, str(error)) from error
    except (FeatureStoreError, HTTPException) as error:
        first, reason = None, error.detail if isinstance(error, HTTPException) else str(error)
        _log.error("the features of a request were not stored", request_id=facts.request_id, reason=reason)
    service.metrics.stored("failed" if first is None else "stored")
    given = answer if asked.return_features else replace(answer, features=None)
    return given, Stored(first, len(asked.traces))
