"""How many requests are held at once: what is beyond is refused at once instead of piling up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

from fastapi import HTTPException

from seismic_assets.serving.config import Limits
from seismic_assets.serving.metrics import RejectionReason

RETRY_SECONDS = 1
T = TypeVar("T")


class Held:
    """What one request holds for as long as a block of `async with` runs: bytes of its body, and a place."""

    def __init__(self, admission: Admission, with_place: bool) -> None:
        self._admission = admission
        self._with_place = with_place
        self._has_place = False
        self.size = 0

    async def __aenter__(self) -> Held:
        if self._with_place:
            self.take_place()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._admission.leave(self.size, self._has_place)

    def take_place(self) -> None:
        """Hold a place from now on.

        Raises:
            HTTPException: 503 with Retry-After, there is none.
        """
        self._admission.take_place()
        self._has_place = True

    def grow_to(self, size: int) -> None:
        """Hold `size` bytes from now on.

        Raises:
            HTTPException: 503, all requests together would hold too much.
        """
        self._admission.hold(size - self.size)
        self.size = size


class Admission:
    """A bounded number of requests, with a bounded sum of the sizes of their bodies, in one event loop.

    Attributes:
        held: requests within.
        working: of these, the ones that are worked on rather than waiting.
    """

    def __init__(self, limits: Limits, on_refusal: Callable[[RejectionReason], None] = lambda _: None) -> None:
        self._limits = limits
        self._on_refusal = on_refusal
        self._bytes = 0
        self._threads = ThreadPoolExecutor(limits.at_once, thread_name_prefix="predict")
        self.held = 0
        self.working = 0
        self._lock = Lock()

    @property
    def waiting(self) -> int:
        """Requests within that nothing is done for yet."""
        return max(0, self.held - self.working)

    def enter(self) -> Held:
        """A place, held while the block of `async with` runs; see `Held`."""
        return Held(self, with_place=True)

    def reading(self) -> Held:
        """For a request whose body is not there yet: slow clients hold no place of those who have sent theirs."""
        return Held(self, with_place=False)

    def take_place(self) -> None:
        """Hold one request more; see `Held`."""
        if self.held >= self._limits.waiting:
            raise self._refused("queue_full", "the service is busy: too many requests wait; try again in a moment")
        self.held += 1

    def leave(self, size: int, with_place: bool) -> None:
        """Hold so many bytes less, and one place less where there was one."""
        self.held -= with_place
        self._bytes -= size

    def hold(self, more: int) -> None:
        """Add to the bytes that are held; see `Held.grow_to`."""
        if self._bytes and self._bytes + more > self._limits.waiting_bytes:
            raise self._refused("queue_full", "the service is busy: it holds too much already; try again in a moment")
        self._bytes += more

    @property
    def busy(self) -> bool:
        """Whether all threads are at work."""
        return self.working >= self._limits.at_once

    async def in_thread(self, work: Callable[[], T], seconds: float | None = None) -> T:
        """Do what takes longer in one of a few threads, within the seconds given or the usual ones.

        Raises:
            HTTPException: 503, it was not done in time. What had not begun by then is not done any more; a thread that
                is at it goes on to its end, and none takes its place before.
        """

        def counted() -> T:
            with self._working():
                return work()

        limit = seconds or self._limits.timeout_seconds
        try:
            async with asyncio.timeout(limit):
                return await asyncio.get_running_loop().run_in_executor(self._threads, counted)
        except TimeoutError:
            raise self._refused("timeout", f"no answer within {limit:g} s; send fewer traces, or later") from None

    def close(self) -> None:
        """End the threads when they have done what they are at."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @contextmanager
    def _working(self) -> Iterator[None]:
        with self._lock:
            self.working += 1
        try:
            yield
        finally:
            with self._lock:
                self.working -= 1

    def _refused(self, reason: RejectionReason, sentence: str) -> HTTPException:
        self._on_refusal(reason)
        return HTTPException(503, sentence, {"Retry-After": str(RETRY_SECONDS)})
