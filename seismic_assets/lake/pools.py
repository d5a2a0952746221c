"""Who does independent pieces of work: threads of this process, or whatever else a deployment names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar

from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")


class Pool(Protocol):
    """Does pieces of work, in any order and perhaps in other processes or on other machines."""

    def run(self, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """What `work` gives for each item, in the order of the items.

        A piece may be done more than once, as after a machine was lost; one result of it counts. What a piece raises is
        raised here, and the rest is given up.
        """
        ...


@dataclass(frozen=True)
class Threads:
    """Threads of this process; reading, arithmetic and writing leave Python's lock to each other.

    Attributes:
        workers: how many.
    """

    workers: int = 1

    def run(self, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """As `Pool` says."""
        if self.workers <= 1 or len(items) <= 1:
            return [work(item) for item in items]
        # Each thread does its own arithmetic; libraries that start threads of their own would only get in the way.
        with threadpool_limits(limits=1), ThreadPoolExecutor(self.workers) as pool:
            futures = [pool.submit(work, item) for item in items]
            try:
                return [future.result() for future in futures]
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise


Workers: TypeAlias = int | Pool
"""A number of threads, or who else does the work."""


def pool_of(workers: Workers) -> Pool:
    """The pool that is meant."""
    return Threads(workers) if isinstance(workers, int) else workers
