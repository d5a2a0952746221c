"""How the feature store is, for /health: asked in a thread of its own, and told as it was some seconds ago."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from seismic_assets.feature_store.backends import SERVED, OnlineFile
from seismic_assets.feature_store.errors import FeatureStoreError, UnknownFeatureError
from seismic_assets.serving.online_features import OnlineFeatures
from seismic_assets.serving.schemas_about import FeatureStoreHealth
from seismic_assets.serving.served_model import ServedModel

_FRESH_SECONDS = 5.0
_PATIENCE_SECONDS = 0.5
_NOT_YET = FeatureStoreHealth(
    status="unknown", files=0, windows=0, reason="the feature store has not answered yet; ask again in a moment"
)


class FeatureHealth:
    """Asks again every few seconds at most; who asks waits half a second at most, whatever the store does."""

    def __init__(self, features: OnlineFeatures) -> None:
        self._features = features
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="feature-health")
        self._asking: tuple[ServedModel | None, asyncio.Future[FeatureStoreHealth]] | None = None
        self._known = _NOT_YET
        self._known_of: ServedModel | None = None
        self._known_at = -_FRESH_SECONDS

    async def look(self, model: ServedModel | None) -> FeatureStoreHealth:
        """How the store is for a model; called in the event loop."""
        if time.monotonic() - self._known_at < _FRESH_SECONDS and self._known_of is model:
            return self._known
        if self._asking is None:
            loop = asyncio.get_running_loop()
            self._asking = model, loop.run_in_executor(self._thread, health_of, self._features, model)
        asked_of, asking = self._asking
        await asyncio.wait({asking}, timeout=_PATIENCE_SECONDS)
        if asking.done():
            self._asking = None
            self._known, self._known_of, self._known_at = asking.result(), asked_of, time.monotonic()
        return self._known

    def close(self) -> None:
        """Let go of the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def health_of(features: OnlineFeatures, model: ServedModel | None) -> FeatureStoreHealth:
    """How the store is for a model; blocks."""
    try:
        if not features.registered():
            return _told(
                "empty", {}, "there is no feature store yet; materialise feature_catalogue and online_features"
            )
        files = {name: file for name, file in features.files().items() if not name.startswith(SERVED)}
        if not files:
            return _told("empty", {}, "nothing is online yet; materialise online_features")
        features.check(next(iter(files.values())))  # the table of files may be sound where the windows are not
        reason = None if model is None else _staleness(features, files, model)
    except FeatureStoreError as error:
        return _told("away", {}, str(error))
    return _told("ok" if reason is None else "stale", files, reason)


def _staleness(features: OnlineFeatures, files: dict[str, OnlineFile], model: ServedModel) -> str | None:
    other = [name for name, file in files.items() if file.making != model.predictor.making]
    if other:
        which = other[0] if len(other) == 1 else f"{other[0]} and {len(other) - 1} more"
        return (
            f"the online features of {which} were made by another embedder, or of other windows, than the served model "
            "looks at; materialise online_features"
        )
    try:
        features.spec().views_with(model.predictor.bundle.manifest.feature_names)
    except UnknownFeatureError as error:
        return str(error)
    return None


def _told(status: str, files: dict[str, OnlineFile], reason: str | None) -> FeatureStoreHealth:
    rows = sum(file.rows for file in files.values())
    return FeatureStoreHealth.model_validate({"status": status, "files": len(files), "windows": rows, "reason": reason})
