"""AWS's client of an object store, and what its refusals mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from seismic_assets.objects.address import ObjectAddress
from seismic_assets.objects.errors import ObjectStoreError

_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 5, 60, 3
_KEYS = "check SEISMIC_S3_ACCESS_KEY_ID and SEISMIC_S3_SECRET_ACCESS_KEY, or AWS_ACCESS_KEY_ID and its secret"
_ADVICE = {
    "NoSuchBucket": "there is no such bucket; make it, or correct the address",
    "InvalidAccessKeyId": f"the store does not know the access key; {_KEYS}",
    "SignatureDoesNotMatch": f"the secret does not belong to the access key; {_KEYS}",
    "AccessDenied": "the access key may not do that; grant it to list, read, write and delete objects there",
    "RequestTimeTooSkewed": "the clocks of this machine and of the store differ too much; set this one's, as by NTP",
    "ExpiredToken": "the session of the access key has ended; take a new one",
    "PermanentRedirect": "the bucket lies in another region; set SEISMIC_S3_REGION",
}
# A refusal of HEAD has no body, hence no code but that of HTTP.
_BY_STATUS = {"404": "NoSuchBucket", "403": "AccessDenied", "301": "PermanentRedirect"}


def client() -> Any:
    """A client that gives up within a minute or so; keys, region and endpoint are those of the environment.

    Raises:
        ObjectStoreError: the package is missing.
    """
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise ObjectStoreError("an object store needs the extra s3: pip install 'seismic-assets[s3]'") from error
    retries = {"mode": "standard", "total_max_attempts": _ATTEMPTS}
    return boto3.Session().client(
        "s3", config=Config(connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS, retries=retries)
    )


@contextmanager
def sentences(address: ObjectAddress) -> Iterator[None]:
    """Around calls of the client.

    Raises:
        ObjectStoreError: what was refused, as one sentence.
    """
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

    try:
        yield
    except ClientError as error:
        raise ObjectStoreError(f"{address} cannot be used: {_meaning(error.response.get('Error', {}))}") from error
    except NoCredentialsError as error:
        raise ObjectStoreError(f"{address} cannot be used: there is no access key; {_KEYS}") from error
    except NoRegionError as error:
        raise ObjectStoreError(f"{address} cannot be used: its region is not known; set SEISMIC_S3_REGION") from error
    except (BotoCoreError, ValueError) as error:  # an endpoint that is no address is a ValueError
        why = " ".join(str(error).split()).rstrip(".")
        raise ObjectStoreError(f"{address} cannot be used: {why}; check SEISMIC_S3_ENDPOINT and the network") from error


def _meaning(refusal: dict[str, str]) -> str:
    code = _BY_STATUS.get(refusal.get("Code", ""), refusal.get("Code", ""))
    return _ADVICE.get(code) or f"the store says {code or 'nothing'}: {refusal.get('Message', '').rstrip('.')}"
