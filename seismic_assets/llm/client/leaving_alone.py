"""A server that fails again and again is left alone for a while, and is not asked by too many at a time."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from seismic_assets.llm.client.config import ClientConfig
from seismic_assets.llm.client.failures import CallError, NotAskedError
from seismic_assets.llm.client.time_left import CallTime

FAILURES = 3
SECONDS_ALONE = 60.0

_lock = threading.Lock()
_servers: dict[str, Server] = {}
_queues: dict[tuple[str, int], threading.BoundedSemaphore] = {}


class Server:
    """What this process knows of a server's health.

    Attributes:
        seconds_alone: for which it is left alone after `FAILURES` calls in a row that it is to blame for.
    """

    def __init__(self, host: str) -> None:
        from pybreaker import STATE_CLOSED, CircuitBreaker, CircuitMemoryStorage

        self.seconds_alone = SECONDS_ALONE
        self._host = host
        self._storage = CircuitMemoryStorage(STATE_CLOSED)
        self._breaker = CircuitBreaker(
            fail_max=FAILURES,
            exclude=[lambda error: not (isinstance(error, CallError) and error.blames_server)],
            state_storage=self._storage,
            throw_new_error_on_trip=False,
        )

    def check(self) -> None:
        """Go on, unless it is to be left alone.

        Raises:
            NotAskedError: it is; says for how long.
        """
        opened, state = self._storage.opened_at, self._storage.state
        if state != "open" or opened is None:
            return
        left = (opened + timedelta(seconds=self.seconds_alone) - datetime.now(UTC)).total_seconds()
        if left > 0:
            raise NotAskedError(
                f"the Ollama server at {self._host} failed {FAILURES} times in a row and is left alone for another "
                f"{math.ceil(left)} s; see what is wrong with `seismic llm status`"
            )

    def tell(self, error: CallError | None) -> None:
        """How a call ended.

        The breaker holds its lock during what it calls, so that calls through it would wait for each other: it is
        told afterwards.
        """
        from pybreaker import CircuitBreakerError

        def again() -> None:
            if error is not None:
                raise error

        self._breaker.reset_timeout = self.seconds_alone
        with suppress(CallError, CircuitBreakerError):
            self._breaker.call(again)


def server_of(host: str) -> Server:
    """The one of an address, for all of this process."""
    with _lock:
        if host not in _servers:
            _servers[host] = Server(host)
        return _servers[host]


@contextmanager
def in_turn(config: ClientConfig, time: CallTime) -> Iterator[None]:
    """Wait until fewer than `concurrent` calls of this process are at the server.

    Args:
        config: names the server, and how many at a time.
        time: of the call.

    Raises:
        CallError: it was over before.
    """
    with _lock:
        queue = _queues.setdefault((config.host, config.concurrent), threading.BoundedSemaphore(config.concurrent))
    if not queue.acquire(timeout=max(0.0, time.left())):
        raise time.never_in_turn()
    try:
        yield
    finally:
        queue.release()
