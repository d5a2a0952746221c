"""Make, take back and replace keys. Running services see it within a second or two."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from seismic_assets.serving.keys.errors import ApiKeyError, UnknownKeyError
from seismic_assets.serving.keys.file import editing
from seismic_assets.serving.keys.record import KeyRecord, Role, digest_of, new_key


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made.

    Attributes:
        text: the key, to be shown once: it is kept nowhere.
        record: what is kept of it.
    """

    text: str = field(repr=False)
    record: KeyRecord


def create_key(
    path: Path, name: str, roles: Iterable[Role], now: datetime, lifetime: timedelta | None = None
) -> NewKey:
    """Make a key.

    Args:
        path: the file of keys; made where there is none.
        name: what the key is for, at most 64 characters.
        roles: what its holder may do; `admin` may predict too.
        now: the time, with its zone.
        lifetime: for how long it is accepted; for good by default.

    Raises:
        ApiKeyError: the name is not allowed.
        KeyFileError: the file cannot be read or written.
    """
    made = _made(name, roles, now, lifetime)
    with editing(path) as keys:
        keys.append(made.record)
    return made


def revoke_key(path: Path, key_id: str, now: datetime) -> KeyRecord:
    """Take a key back: it is refused from now on. What was revoked before keeps its time.

    Raises:
        UnknownKeyError: no key has the id.
        KeyFileError: the file cannot be read or written.
    """
    with editing(path) as keys:
        place = _place(keys, key_id)
        if keys[place].revoked_at is None:
            keys[place] = keys[place].model_copy(update={"revoked_at": now})
        return keys[place]


def rotate_key(path: Path, key_id: str, now: datetime, keep: timedelta) -> NewKey:
    """Make a key of the same name, roles and lifetime; the one before goes on for a while.

    Args:
        path: the file of keys.
        key_id: the id of the key to replace.
        now: the time, with its zone.
        keep: for how long the one before is still accepted, unless it expires before that.

    Raises:
        UnknownKeyError: no key has the id.
        ApiKeyError: the key is not accepted any more, or was replaced before.
        KeyFileError: the file cannot be read or written.
    """
    with editing(path) as keys:
        place = _place(keys, key_id)
        old = keys[place]
        if old.replaced_by is not None:
            raise ApiKeyError(f"key {old.id} was replaced by {old.replaced_by} already; rotate that one")
        if (state := old.state(now)) != "active":
            raise ApiKeyError(f"key {old.id} is {state}; make a new one with `seismic key create`")
        lifetime = None if old.expires_at is None else old.expires_at - old.created_at
        made = _made(old.name, old.roles, now, lifetime)
        end = now + keep if old.expires_at is None else min(old.expires_at, now + keep)
        keys[place] = old.model_copy(update={"expires_at": end, "replaced_by": made.record.id})
        keys.append(made.record)
    return made


def _made(name: str, roles: Iterable[Role], now: datetime, lifetime: timedelta | None) -> NewKey:
    key_id, text = new_key()
    try:
        record = KeyRecord(
            id=key_id,
            name=name,
            roles=tuple(dict.fromkeys(roles)),
            digest=digest_of(text).hex(),
            created_at=now,
            expires_at=None if lifetime is None else now + lifetime,
        )
    except ValidationError as error:
        raise ApiKeyError(
            "a key needs a role, predict or admin, and a name of 1 to 64 printable characters; no key was made"
        ) from error
    return NewKey(text, record)


def _place(keys: list[KeyRecord], key_id: str) -> int:
    for place, each in enumerate(keys):
        if each.id == key_id:
            return place
    # What was given may be a whole key, so it is not repeated.
    raise UnknownKeyError("no key has this id; `seismic key list` shows the ids, of ten characters each")
