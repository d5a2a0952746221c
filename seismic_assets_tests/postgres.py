"""A real PostgreSQL on a free port, with a password, in a folder of its own."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seismic_assets_tests.ports import free_port

_USER, _SECONDS = "seismic", 60


@contextmanager
def postgres() -> Iterator[str]:
    """Its address as `postgresql://USER:PASSWORD@HOST:PORT/postgres`, until the block ends.

    Skips the test where it is not installed, and fails it in CI.
    """
    programs = programs_of_postgres()
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))  # not below pytest's folder, which is root's alone
    password, port = secrets.token_hex(12), free_port()
    (folder / "password").write_text(password)
    # PostgreSQL refuses to run as root.
    account = pwd.getpwnam("postgres") if os.getuid() == 0 else None
    if account is not None:
        for path in (folder, folder / "password"):
            os.chown(path, account.pw_uid, account.pw_gid)
    as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account is not None else {}
    data = folder / "data"
    initdb = [programs / "initdb", "-D", data, "-U", _USER, "-A", "scram-sha-256", "--pwfile", folder / "password"]
    try:
        subprocess.run([*initdb, "--no-sync"], check=True, capture_output=True, **as_user)
        command = [programs / "postgres", "-D", data, "-k", folder, "-h", "127.0.0.1", "-p", str(port), "-F"]
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, **as_user)
        try:
            _wait(programs, port, folder / "log")
            yield f"postgresql://{_USER}:{password}@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)  # it does not wait for those who are still connected
            server.wait(timeout=_SECONDS)
    finally:
        shutil.rmtree(folder)


def programs_of_postgres() -> Path:
    """Folder of its programs; skips the test where it is not installed, and fails it in CI."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    beside = shutil.which("initdb")
    if beside is None and not found:
        reason = "needs PostgreSQL: apt-get install postgresql"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found[-1].parent if found else Path(str(beside)).resolve().parent


def _wait(programs: Path, port: int, log: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while subprocess.run([programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)], check=False).returncode:
        if time.monotonic() > deadline:
            pytest.fail(f"PostgreSQL did not come up: {log.read_text()}")
        time.sleep(0.1)
