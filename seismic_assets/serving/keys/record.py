"""What is kept of an API key, and how a new one is made."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Role: TypeAlias = Literal["predict", "admin"]
KeyState: TypeAlias = Literal["active", "expired", "revoked"]

_ID_BYTES = 5
_SECRET_BYTES = 32
_Name = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")
]
_Id = Annotated[str, StringConstraints(pattern=rf"^[0-9a-f]{{{2 * _ID_BYTES}}}$")]


class KeyRecord(BaseModel):
    """What is kept of a key: all but the key.

    Attributes:
        id: ten hexadecimal digits, part of the key; it may be shown.
        name: what the key is for, chosen by the operator.
        roles: what its holder may do.
        digest: SHA-256 of the whole key, in hexadecimal digits.
        created_at: when it was made.
        expires_at: from when on it is refused, or None.
        revoked_at: when it was taken back, or None.
        replaced_by: id of the key that a rotation made in its place, or None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: _Id
    name: _Name
    roles: tuple[Role, ...] = Field(min_length=1)
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None
    replaced_by: _Id | None = None

    def state(self, now: datetime) -> KeyState:
        """Whether the key is accepted at a time, and if not, why."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


def new_key() -> tuple[str, str]:
    """The id of a new key and the key itself, `sk_<id>_<secret>`."""
    key_id = secrets.token_hex(_ID_BYTES)
    return key_id, f"sk_{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"


def id_in(key: str) -> str:
    """What stands in a presented key where the id belongs; anything where it is no key of ours."""
    return key[3 : 3 + 2 * _ID_BYTES]


def digest_of(key: str) -> bytes:
    """What is kept of a key, 32 bytes.

    A plain SHA-256 is enough: 32 random bytes cannot be guessed, however fast the hash. A slow one is for passwords and
    would only cost each request.
    """
    # A header may hold what is no text; it has a digest all the same, of no key.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
