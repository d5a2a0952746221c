"""The routes that say what the service is and how it is."""

from __future__ import annotations

from importlib.metadata import version as version_of

import anyio.to_thread
from fastapi import APIRouter, HTTPException, Request, Response

from seismic_assets.serving.metrics import exposition
from seismic_assets.serving.problems import described
from seismic_assets.serving.schemas_about import Health, ModelInfo, Readiness, Reloaded, Welcome
from seismic_assets.serving.service import Service

NAME, VERSION = "Seismic trace classification", version_of("seismic-assets")
router = APIRouter()


@router.get("/")
async def welcome() -> Welcome:
    """What this service is and where to go. The paths without /v1 are the same as those with it."""
    return Welcome(
        message=NAME,
        version=VERSION,
        features=[
            "a class and its probabilities for each window of a trace and for the trace",
            "attributes and embeddings as in training, made by the same code",
            "JSON, raw float32 or Arrow, and whole SEG-Y files",
            "no pickle, no files of the client",
        ],
        endpoints={
            "/": "GET: this",
            "/dashboard": "GET: a page to try it on",
            "/v1/health": "GET: whether a model is loaded",
            "/v1/ready": "GET: the same by the status, for what shares requests out: 503 without a model",
            "/v1/model_info": "GET: the model and what it takes",
            "/v1/predict": "POST: classify traces that are sent, or whose features are in the feature store",
            "/v1/batch_predict": "POST: the same, for those who know it by this name",
            "/v1/predict/segy": "POST: classify a SEG-Y file",
            "/v1/feedback": "POST: the true class of a trace that was classified",
            "/v1/reload": "POST: look at once which model is in production",
            "/v1/metrics": "GET: Prometheus metrics",
            "/openapi.json": "GET: the description of this API",
        },
    )


@router.get("/v1/health")
async def health(request: Request) -> Health:
    """Whether the service can predict. The answer is 200 either way: the process lives.

    A service that predicts is healthy. With a reason beside, its model may not be the one in production: the registry
    does not answer, or the model in production cannot be loaded.
    """
    service: Service = request.app.state.service
    serving = service.first.serving
    model = serving.model
    return Health(
        status="degraded" if model is None else "healthy",
        live=True,
        ready=model is not None,
        model_loaded=model is not None,
        scaler_loaded=model is not None,
        pca_loaded=model is not None,
        model_type=None if model is None else model.predictor.bundle.manifest.family,
        model_version=None if model is None else model.version,
        num_features=0 if model is None else model.num_features,
        reason=serving.reason,
        feature_store=None if service.feature_health is None else await service.feature_health.look(model),
        timestamp=service.clock(),
    )


@router.get("/v1/ready", responses=described({503: "no model is loaded"}))
async def ready(request: Request) -> Readiness:
    """Whether requests to predict should come here, said by the status: what balances load reads no body."""
    service: Service = request.app.state.service
    return Readiness(ready=True, model_version=service.loaded().version)


@router.get("/v1/model_info", responses=described({503: "no model is loaded"}))
async def model_info(request: Request) -> ModelInfo:
    """The model and what it takes."""
    service: Service = request.app.state.service
    return service.loaded().info(service.first.alias)


@router.post("/v1/reload")
async def reload(request: Request) -> Reloaded:
    """Look at once which model is in production, in every worker, instead of at the next poll. Needs the role admin."""
    service: Service = request.app.state.service
    before = service.first.serving.model
    if service.second is not None:
        await anyio.to_thread.run_sync(service.second.followed.reload)
    serving = await anyio.to_thread.run_sync(service.first.reload)
    return Reloaded(
        previous_version=None if before is None else before.version,
        model_version=None if serving.model is None else serving.model.version,
        reason=serving.reason,
    )


@router.get(
    "/v1/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **described({404: "metrics are off"})},
)
async def metrics(request: Request) -> Response:
    """Prometheus metrics."""
    service: Service = request.app.state.service
    if not service.config.metrics:
        raise HTTPException(404, "metrics are off; set SEISMIC_API_METRICS=true")
    content, media_type = await anyio.to_thread.run_sync(exposition, service.metrics)
    return Response(content, media_type=media_type)
