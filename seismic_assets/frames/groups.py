"""Files in groups that are worth a commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_MOST_FILES = 256  # a commit for each of thousands of small files would spend its time on the table's log
_MOST_BYTES = 1 << 30  # and what a crash undoes should stay small


def groups_of(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """Consecutive keys in groups of at most 256 and, unless one alone is larger, a gigabyte.

    Args:
        sizes: bytes by file id.
    """
    group: list[str] = []
    held = 0
    for key, size in sizes.items():
        if group and (len(group) >= _MOST_FILES or held + size > _MOST_BYTES):
            yield group
            group, held = [], 0
        group.append(key)
        held += size
    if group:
        yield group
