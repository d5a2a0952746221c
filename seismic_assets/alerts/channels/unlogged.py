"""Libraries that send messages log whole addresses, and addresses of webhooks are secrets."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LOGGERS = (
    "apprise",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "httpx",
    "requests",
    "urllib3.connectionpool",
    "urllib3.util.retry",
)
# Not of the thread alone: Apprise hands the context on to threads of its own.
_sending: ContextVar[bool] = ContextVar("sending", default=False)


class _NotWhileSending(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return not _sending.get()


_FILTER = _NotWhileSending()


@contextmanager
def unlogged() -> Iterator[None]:
    """Keep those libraries from logging in this block; what they do elsewhere is logged as before."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)  # the same filter is added once
    before = _sending.set(True)
    try:
        yield
    finally:
        _sending.reset(before)
