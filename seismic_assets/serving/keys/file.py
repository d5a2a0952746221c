"""The file of keys: read as a whole, replaced as a whole, changed by one process at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from seismic_assets.serving.keys.errors import KeyFileError
from seismic_assets.serving.keys.record import KeyRecord
from seismic_assets.whole_files import replace_file

Mark: TypeAlias = tuple[int, int, int] | None
_OWNER_ONLY = 0o600


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    format: Literal[1] = 1
    keys: list[KeyRecord] = []

    @model_validator(mode="after")
    def _distinct(self) -> _File:
        if len({each.id for each in self.keys}) < len(self.keys):
            raise ValueError("two keys have the same id")
        return self


def mark_of(path: Path) -> Mark:
    """What changes whenever the file is replaced; None where there is no file.

    Raises:
        KeyFileError: the folder cannot be looked into.
    """
    try:
        return _mark(path.stat())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from error


def read_records(path: Path) -> list[KeyRecord]:
    """All keys of a file, in the order they were made; none where there is no file.

    Raises:
        KeyFileError: the file cannot be read or is damaged.
    """
    return read_marked(path)[1]


def read_marked(path: Path) -> tuple[Mark, list[KeyRecord]]:
    """The mark of the very file that was read, and its keys; see `read_records`."""
    try:
        with path.open("rb") as file:
            mark, content = _mark(os.fstat(file.fileno())), file.read()
    except FileNotFoundError:
        return None, []
    except OSError as error:
        raise _unreadable(path, error) from error
    return mark, _parsed(path, content).keys


@contextmanager
def editing(path: Path) -> Iterator[list[KeyRecord]]:
    """The keys of a file, to be changed in place; written when the block ends well, while no other process edits.

    Raises:
        KeyFileError: the file cannot be read or written, or is damaged.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        keys = read_records(path)
        yield keys
        _replace(path, _File(keys=keys).model_dump_json(indent=2).encode())
    finally:
        os.close(lock)


def _replace(path: Path, content: bytes) -> None:
    try:
        replace_file(path, content, _OWNER_ONLY)
        _sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error


def _sync_folder(folder: Path) -> None:
    """A key that was revoked must not come back after a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parsed(path: Path, content: bytes) -> _File:
    try:
        return _File.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        what = f"{where}: {first['msg']}" if where else first["msg"]
        raise KeyFileError(
            f"{path}: the file of API keys is damaged ({what}); restore it from a backup, or remove it and make new "
            "keys with `seismic key create`"
        ) from None


def _mark(status: os.stat_result) -> Mark:
    return status.st_mtime_ns, status.st_size, status.st_ino


def _unreadable(path: Path, error: OSError) -> KeyFileError:
    return KeyFileError(
        f"{path}: the file of API keys cannot be read ({error.strerror}); give the user of this process the right to"
    )


def _unwritable(path: Path, error: OSError) -> KeyFileError:
    return KeyFileError(
        f"{path}: the file of API keys cannot be written ({error.strerror}); free space or fix the rights; "
        "no key was changed"
    )
