"""Files that are replaced whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

_AS_USUAL = 0o666  # less what the process's mask takes


def replace_file(path: Path, content: bytes | str, mode: int = _AS_USUAL) -> None:
    """Write a file so that a reader finds the former one or the new one, also after a crash; two writers do not mix.

    Args:
        path: in a folder that is there.
        content: all of it; text as UTF-8.
        mode: rights of a new file.

    Raises:
        OSError: it cannot be written, named by its path; the former one is as it was.
    """
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:  # that of a full disk names no file, others name the temporary one
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
