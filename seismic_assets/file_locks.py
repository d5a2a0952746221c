"""Work that one process or thread does at a time; the kernel gives a lock up when its process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOOK_AGAIN_SECONDS = 0.02
_OWNER_ONLY = 0o600


def try_lock(descriptor: int) -> bool:
    """Lock an open file for this process, without waiting; whether that worked."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def held(path: Path, seconds: float) -> Iterator[bool]:
    """Hold the lock of a file during the block, if it is had within some time; gives whether it was.

    Where the file cannot be opened, as on a full disk, it counts as had: there nothing can be written that is shared.
    """
    descriptor = _opened(path)
    if descriptor is None:
        yield True
        return
    try:
        yield _locked_within(descriptor, seconds)
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # closing is not enough while a forked child has it open too
        os.close(descriptor)


def _opened(path: Path) -> int | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY)
    except OSError:
        return None


def _locked_within(descriptor: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not try_lock(descriptor):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_LOOK_AGAIN_SECONDS)
    return True
