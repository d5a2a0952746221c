"""Files of a folder or of an object store, through Arrow: it streams to both and reads parts of both."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.fs as arrow

from seismic_assets.objects.address import ObjectAddress, Place
from seismic_assets.whole_files import replace_file

_CONNECT_SECONDS, _REQUEST_SECONDS, _ATTEMPTS = 5.0, 60.0, 4


def filesystem_of(place: Place) -> Any:
    """Arrow's file system for a place; names in it are those of `path_in`."""
    return _store() if isinstance(place, ObjectAddress) else _disk()


def path_in(place: Place) -> str:
    """The name of a place in its file system."""
    return place.path if isinstance(place, ObjectAddress) else str(place)


def make_parent(place: Place) -> None:
    """Make the folder of a file; an object store needs none.

    Raises:
        OSError: it cannot be made.
    """
    if isinstance(place, Path):
        place.parent.mkdir(parents=True, exist_ok=True)


def size_of(place: Place) -> int | None:
    """Bytes of a file; None where there is none.

    Raises:
        OSError: the store cannot be asked.
    """
    return sizes_of([place])[0]


def is_folder(place: Place) -> bool:
    """Whether there is a folder; in an object store, whether anything lies there.

    Raises:
        OSError: the store cannot be asked.
    """
    found = filesystem_of(place).get_file_info(path_in(place))
    return bool(found.type == arrow.FileType.Directory)


def sizes_of(places: Iterable[Place]) -> list[int | None]:
    """Bytes of files of one file system, asked for together; None for one that is not there.

    Raises:
        OSError: the store cannot be asked.
    """
    wanted = list(places)
    found = filesystem_of(wanted[0]).get_file_info([path_in(place) for place in wanted]) if wanted else []
    return [int(info.size) if info.type == arrow.FileType.File else None for info in found]


def listed(folder: Place, recursive: bool = False) -> list[Any]:
    """Arrow's `FileInfo` of what lies in a folder, empty where there is none.

    Raises:
        OSError: it cannot be listed.
    """
    selector = arrow.FileSelector(path_in(folder), recursive=recursive, allow_not_found=True)
    return list(filesystem_of(folder).get_file_info(selector))


def size_below(folder: Place) -> int:
    """Bytes of all files below a folder.

    Raises:
        OSError: it cannot be listed.
    """
    return sum(info.size for info in listed(folder, recursive=True) if info.type == arrow.FileType.File)


def read_whole(place: Place) -> bytes | None:
    """The bytes of a file; None where there is none.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with filesystem_of(place).open_input_file(path_in(place)) as stream:
            return bytes(stream.read())
    except FileNotFoundError:
        return None


def write_whole(place: Place, content: bytes) -> None:
    """Write a file so that a reader finds the former one or the new one; an object is never there in part.

    Raises:
        OSError: it cannot be written.
    """
    if isinstance(place, Path):
        place.parent.mkdir(parents=True, exist_ok=True)
        replace_file(place, content)
        return
    with _store().open_output_stream(place.path) as stream:
        stream.write(content)


def move_folder(folder: Place, target: Place) -> None:
    """Move a folder to a place that is not there yet. In a store each object is copied, then those copied are removed.

    Raises:
        OSError: it cannot be moved.
    """
    if isinstance(folder, Path) and isinstance(target, Path):
        target.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(target)
        return
    files, prefix = filesystem_of(folder), path_in(folder)
    names = [info.path for info in listed(folder, recursive=True) if info.type == arrow.FileType.File]
    for name in names:
        files.copy_file(name, f"{path_in(target)}/{name.removeprefix(prefix).lstrip('/')}")
    for name in names:
        files.delete_file(name)


def remove_files(places: Iterable[Place]) -> None:
    """Remove files that nobody will miss; what stands in the way of writing may stand in the way of removing."""
    for place in places:
        with suppress(OSError):
            if isinstance(place, Path):
                place.unlink(missing_ok=True)
            else:
                _store().delete_file(place.path)


def forget_store() -> None:
    """Make the file system of the object store anew, as after another environment was set."""
    _store.cache_clear()


@cache
def _disk() -> Any:
    return arrow.LocalFileSystem()


@cache
def _store() -> Any:
    """Made once: each would have its own connections. Keys and region it reads from the environment by itself."""
    scheme, _, host = os.environ.get("AWS_ENDPOINT_URL", "").rstrip("/").partition("://")
    return arrow.S3FileSystem(
        scheme=scheme or None,
        endpoint_override=host or None,
        connect_timeout=_CONNECT_SECONDS,
        request_timeout=_REQUEST_SECONDS,
        retry_strategy=arrow.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
    )
