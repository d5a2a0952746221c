"""What was counted and is not added up yet: a counter costs a request ten times as much as a note of it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass
class Sums(Generic[K]):
    """Notes added up.

    Attributes:
        values: by key, in the order in which they were noted.
        counts: by name.
    """

    values: dict[K, list[float]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


class Pending(Generic[K]):
    """Values by key and counts by name, noted by one thread and taken by any."""

    def __init__(self) -> None:
        self._notes: deque[tuple[K, Sequence[float], Mapping[str, int]]] = deque()

    def __len__(self) -> int:
        """Notes that wait."""
        return len(self._notes)

    def note(self, key: K, values: Sequence[float], counts: Mapping[str, int] = {}) -> None:
        """Take note of some values of a key, and of counts by name."""
        self._notes.append((key, values, counts))

    def take(self) -> Sums[K]:
        """What was noted since the last time; each note is taken once, also where two threads take at once."""
        sums: Sums[K] = Sums()
        for _ in range(len(self._notes)):
            try:
                key, values, counts = self._notes.popleft()
            except IndexError:  # another thread was faster
                break
            sums.values.setdefault(key, []).extend(values)
            sums.counts.update(counts)
        return sums
