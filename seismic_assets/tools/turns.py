"""Who may use the tools at a time, and what becomes of a call that nobody waits for any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TypeVar

import anyio
from anyio import CapacityLimiter

_AT_A_TIME, _WAITING = 4, 32
_T = TypeVar("_T")


class Busy(Exception):
    """Too many calls wait already."""


class Turns:
    """Runs calls in threads, so many at a time; more than so many waiting are turned away."""

    def __init__(self, at_a_time: int = _AT_A_TIME, waiting: int = _WAITING) -> None:
        self._limiter = CapacityLimiter(at_a_time)
        self._most = at_a_time + waiting
        self._present = 0

    async def run(self, call: Callable[[], _T]) -> _T:
        """The result of a call. It keeps its turn to its end; where it is cancelled, it is told to end early.

        Raises:
            Busy: too many are waiting.
        """
        if self._present >= self._most:
            raise Busy("too many calls wait already; call again later")
        self._present += 1
        try:
            return await self._in_a_thread(call)
        finally:
            self._present -= 1

    async def _in_a_thread(self, call: Callable[[], _T]) -> _T:
        caller = _Caller()
        task = asyncio.create_task(anyio.to_thread.run_sync(partial(_called, caller, call), limiter=self._limiter))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            caller.leave()
            with anyio.CancelScope(shield=True):
                await asyncio.wait([task])
            task.exception()  # is looked at, or asyncio would complain that nobody did
            raise


@contextmanager
def when_given_up(end: Callable[[], None]) -> Iterator[None]:
    """Within it, `end` is called as soon as nobody waits for the call of this thread any more.

    Args:
        end: is called from another thread, maybe twice.
    """
    caller = _CALLER.get()
    if caller is None:
        yield
        return
    with caller.leaving(end):
        yield


class _GoneError(Exception):
    """Nobody waits for the call."""


class _Caller:
    """Whoever waits for a call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: list[Callable[[], None]] = []
        self.gone = False

    def leave(self) -> None:
        with self._lock:
            self.gone, ends = True, list(self._ends)
        for end in ends:
            end()

    @contextmanager
    def leaving(self, end: Callable[[], None]) -> Iterator[None]:
        with self._lock:
            self._ends.append(end)
            gone = self.gone
        if gone:
            end()
        try:
            yield
        finally:
            with self._lock:
                self._ends.remove(end)


_CALLER: ContextVar[_Caller | None] = ContextVar("caller", default=None)


def _called(caller: _Caller, call: Callable[[], _T]) -> _T:
    # The thread has a context of its own: nothing is left in it for the next call.
    _CALLER.set(caller)
    if caller.gone:
        raise _GoneError
    return call()
