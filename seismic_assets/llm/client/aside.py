"""Work beside the caller, in an event loop of its own, that ends when its time is over or the caller goes away.

Only there can a time-out cover all of a call: looking up a name, connecting, and bytes that trickle in.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")
Work = Callable[[Callable[[str], None]], Coroutine[Any, Any, Result]]
_SECONDS_TO_CLOSE = 2.0


def done_aside(work: Work[Result], seconds: float, on_text: Callable[[str], None] | None = None) -> Result:
    """Do something in a loop of its own, and wait for it.

    Args:
        work: is given what to call with each piece of text.
        seconds: after which it is cancelled.
        on_text: is called with each piece, in the caller's thread; what it raises cancels the work.

    Returns:
        What the work returns.

    Raises:
        TimeoutError: the time was over.
        What the work raises.
    """
    aside = _Aside(work, seconds)
    aside.start()
    try:
        for piece in iter(aside.pieces.get, None):
            if on_text is not None:
                on_text(piece)
    except BaseException:
        aside.cancel()
        raise
    return aside.result()


class _Aside(Generic[Result]):
    def __init__(self, work: Work[Result], seconds: float) -> None:
        self.pieces: SimpleQueue[str | None] = SimpleQueue()
        self._work = work
        self._seconds = seconds
        self._done: asyncio.Task[Result] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main_task: asyncio.Task[None] | None = None
        self._begun = threading.Event()
        # A daemon: a name that is looked up for minutes must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="language-model", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def result(self) -> Result:
        if self._done is None or self._done.cancelled():
            raise TimeoutError
        return self._done.result()

    def cancel(self) -> None:
        """End the work, and wait a moment until its connection is closed."""
        self._begun.wait(_SECONDS_TO_CLOSE)
        if self._loop is None or self._main_task is None:
            return
        with suppress(RuntimeError):  # the loop has just ended by itself
            self._loop.call_soon_threadsafe(self._main_task.cancel)
        self._thread.join(_SECONDS_TO_CLOSE)

    def _run(self) -> None:
        with suppress(asyncio.CancelledError):  # the caller went away
            asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop, self._main_task = asyncio.get_running_loop(), asyncio.current_task()
        self._begun.set()
        try:
            task = asyncio.create_task(self._work(self.pieces.put))
            await asyncio.wait({task}, timeout=self._seconds)
            if task.cancel():
                await asyncio.wait({task}, timeout=_SECONDS_TO_CLOSE)
            self._done = task if task.done() else None
        finally:
            self.pieces.put(None)
