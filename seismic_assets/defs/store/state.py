"""What the feature store follows from that no other asset knows: its settings, and whether it is still there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import dagster as dg

from seismic_assets.defs.raw.sources import class_names
from seismic_assets.deployment import store_place_of
from seismic_assets.feature_store.soundness import SOUND, online_state, repository_state
from seismic_assets.labels import LabelError
from seismic_assets.settings import Settings

STATE = "feature_store_state"
_SHAPING = ("feature_set", "time_feature", "embedding", "embedding_components", "online_files", "online_redis")


def store_version(instance: dg.DagsterInstance, settings: Settings) -> str:
    """Digest of the settings, with what is wrong with what was made before: `...-sound-sound`."""
    place = store_place_of(settings)
    repository = _state(instance, "feature_catalogue", lambda: repository_state(place))
    online = _state(instance, "online_features", lambda: online_state(place))
    return f"{_settings_digest(settings)}-{repository}-{online}"


def _state(instance: dg.DagsterInstance, asset: str, look: Callable[[], str]) -> str:
    """`sound`, also before it was made; else what is wrong, and since when it was made: mended, it may break again."""
    records = instance.fetch_materializations(dg.AssetKey(asset), limit=1).records
    found = look() if records else SOUND
    return found if found == SOUND else f"{found} since {records[0].timestamp}"


def _settings_digest(settings: Settings) -> str:
    try:
        classes = class_names(settings)
    except LabelError:  # told where labels are read
        classes = settings.classes
    content = [*(getattr(settings, name) for name in _SHAPING), classes]
    return hashlib.blake2b(json.dumps(content).encode(), digest_size=8).hexdigest()
