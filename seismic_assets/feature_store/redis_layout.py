"""How Feast's Redis store lays windows out, without Feast, whose import takes seconds: both read what either wrote.

A window is a hash. Its key is Feast's entity key and the project; a field of the hash is the digest of a view and a
feature, and one field a view says of which event its values are.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import numpy as np
from google.protobuf.timestamp_pb2 import Timestamp
from numpy.typing import NDArray

from seismic_assets.feature_store.spec import PROJECT, TRACE, WINDOW

_STRING, _INT64 = 2, 4  # of Feast's ValueType
_FLOAT = 0x35  # what a float begins with in Feast's Value
_VALUE = np.dtype([("kind", "u1"), ("value", "<f4")])
_NUMBERS = struct.Struct("<IIqIIq")


def _named(name: str) -> bytes:
    return struct.pack("<II", _STRING, len(name)) + name.encode()


_HEAD = struct.pack("<I", 2) + b"".join(_named(name) for name in sorted((TRACE, WINDOW)))
_TAIL = PROJECT.encode()


def window_key(trace_id: int, window: int) -> bytes:
    """Key of a window."""
    return _HEAD + _NUMBERS.pack(_INT64, 8, trace_id, _INT64, 8, window) + _TAIL


@lru_cache(maxsize=64)
def fields_of(view: str, names: tuple[str, ...]) -> tuple[bytes, ...]:
    """Names of a view's fields: that of the event, then those of the features."""
    import mmh3

    digests = (mmh3.hash(f"{view}:{name}", signed=False) for name in names)
    return (f"_ts:{view}".encode(), *(struct.pack("<I", digest) for digest in digests))


def packed_moment(event: datetime) -> bytes:
    """An event as its field holds it."""
    stamp = Timestamp()
    stamp.FromDatetime(event)
    return bytes(stamp.SerializeToString())


def packed_rows(features: NDArray[np.float32]) -> list[list[bytes]]:
    """Values (m, f) as their fields hold them."""
    rows = np.empty(features.shape, _VALUE)
    rows["kind"], rows["value"] = _FLOAT, features
    packed: list[list[bytes]] = rows.view("V5").tolist()
    return packed


def packed_row(values: Sequence[bytes | None]) -> bytes | None:
    """The values of a window in one piece, or None where one of them is not there."""
    whole = [each for each in values if each is not None and len(each) == _VALUE.itemsize]
    return b"".join(whole) if len(whole) == len(values) else None


def unpacked_rows(rows: Sequence[bytes], width: int) -> NDArray[np.float32]:
    """(m, width) features of windows that are in one piece each."""
    return np.frombuffer(b"".join(rows), _VALUE)["value"].reshape(len(rows), width)
