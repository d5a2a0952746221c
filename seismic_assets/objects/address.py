"""Addresses in an object store, used as paths are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeAlias

_ADDRESS = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<key>.*))?")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
_MISSPELT = re.compile(r"s3[an]?(:|//)", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class ObjectAddress:
    """A bucket and what stands before the names of objects in it, or the name of one.

    Attributes:
        bucket: its name.
        key: without slashes at its ends; empty for the bucket itself.
    """

    bucket: str
    key: str = ""

    @classmethod
    def parse(cls, text: str) -> ObjectAddress:
        """Read `s3://BUCKET/KEY`.

        Raises:
            ValueError: it is none; says how one is written.
        """
        found = _ADDRESS.fullmatch(text)
        key = (found["key"] or "").strip("/") if found else ""
        if found is None or any(part in ("", ".", "..") for part in key.split("/") if key):
            raise ValueError(
                f"{text} is no address in an object store; write s3://BUCKET/FOLDER, the bucket with 3 to 63 small "
                "letters, digits, dots and hyphens"
            )
        return cls(found["bucket"], key)

    @property
    def name(self) -> str:
        """Last part of the key; that of the bucket where there is no key."""
        return PurePosixPath(self.key).name or self.bucket

    @property
    def parent(self) -> ObjectAddress:
        """Without the last part of the key."""
        return ObjectAddress(self.bucket, "/".join(self.key.split("/")[:-1]))

    @property
    def path(self) -> str:
        """Bucket and key, as Arrow's file system wants them."""
        return f"{self.bucket}/{self.key}" if self.key else self.bucket

    def is_relative_to(self, other: object) -> bool:
        """Whether it lies below another address, or is it."""
        return isinstance(other, ObjectAddress) and f"{self.path}/".startswith(f"{other.path}/")

    def __truediv__(self, part: str) -> ObjectAddress:
        return ObjectAddress(self.bucket, "/".join(each for each in (self.key, part.strip("/")) if each))

    def __str__(self) -> str:
        return f"s3://{self.path}"


Place: TypeAlias = Path | ObjectAddress
"""A folder or file of this machine, or of an object store."""


def place_of(given: str | Path) -> Place:
    """The folder or file that a text names, or a path that was made of one.

    Raises:
        ValueError: it looks like an address and is none in an object store.
    """
    text = written(given)
    return ObjectAddress.parse(text) if is_like_address(text) else Path(text)


def is_like_address(text: str) -> bool:
    """Whether a text begins with `SCHEME:/`, or as a misspelt `s3://`: nobody means a folder of this machine by it."""
    return bool(_SCHEME.match(text) or _MISSPELT.match(text))


def written(given: str | Path) -> str:
    """As it was written: a path that was made of an address has one slash where the address has two."""
    return re.sub(rf"^({_SCHEME.pattern})(?!/)", r"\1/", str(given)) if isinstance(given, Path) else given
