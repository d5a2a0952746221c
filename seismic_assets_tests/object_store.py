"""A real S3 over HTTP on a free port, in a process of its own; it honours conditional writes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import httpx
import pytest

from seismic_assets.objects import ObjectAccess, ObjectAddress
from seismic_assets.objects.files import forget_store
from seismic_assets_tests.ports import free_port

BUCKET = "surveys"
_SECONDS = 60


@contextmanager
def object_store(folder: Path) -> Iterator[ObjectAccess]:
    """The way to a store with an empty bucket, until the block ends; its log is written to the folder."""
    endpoint = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with (folder / "object_store.log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        _wait(endpoint, folder / "object_store.log")
        access = ObjectAccess(endpoint, "us-east-1", "AKIDEXAMPLE", "a secret")
        client_of(access).create_bucket(Bucket=BUCKET)
        yield access
    finally:
        server.terminate()
        server.wait(timeout=_SECONDS)


@contextmanager
def reached(access: ObjectAccess) -> Iterator[None]:
    """This process's environment tells the way, until the block ends."""
    before = dict(os.environ)
    access.tell(os.environ)
    forget_store()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        forget_store()


@contextmanager
def bucket(folder: Path) -> Iterator[ObjectAddress]:
    """The address of an empty bucket that this process reaches."""
    with object_store(folder) as access, reached(access):
        yield ObjectAddress(BUCKET)


def client_of(access: ObjectAccess):
    """AWS's client of a store."""
    keys = {"aws_access_key_id": access.key_id, "aws_secret_access_key": access.secret}
    return boto3.client("s3", endpoint_url=access.endpoint, region_name=access.region, **keys)


def variables_of(access: ObjectAccess) -> dict[str, str]:
    """The settings that name a store, for a process."""
    return {
        "SEISMIC_S3_ENDPOINT": str(access.endpoint),
        "SEISMIC_S3_REGION": str(access.region),
        "SEISMIC_S3_ACCESS_KEY_ID": str(access.key_id),
        "SEISMIC_S3_SECRET_ACCESS_KEY": str(access.secret),
    }


def _wait(endpoint: str, log: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            if httpx.get(f"{endpoint}/moto-api", timeout=5, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        if time.monotonic() > deadline:
            pytest.fail(f"the object store did not come up: {log.read_text()}")
        time.sleep(0.1)
