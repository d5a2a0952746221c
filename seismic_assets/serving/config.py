"""What a service is told when it starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from seismic_assets.feature_store.repository import StorePlace

if TYPE_CHECKING:
    from seismic_assets.llm import LanguageModel
    from seismic_assets.llm.client import CallObserver

Role = Literal["shadow", "canary"]
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What a service takes.

    Attributes:
        body_bytes: largest body of a request to predict traces.
        segy_bytes: largest SEG-Y file that may be uploaded.
        waiting: requests to predict that a worker holds at once.
        waiting_bytes: bytes of their bodies together.
        uploads: SEG-Y files that are held at once, each of which may fill `segy_bytes` of the disk.
        at_once: requests that are worked on at once in threads; each may hold about a gigabyte for the largest body.
        timeout_seconds: for a body to arrive, and for an answer to be made.
        upload_seconds: for a SEG-Y file to arrive, and to be predicted.
        per_minute: requests of one caller; 0 for no limit.
        rate_storage: where requests are counted, `memory://` or `redis://HOST:PORT`.
    """

    body_bytes: int = 64 * _MEGABYTE
    segy_bytes: int = 2048 * _MEGABYTE
    waiting: int = 48
    waiting_bytes: int = 256 * _MEGABYTE
    uploads: int = 4
    at_once: int = 2
    timeout_seconds: float = 30.0
    upload_seconds: float = 600.0
    per_minute: int = 0
    rate_storage: str = "memory://"


@dataclass(frozen=True)
class Recording:
    """What is kept of requests.

    Attributes:
        inputs_share: share of the requests whose traces and features are kept too.
        days: how long rows are kept.
        max_bytes: size beyond which the oldest days are dropped.
    """

    inputs_share: float = 0.01
    days: float = 30.0
    max_bytes: int = 1024 * _MEGABYTE


@dataclass(frozen=True)
class Documents:
    """Where questions are answered from.

    Attributes:
        folder: of the index of documents.
        storage_root: of the deployment, whose reports are looked through where there is no index.
        method: how passages are found.
        language: makes the language model that writes answers, given who is told of its calls; None, or a result of
            None, where the passages are the answer.
        seconds: that the model may take.
    """

    folder: Path
    storage_root: Path
    method: Literal["hybrid", "embedding", "tfidf", "bm25"] = "hybrid"
    language: Callable[[Sequence[CallObserver]], LanguageModel | None] | None = None
    seconds: float = 120.0


@dataclass(frozen=True)
class ServiceConfig:
    """What a service is told when it starts.

    Attributes:
        folder: where keys, rows and the last good model are kept; None keeps nothing and asks for no keys but
            `environment_key`.
        environment_key: a key with all roles, or None.
        limits: what it takes.
        recording: what is kept of requests; None for nothing.
        second_role: what becomes of the second model's answers.
        second_share: share of the callers that it sees.
        cors_origins: origins whose pages may call the API.
        metrics: whether GET /metrics answers.
        storage_root: whose free space and monitoring report /metrics shows.
        shared_metrics: folder where several worker processes share their numbers.
        otlp_endpoint: OpenTelemetry collector, or None.
        features: the feature store that features are looked up in, or None.
        store_features: whether features of traces that are sent may be put there.
        served_hours: for which these can be looked up.
        documents: that questions are answered from, or None.
    """

    folder: Path | None = None
    environment_key: str | None = field(default=None, repr=False)
    limits: Limits = Limits()
    recording: Recording | None = None
    second_role: Role = "shadow"
    second_share: float = 0.0
    cors_origins: tuple[str, ...] = ()
    metrics: bool = True
    storage_root: Path | None = None
    shared_metrics: Path | None = None
    otlp_endpoint: str | None = None
    features: StorePlace | None = None
    store_features: bool = False
    served_hours: float = 24.0
    documents: Documents | None = None
