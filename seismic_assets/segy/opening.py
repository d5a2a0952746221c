"""Open a file for reading, or say in a sentence why it cannot be."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from seismic_assets.segy.errors import UnreadableSegyError


@contextmanager
def opened(path: Path) -> Iterator[FileIO]:
    """An open file without a buffer; what the system says against reading it becomes a sentence.

    Raises:
        UnreadableSegyError: it is not there, is no file, or the system will not open or read it.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            # Opening a pipe would wait for ever.
            raise UnreadableSegyError(path, "is a pipe, socket or device and not a file; give one SEG-Y file")
        stream = path.open("rb", buffering=0)
    except OSError as error:
        raise unreadable(path, error) from error
    with stream:
        yield stream


def unreadable(path: Path, error: OSError) -> UnreadableSegyError:
    """The sentence for a file that the system will not open or read."""
    reasons: dict[type[OSError], str] = {
        FileNotFoundError: "does not exist; check the path",
        IsADirectoryError: "is a folder; give one SEG-Y file",
        PermissionError: "no permission to read it; grant read access to this user",
    }
    general = f"cannot be read ({error.strerror}); check the disk or mount"
    return UnreadableSegyError(path, reasons.get(type(error), general))
