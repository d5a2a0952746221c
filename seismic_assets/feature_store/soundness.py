"""Whether the feature store is still as it was left: people and Redis may lose what the graph made."""

from __future__ import annotations

from seismic_assets.feature_store.backends import OnlineBackend
from seismic_assets.feature_store.errors import DamagedStoreError, FeatureStoreError
from seismic_assets.feature_store.lookup import backend_of
from seismic_assets.feature_store.repository import StorePlace, is_as_applied

SOUND = "sound"


def repository_state(place: StorePlace) -> str:
    """`sound`, or `changed` where the registry or a file of the repository is not as the last application left it."""
    return SOUND if is_as_applied(place) else "changed"


def online_state(place: StorePlace) -> str:
    """`sound`; `lost` where nothing was ever put into what is there now; `damaged`; or `away`."""
    if place.redis is None and not place.online.exists():
        return "lost"
    backend = backend_of(place)
    try:
        return _looked_at(backend)
    except DamagedStoreError:
        return "damaged"
    except FeatureStoreError:
        return "away"
    finally:
        backend.close()


def _looked_at(backend: OnlineBackend) -> str:
    backend.files()
    return SOUND if backend.views() else "lost"
