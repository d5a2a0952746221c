"""What becomes of an error of a path: where it was, and what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def writing_to(place: Path) -> Iterator[None]:
    """Name the place in the error of a full disk, which often names no file.

    Raises:
        OSError: whatever it was, with that place where it named none.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(place)) from error


def sentence_of(error: OSError) -> str | None:
    """What is wrong with a path, where, and what to do; None where the error is not of a path."""
    if error.errno in _FULL:
        where = f"{error.filename} cannot be written" if error.filename is not None else "nothing more can be written"
        return f"{where}: {error.strerror}; free space on that disk, then run the same command again"
    if error.filename is None:
        return None
    return f"{error.filename}: {error.strerror}; check the path, the rights and the free space"
