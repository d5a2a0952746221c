"""Make the secrets of a deployment: `python -m deploy.make_secrets`, a file each, in a folder that only you may enter.

What is there already is left as it is. The files themselves may be read by all, as the accounts in the containers are
others; nobody else comes past the folder.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from deploy.stack.errors import StackError

USER = "seismic"
# Files that hold the address of a database, and its name.
_ADDRESSES = {
    "seismic_dagster_database": "dagster",
    "mlflow_backend_store_uri": "mlflow",
    "seismic_tuning_storage": "optuna",
}


def make_secrets(folder: Path, postgres: str = "postgres:5432", addresses_anew: bool = False) -> list[str]:
    """Write the secrets that are missing; returns their names.

    Args:
        folder: made if it is not there, for its owner alone.
        postgres: host and port of PostgreSQL, which the addresses of databases name.
        addresses_anew: write these addresses also where they are there, as the port may have changed.

    Raises:
        OSError: the folder cannot be written.
        StackError: the accounts of the object store that are there cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    (folder / "alertmanager").mkdir(exist_ok=True)
    made: list[str] = []
    password = _kept(folder / "postgres_password", lambda: secrets.token_hex(24), made)
    for name, database in _ADDRESSES.items():
        if addresses_anew:
            (folder / name).unlink(missing_ok=True)
        _kept(folder / name, partial(_address, password, postgres, database), made)
    for name in ("seismic_api_key", "seismic_online_redis_password", "grafana_password"):
        _kept(folder / name, lambda: secrets.token_urlsafe(32), made)
    _kept(folder / "oidc_cookie_secret", lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(), made)
    _keys_of_the_store(folder, made)
    return made


def _kept(path: Path, make: Callable[[], str], made: list[str]) -> str:
    """What a file holds; it is made if it is not there, and never in part."""
    if path.exists():
        return path.read_text()
    content = make()
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444), "w") as file:
        file.write(content)
    part.replace(path)
    made.append(path.name)
    return content


def _address(password: str, postgres: str, database: str) -> str:
    return f"postgresql://{USER}:{password}@{postgres}/{database}"


def _keys_of_the_store(folder: Path, made: list[str]) -> None:
    """The key of the object store twice: as our services read it, and as SeaweedFS does."""
    identities = folder / "s3_identities"
    known = _first_key(identities) if identities.exists() else {}
    key_id = _kept(folder / "seismic_s3_access_key_id", lambda: known.get("accessKey") or secrets.token_hex(10), made)
    secret = _kept(
        folder / "seismic_s3_secret_access_key", lambda: known.get("secretKey") or secrets.token_hex(20), made
    )
    _kept(identities, partial(_s3_identities, key_id, secret), made)


def _first_key(identities: Path) -> dict[str, str]:
    """The key of the first account that SeaweedFS knows."""
    try:
        key: dict[str, str] = json.loads(identities.read_text())["identities"][0]["credentials"][0]
    except (ValueError, LookupError, TypeError) as error:
        raise StackError(f"{identities} names no account with a key; remove it, and it is made anew.") from error
    return key


def _s3_identities(key_id: str, secret: str) -> str:
    """SeaweedFS's own form: one account, which may do everything."""
    key = {"accessKey": key_id, "secretKey": secret}
    actions = ["Admin", "Read", "List", "Tagging", "Write"]
    return json.dumps({"identities": [{"name": USER, "credentials": [key], "actions": actions}]}, indent=2)


def main(
    folder: Annotated[Path, typer.Argument(help="Where they are written.")] = Path("secrets"),
) -> None:
    """Make the secrets that are missing."""
    try:
        made = make_secrets(folder)
    except StackError as error:
        raise typer.BadParameter(str(error)) from error
    typer.echo(f"{folder}: made {', '.join(made)}" if made else f"{folder}: all were there")


if __name__ == "__main__":
    typer.run(main)
