"""Copies of objects in a folder of this machine: SEG-Y is read by seeking in it, which a store does slowly."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from seismic_assets.file_locks import held
from seismic_assets.objects.address import ObjectAddress
from seismic_assets.objects.client import client, sentences
from seismic_assets.objects.errors import ObjectStoreError
from seismic_assets.whole_files import replace_file

_INDEX, _LOCK = ".copied.json", ".copying"  # hidden: passed over where the folder is listed
_PATIENCE_SECONDS = 600.0
_SAVE_EVERY = 50


@dataclass(frozen=True)
class Refreshed:
    """What changed in a folder of copies.

    Attributes:
        fetched, removed: names, relative to the folder.
        unsafe: names that lead out of the folder, or are those of its own notes; they are passed over.
        strange: files in the folder that are copies of nothing; they stay.
    """

    fetched: tuple[str, ...]
    removed: tuple[str, ...]
    unsafe: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Object:
    name: str
    key: str
    tag: str
    size: int
    modified: float


def refresh(address: ObjectAddress, folder: Path) -> Refreshed:
    """Make a folder hold what lies at an address: new and changed objects are copied, copies of vanished ones removed.

    A copy is there whole or not at all, and has the time of its object. Only copies are ever removed. Killed and called
    again, it goes on. Several processes take turns.

    Args:
        address: of the objects.
        folder: made where it is not there.

    Raises:
        ObjectStoreError: the store cannot be read, or another process copies for more than ten minutes.
        OSError: the disk is full or not writable.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder / _LOCK, _PATIENCE_SECONDS) as mine:
        if not mine:
            raise ObjectStoreError(f"{address} is being copied to {folder} by another process; try again later")
        with sentences(address):
            return _refresh(client(), address, folder)


def _refresh(s3: Any, address: ObjectAddress, folder: Path) -> Refreshed:
    found = list(_objects(s3, address))
    there = {each.name: each for each in found if _is_safe(each.name)}
    unsafe = tuple(each.name for each in found if not _is_safe(each.name))
    copied = _read_index(folder)
    removed = _remove(folder, sorted(copied.keys() - there.keys()), copied)
    fetched: list[str] = []
    try:
        for name, each in sorted(there.items()):
            if copied.get(name) == each.tag and _size(folder / name) == each.size:
                continue
            _fetch(s3, address.bucket, each, folder / name)
            copied[name] = each.tag
            fetched.append(name)
            if len(fetched) % _SAVE_EVERY == 0:
                _save_index(folder, copied)
    finally:
        if fetched or removed:
            _save_index(folder, copied)
    strange = tuple(sorted(set(_visible(folder)) - there.keys()))
    return Refreshed(tuple(fetched), removed, unsafe, strange)


def _visible(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix()


def _objects(s3: Any, address: ObjectAddress) -> Iterator[_Object]:
    prefix = f"{address.key}/" if address.key else ""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=address.bucket, Prefix=prefix):
        for entry in page.get("Contents", ()):
            name = entry["Key"].removeprefix(prefix)
            if name and not name.endswith("/"):  # what ends so stands for a folder
                tag, modified = entry["ETag"].strip('"'), entry["LastModified"].timestamp()
                yield _Object(name, entry["Key"], tag, entry["Size"], modified)


def _is_safe(name: str) -> bool:
    """Whether a name stays in the folder, and is that of a file there."""
    parts = name.split("/")
    return not any(part in ("", ".", "..") for part in parts) and "\0" not in name and parts[0] not in (_INDEX, _LOCK)


def _fetch(s3: Any, bucket: str, each: _Object, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{PurePosixPath(each.name).name}.copying")
    try:
        s3.download_file(bucket, each.key, str(temporary))
        os.utime(temporary, (each.modified, each.modified))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _remove(folder: Path, names: list[str], copied: dict[str, str]) -> tuple[str, ...]:
    for name in names:
        (folder / name).unlink(missing_ok=True)
        del copied[name]
    return tuple(names)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _read_index(folder: Path) -> dict[str, str]:
    """Tags of the copies by name; a damaged index means that all is copied again."""
    try:
        return dict(json.loads((folder / _INDEX).read_text()))
    except (FileNotFoundError, ValueError):
        return {}


def _save_index(folder: Path, copied: dict[str, str]) -> None:
    replace_file(folder / _INDEX, json.dumps(copied))
