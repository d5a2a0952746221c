"""One deploy at a time: by a lock in the database of the history, which several machines share, else by a file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from seismic_assets.driver.home import check_database
from seismic_assets.file_locks import held
from seismic_assets.releasing import DeployRefusedError
from seismic_assets.settings import Settings

# Advisory locks are of a database, and so is the history of one deployment.
_KEY = int.from_bytes(hashlib.blake2b(b"seismic deploy", digest_size=8).digest(), "big", signed=True)
_REFUSAL = "another `seismic deploy` is at work on {place}; wait for its end, then run the command again"


@contextmanager
def deploying_alone(settings: Settings) -> Iterator[None]:
    """Around a deploy. The lock goes with the process or its connection, however it ends.

    Raises:
        DeployRefusedError: another one is at work.
        SettingsError: the database of the history cannot be used.
    """
    if settings.dagster_database is not None:
        with _in_database(settings.dagster_database.get_secret_value()):
            yield
        return
    with held(settings.dagster_dir / "seismic_deploy.lock", seconds=0) as had:
        if not had:
            raise DeployRefusedError(_REFUSAL.format(place=settings.storage_root))
        yield


@contextmanager
def _in_database(address: str) -> Iterator[None]:
    from sqlalchemy import create_engine, text

    check_database(address)
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _KEY}).scalar():
                raise DeployRefusedError(_REFUSAL.format(place="the database of SEISMIC_DAGSTER_DATABASE"))
            yield
    finally:
        engine.dispose()
