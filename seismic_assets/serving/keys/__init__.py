"""API keys: made and taken back on the command line, looked up in each request."""

from seismic_assets.serving.keys.administration import NewKey, create_key, revoke_key, rotate_key
from seismic_assets.serving.keys.errors import ApiKeyError, KeyFileError, UnknownKeyError
from seismic_assets.serving.keys.file import read_records
from seismic_assets.serving.keys.record import KeyRecord, Role
from seismic_assets.serving.keys.store import Caller, KeyStore

__all__ = [
    "ApiKeyError",
    "Caller",
    "KeyFileError",
    "KeyRecord",
    "KeyStore",
    "NewKey",
    "Role",
    "UnknownKeyError",
    "create_key",
    "read_records",
    "revoke_key",
    "rotate_key",
]
