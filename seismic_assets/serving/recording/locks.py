"""Work that one process at a time does, and files that say whether their process is alive.

The kernel gives such a lock up when its process ends, however it ends: a process number that is given out again, or the
same number in another container, misleads nobody.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO

from seismic_assets.file_locks import try_lock


class OneProcess:
    """Work that one process does for all, until it ends; then another one may take it up."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def mine(self) -> bool:
        """Whether the work is this process's; never waits.

        Raises:
            OSError: the file of the lock cannot be opened.
        """
        if self._file is not None and not self._path.exists():
            self.release()  # somebody removed the folder, and others see another file now
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = self._path.open("ab")
            if not try_lock(file.fileno()):
                file.close()
                return False
            self._file = file
        return True

    def release(self) -> None:
        """Leave the work to another process."""
        if self._file is not None:
            self._file.close()
            self._file = None
