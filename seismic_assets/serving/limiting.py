"""How often a key may call: so many requests in any minute."""

from __future__ import annotations

import time
from importlib.util import find_spec

import structlog
from limits import RateLimitItemPerMinute
from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from seismic_assets.serving.errors import ServingError

_log = structlog.get_logger(__name__)
_MEMORY = "memory://"
_SCHEMES = ("redis", "rediss", "redis+unix")
# A store that hangs holds up the request that asks it.
_STORE_TIMEOUT_SECONDS = 0.1
_LEAST_WAIT_SECONDS = 0.001
# The memory's own tidying takes a microsecond for each every 10 ms, and it never forgets one.
_MOST_CALLERS = 1000


class LimitError(ServingError):
    """The rate limit cannot be kept as asked: one sentence."""


class RateLimit:
    """A moving window of a minute for each key.

    In memory each worker process counts for itself: n workers let n times as much pass. A Redis counts for all of them.
    When it does not answer, the worker counts for itself too and asks again later; this is logged once.

    A worker that counts for itself begins anew when there are more than a thousand callers, so that someone with many
    addresses cannot fill its memory.

    Attributes:
        remote: whether `refusal` asks another machine, which takes a thread a fraction of a millisecond, up to 0.1 s
            where the store hangs, and should not be done on an event loop.
        failures: how often the store did not answer.
    """

    def __init__(self, per_minute: int, storage_uri: str = _MEMORY, *, rest_seconds: float = 5.0) -> None:
        """Prepare; the store is first asked with the first request.

        Args:
            per_minute: requests that a key may send in any minute, at least 1.
            storage_uri: `memory://` or a Redis, such as `redis://host:6379/0`.
            rest_seconds: for how long a store that did not answer is left alone.

        Raises:
            LimitError: the number or the address is not allowed, or the package for it is missing.
        """
        if per_minute < 1:
            raise LimitError(f"a rate limit of {per_minute} requests a minute lets nothing pass; give at least 1")
        self.remote = storage_uri != _MEMORY
        self.failures = 0
        self._rule = RateLimitItemPerMinute(per_minute)
        self._memory = MemoryStorage()
        self._alone = MovingWindowRateLimiter(self._memory)
        self._shared = MovingWindowRateLimiter(_remote_storage(storage_uri)) if self.remote else None
        self._rest_seconds = rest_seconds
        self._ask_again = 0.0
        self._failing = False

    def refusal(self, key_id: str) -> float | None:
        """None where the key may call now, which counts; else the seconds until its next call is allowed."""
        if self._shared is None or time.monotonic() < self._ask_again:
            return self._own_refusal(key_id)
        try:
            answer = self._refusal(self._shared, key_id)
        except StorageError as error:
            self._rest(error)
            return self._own_refusal(key_id)
        if self._failing:
            self._failing = False
            _log.info("the store of the rate limit answers again")
        return answer

    def _own_refusal(self, key_id: str) -> float | None:
        if len(self._memory.events) > _MOST_CALLERS:
            # Not emptied but replaced: a thread of its own may be tidying it.
            self._memory = MemoryStorage()
            self._alone = MovingWindowRateLimiter(self._memory)
        return self._refusal(self._alone, key_id)

    def _refusal(self, window: MovingWindowRateLimiter, key_id: str) -> float | None:
        if window.hit(self._rule, key_id):
            return None
        return max(window.get_window_stats(self._rule, key_id).reset_time - time.time(), _LEAST_WAIT_SECONDS)

    def _rest(self, error: StorageError) -> None:
        self.failures += 1
        self._ask_again = time.monotonic() + self._rest_seconds
        if not self._failing:
            self._failing = True
            _log.warning(
                "the store of the rate limit does not answer; each worker counts for itself until it does",
                reason=type(error.storage_error).__name__,
            )


def _remote_storage(uri: str) -> Storage:
    # Its address is not repeated in an error: it may hold a password.
    if uri.partition("://")[0] not in _SCHEMES:
        raise LimitError("the store of the rate limit is memory:// or redis://host:port/number")
    if find_spec("redis") is None:
        raise LimitError(
            "a rate limit kept in a Redis needs the package redis: pip install 'seismic-assets[redis]', or keep it in "
            "memory://"
        )
    try:
        storage = storage_from_string(
            uri,
            wrap_exceptions=True,
            socket_timeout=_STORE_TIMEOUT_SECONDS,
            socket_connect_timeout=_STORE_TIMEOUT_SECONDS,
        )
    except (ConfigurationError, ValueError) as error:
        raise LimitError("the address of the store of the rate limit is none; give redis://host:port/number") from error
    assert isinstance(storage, Storage)
    return storage
