"""What the API says of itself, of its model and of what went wrong."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator


class Welcome(BaseModel):
    """What this service is."""

    message: str
    version: str
    features: list[str]
    endpoints: dict[str, str]


class FeatureStoreHealth(BaseModel):
    """How the online feature store is, some seconds ago at most; predictions from traces that are sent need it not.

    Attributes:
        status: `ok`; `stale`, features are not those that the model looks at; `away`, it cannot be used; `empty`,
            nothing is online; `unknown`, it has not answered yet.
        files, windows: that are online, but requests whose features were stored.
        reason: why it is not ok.
    """

    status: Literal["ok", "stale", "away", "empty", "unknown"]
    files: int
    windows: int
    reason: str | None


class Health(BaseModel):
    """Whether the service can predict; `reason` says why not, or why it still serves a version that production left.

    `feature_store` is null where the service has none.
    """

    model_config = ConfigDict(protected_namespaces=())

    status: str
    live: bool
    ready: bool
    model_loaded: bool
    scaler_loaded: bool
    pca_loaded: bool
    model_type: str | None
    model_version: str | None
    num_features: int
    reason: str | None
    feature_store: FeatureStoreHealth | None
    timestamp: datetime


class Readiness(BaseModel):
    """That the service can predict, and with which version."""

    model_config = ConfigDict(protected_namespaces=())

    ready: bool
    model_version: str


class FeatureBreakdown(BaseModel):
    """Where the features come from."""

    handcrafted: int
    pca_embeddings: int
    extended: int
    lateral: int
    time: int


class WindowInfo(BaseModel):
    """How a trace is cut, in samples."""

    samples: int
    step: int


class SearchInfo(BaseModel):
    """The search that the model came from."""

    model_config = ConfigDict(protected_namespaces=())

    method: str
    best_model_type: str
    best_cv_score: float


class ModelInfo(BaseModel):
    """The model that is served."""

    model_config = ConfigDict(protected_namespaces=())

    name: str
    model_type: str
    model_version: str
    alias: str
    num_features: int
    feature_set: str
    feature_breakdown: FeatureBreakdown
    feature_names: list[str]
    classes: list[str]
    trained_classes: list[str]
    window: WindowInfo
    sample_interval_us: int
    normalise: str
    deployment_modes: list[str]
    hyperparameter_tuning: SearchInfo | None
    dataset_digest: str
    bundle_digest: str
    file_digests: dict[str, str]
    metrics: dict[str, float]
    mlflow_run_id: str

    @field_validator("metrics", mode="before")
    @classmethod
    def _numbers_that_json_has(cls, value: dict[str, float]) -> dict[str, float]:
        return {name: number for name, number in value.items() if math.isfinite(number)}


class Reloaded(BaseModel):
    """What a reload led to; `reason` says why the version may not be the one in production."""

    model_config = ConfigDict(protected_namespaces=())

    previous_version: str | None
    model_version: str | None
    reason: str | None


class Problem(BaseModel):
    """An error, as RFC 9457 describes it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
