"""Whether an object store can be used, before anything is begun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seismic_assets.objects.address import ObjectAddress
from seismic_assets.objects.client import client, sentences
from seismic_assets.objects.errors import ObjectStoreError

_PROBE = ".conditional-put"
_ALREADY_THERE = ("PreconditionFailed", "412", "ConditionalRequestConflict", "409")


def check_reading(address: ObjectAddress) -> None:
    """See that what lies at an address can be listed.

    Raises:
        ObjectStoreError: it cannot; says why and what to do.
    """
    with sentences(address):
        client().list_objects_v2(Bucket=address.bucket, Prefix=address.key, MaxKeys=1)


def check_writing(address: ObjectAddress) -> None:
    """See that the store takes a write only where nothing is there yet, which keeps two commits to a table apart.

    A small object is left there, so that the question costs one request from then on.

    Raises:
        ObjectStoreError: it cannot be written to, or writes without looking.
    """
    check_reading(address)
    with sentences(address):
        s3 = client()
        probe = {"Bucket": address.bucket, "Key": (address / _PROBE).key, "Body": b"", "IfNoneMatch": "*"}
        if _refused(s3, probe) or _refused(s3, probe):
            return
    raise ObjectStoreError(
        f"{address} cannot be used: the store writes over what is there although it is asked not to (If-None-Match), "
        "so that two commits to a table could undo each other; use one that knows conditional writes"
    )


def _refused(s3: Any, probe: Mapping[str, object]) -> bool:
    from botocore.exceptions import ClientError

    try:
        s3.put_object(**probe)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _ALREADY_THERE:
            return True
        raise
    return False
