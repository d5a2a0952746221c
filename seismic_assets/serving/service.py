"""The state of one application: its models, who may ask, and what is noted of each request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import anyio.to_thread
import structlog
from fastapi import HTTPException
from starlette.types import Scope

from seismic_assets.registry import Bundle
from seismic_assets.serving.admission import Admission
from seismic_assets.serving.batching import Batcher
from seismic_assets.serving.comparison import SecondModel
from seismic_assets.serving.config import ServiceConfig
from seismic_assets.serving.facts import CallFacts
from seismic_assets.serving.feature_health import FeatureHealth
from seismic_assets.serving.following import FollowedModel, Following
from seismic_assets.serving.keys import Caller, KeyStore
from seismic_assets.serving.last_good import LastGood
from seismic_assets.serving.ledger import Ledger
from seismic_assets.serving.librarian import Librarian
from seismic_assets.serving.limiting import RateLimit
from seismic_assets.serving.metrics import ServiceMetrics
from seismic_assets.serving.online_features import OnlineFeatures
from seismic_assets.serving.paths import KNOWN, PREDICTING
from seismic_assets.serving.served_model import ServedModel
from seismic_assets.serving.sources import Source

_WRONG_KEYS_PER_MINUTE = 60
_log = structlog.get_logger(__name__)
_NO_MODEL = "no model is loaded, GET /health says why; "
_WILL_FOLLOW, _RESTART = "the first one in production is taken up", "restart the service when a model is in production"


class Service:
    """The state of one application.

    Attributes:
        config: what it was told.
        clock: gives the time for time stamps.
        metrics: what /metrics shows.
        first: the model that is served.
        second: the model beside it, or None.
        admission: how many requests are held.
        uploads: how many files are held.
        batcher: answers small requests together.
        guesses: wrong keys by address.
        ledger: what is noted of each request.
        features: the online feature store, or None.
        feature_health: how that is.
        librarian: answers questions to the documents, or None.
        started_at: when it started.
    """

    def __init__(
        self,
        config: ServiceConfig,
        source: Source,
        second: Source | None,
        clock: Callable[[], datetime],
        poll_seconds: float | None,
    ) -> None:
        self.config = config
        self.clock = clock
        self.started_at: datetime | None = None
        self.metrics = ServiceMetrics(KNOWN, PREDICTING, config.storage_root, config.shared_metrics)
        self.first = FollowedModel(source, self._following("first", source.alias, poll_seconds))
        self.second: SecondModel | None = None
        if second is not None:
            followed = FollowedModel(second, self._following("second", second.alias, poll_seconds))
            self.second = SecondModel(followed, config.second_role, config.second_share)
        limits = config.limits
        self.admission = Admission(limits, self.metrics.rejected)
        self.uploads = Admission(replace(limits, waiting=limits.uploads, waiting_bytes=2**63), self.metrics.rejected)
        self.batcher = Batcher()
        self.guesses = RateLimit(_WRONG_KEYS_PER_MINUTE)
        self._rate = RateLimit(limits.per_minute, limits.rate_storage) if limits.per_minute else None
        folder = config.folder if config.folder is not None else Path("/nowhere")
        self._keys = KeyStore(folder / "keys.json", config.environment_key)
        self.ledger = Ledger(config, self.metrics)
        self.features = None if config.features is None else OnlineFeatures(config, config.features, clock)
        self.feature_health = None if self.features is None else FeatureHealth(self.features)
        self.librarian = (
            None if config.documents is None else Librarian(config.documents, limits, self.metrics.questions)
        )
        self._behind: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Load the models and begin to record; blocks while they load."""
        self._drop_old_uploads()
        self.started_at = datetime.now(UTC)
        self.ledger.start()
        self.first.start()
        if self.second is not None:
            self.second.followed.start()

    async def stop(self) -> None:
        """Wait for what is compared, then end following and write what is to be recorded."""
        if self._behind:
            await asyncio.wait(self._behind, timeout=self.config.limits.timeout_seconds)
        await anyio.to_thread.run_sync(self._stop)

    @property
    def upload_folder(self) -> Path | None:
        """Where an uploaded file lies while it is predicted; None for the machine's temporary folder, if need be."""
        if self.config.folder is None:
            return None
        folder = self.config.folder / "uploads"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return None  # the recorder says in the log that the folder cannot be written to
        return folder

    def loaded(self) -> ServedModel:
        """The model that is served.

        Raises:
            HTTPException: 503, there is none.
        """
        model = self.first.serving.model
        if model is None:
            raise HTTPException(503, _NO_MODEL + (_WILL_FOLLOW if self.first.follows else _RESTART))
        return model

    def asks_for_keys(self) -> bool:
        """Whether a request needs a key: there is one, or was one since the start."""
        return self._keys.guarded()

    def caller(self, key: str) -> Caller | None:
        """Who holds a key, or None where it is not in force."""
        return self._keys.caller(key)

    async def wait_of(self, caller: Caller) -> float | None:
        """None where the caller may ask now; else the seconds until it may."""
        if self._rate is None:
            return None
        if self._rate.remote:
            return await anyio.to_thread.run_sync(self._rate.refusal, caller.key_id)
        return self._rate.refusal(caller.key_id)

    def finish(self, facts: CallFacts, scope: Scope, status: int, seconds: float) -> None:
        """Note a request that was answered; what compares two models is waited for behind it."""
        self.metrics.in_flight.dec()
        self.metrics.request(facts.endpoint, status, seconds)
        self.metrics.waiting.set(self.admission.waiting)
        if status == 413:
            self.metrics.rejected("too_large")
        if facts.comparison is None:
            self.ledger.note(facts, scope, status, seconds)
            return
        task = asyncio.create_task(self._note_with_comparison(facts, scope, status, seconds))
        self._behind.add(task)
        task.add_done_callback(self._compared)

    async def _note_with_comparison(self, facts: CallFacts, scope: Scope, status: int, seconds: float) -> None:
        assert facts.comparison is not None
        try:
            facts.compared = await facts.comparison()
        except HTTPException:
            facts.compared = None  # the other model refuses these traces, or the service is too busy to compare
        finally:
            self.ledger.note(facts, scope, status, seconds)

    def _compared(self, task: asyncio.Task[None]) -> None:
        self._behind.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("the second model failed", exc_info=task.exception())

    def _following(self, name: str, alias: str, poll_seconds: float | None) -> Following:
        folder = self.config.folder

        def on_load(version: str, bundle: Bundle) -> None:
            self.metrics.expect(bundle.manifest.classes)
            if name == "first":
                self.metrics.serves(version, bundle.manifest.family, alias)

        return Following(
            poll_seconds=poll_seconds,
            stamp=None if folder is None else folder / "reload",
            last_good=None if folder is None else LastGood(folder / f"{name}_model", alias),
            on_load=on_load,
            on_outcome=lambda outcome: self.metrics.reloaded("loaded" if outcome == "loaded" else "failed"),
        )

    def _drop_old_uploads(self) -> None:
        """What a killed process left behind; a younger file may be another worker's."""
        folder = self.upload_folder
        oldest = time.time() - 2 * self.config.limits.upload_seconds
        for path in folder.iterdir() if folder is not None else ():
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    def _stop(self) -> None:
        self.admission.close()
        if self.features is not None and self.feature_health is not None:
            self.feature_health.close()
            self.features.close()
        if self.librarian is not None:
            self.librarian.close()
        self.first.stop()
        if self.second is not None:
            self.second.followed.stop()
        self.ledger.stop()
