"""A disk that a test can fill."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk at a new folder; without the right to mount one the test is skipped, and fails in CI."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        needed = "needs the right to mount a small disk: run as root, in a container with CAP_SYS_ADMIN"
        if os.environ.get("CI"):
            pytest.fail(f"{needed}; CI must run the tests of a full disk")
        pytest.skip(needed)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """A file that takes up what is left."""
    path = disk / "filling"
    with pytest.raises(OSError, match="No space left"), path.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    return path
