"""What can go wrong with API keys; no message holds a key or a part of one."""

from seismic_assets.serving.errors import ServingError


class ApiKeyError(ServingError):
    """A key cannot be made, changed or used as asked: one sentence."""


class KeyFileError(ApiKeyError):
    """The file of keys cannot be read, written or understood: which file, what is wrong, what to do."""


class UnknownKeyError(ApiKeyError):
    """No key has the id that was given."""
