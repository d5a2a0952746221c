"""The number of a trace among the traces of all files: `trace_id`, of 64 bits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seismic_assets.feature_store.errors import FeatureStoreError

_FILE_BITS, _TRACE_BITS = 31, 32


def file_number(file_id: str) -> int:
    """A number of 31 bits that is the same on every machine: the beginning of the digest of the file's id."""
    digest = hashlib.blake2b(file_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - _FILE_BITS)


def trace_ids(file_id: str, trace_index: ArrayLike) -> NDArray[np.int64]:
    """Ids of traces of a file: the file's number, then 32 bits for the place in the file.

    Args:
        file_id: the file.
        trace_index: (m,) places, below 2^32.

    Returns:
        (m,) int64, not negative.

    Raises:
        FeatureStoreError: a place is negative or too large.
    """
    places = np.asarray(trace_index, np.int64)
    if places.size and not 0 <= places.min() <= places.max() < 1 << _TRACE_BITS:
        raise FeatureStoreError(f"{file_id} has a trace {places.min()} or {places.max()}, beyond 0 to 2^32 - 1")
    return (file_number(file_id) << _TRACE_BITS) + places


def parts_of(trace_id: int) -> tuple[int, int]:
    """Number of the file and place in it of a trace."""
    return trace_id >> _TRACE_BITS, trace_id & ((1 << _TRACE_BITS) - 1)


def check_apart(file_ids: Iterable[str]) -> None:
    """Make sure that no two files share a number, which is likely only from tens of thousands of files on.

    Raises:
        FeatureStoreError: two files have the same number.
    """
    known: dict[int, str] = {}
    for file_id in file_ids:
        other = known.setdefault(file_number(file_id), file_id)
        if other != file_id:
            raise FeatureStoreError(
                f"{file_id} and {other} have the same number in the feature store; rename one of them"
            )
