"""The keys as a request meets them: who presents this one?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from math import inf
from pathlib import Path

import structlog

from seismic_assets.serving.keys.errors import ApiKeyError, KeyFileError
from seismic_assets.serving.keys.file import Mark, mark_of, read_marked
from seismic_assets.serving.keys.record import KeyRecord, digest_of, id_in

_log = structlog.get_logger(__name__)
_FEWEST_CHARACTERS, _MOST_CHARACTERS = 16, 512
_NO_DIGEST = bytes(32)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request.

    Attributes:
        key_id: id of the key, or `environment` for the one that the service was started with.
        roles: `predict`, `admin`; who has `admin` has `predict` too.
    """

    key_id: str
    roles: frozenset[str]


_ENVIRONMENT = Caller("environment", frozenset({"predict", "admin"}))


class KeyStore:
    """The keys in force: those of a file that may change at any time, and one of the environment.

    A change of the file by `seismic key` takes effect within `reread_seconds`, in each worker process. A file that is
    damaged while the service runs leaves the last good keys in force and is logged once; one that is removed takes its
    keys with it.
    """

    def __init__(
        self,
        path: Path,
        environment_key: str | None = None,
        reread_seconds: float = 1.0,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Read the keys.

        Args:
            path: the file of keys; there need not be one.
            environment_key: a further key with all roles, at least 16 characters.
            reread_seconds: how often at most the file is looked at.
            clock: seconds since 1970, by which keys expire.

        Raises:
            KeyFileError: the file cannot be read or is damaged.
            ApiKeyError: the key of the environment is too short or too long.
        """
        self._path = path
        self._environment = None if environment_key is None else _digest_of_environment(environment_key)
        self._reread_seconds = reread_seconds
        self._clock = clock
        self._guarded = self._environment is not None
        self._complaint: str | None = None
        self._mark: Mark = None
        self._keys: dict[str, tuple[bytes, float, Caller]] = {}
        self._read()
        self._next_look = time.monotonic() + reread_seconds

    def caller(self, presented: str) -> Caller | None:
        """Who holds the key that was presented, or None where it is not in force.

        As long, to the processor's noise, for a wrong key of a known id as for an unknown id.
        """
        self._look()
        if len(presented) > _MOST_CHARACTERS:
            return None
        digest = digest_of(presented)
        kept, end, caller = self._keys.get(id_in(presented), (_NO_DIGEST, -inf, None))
        of_file = compare_digest(digest, kept)
        of_environment = compare_digest(digest, self._environment or _NO_DIGEST)
        if of_environment:
            return _ENVIRONMENT
        return caller if of_file and self._clock() < end else None

    def guarded(self) -> bool:
        """Whether requests need a key: since the store was made there was one, in force or not.

        A service does not become open to all because its last key expired, was revoked or was removed.
        """
        self._look()
        return self._guarded

    def any(self) -> bool:
        """Whether any key is in force now."""
        self._look()
        now = self._clock()
        return self._environment is not None or any(now < end for _, end, _ in self._keys.values())

    def _look(self) -> None:
        """Read the file again if it is another one, once its time has come."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + self._reread_seconds
        try:
            if mark_of(self._path) != self._mark:
                self._read()
                _log.info("API keys read", keys=len(self._keys))
            self._complaint = None
        except KeyFileError as error:
            if self._complaint != str(error):
                self._complaint = str(error)
                _log.error("the last good API keys stay in force", reason=self._complaint)

    def _read(self) -> None:
        mark, records = read_marked(self._path)
        # Replaced as a whole, so that no request meets half of the keys.
        self._keys = {each.id: _in_memory(each) for each in records if each.revoked_at is None}
        self._mark = mark
        self._guarded = self._guarded or bool(records)


def _in_memory(record: KeyRecord) -> tuple[bytes, float, Caller]:
    """The digest, the end in seconds since 1970, and whose key it is."""
    roles = {*record.roles, "predict"} if "admin" in record.roles else set(record.roles)
    end = inf if record.expires_at is None else record.expires_at.timestamp()
    return bytes.fromhex(record.digest), end, Caller(record.id, frozenset(roles))


def _digest_of_environment(key: str) -> bytes:
    if len(key) < _FEWEST_CHARACTERS:
        raise ApiKeyError(
            f"the API key of the environment has {len(key)} characters, which can be guessed; give SEISMIC_API_KEY at "
            f"least {_FEWEST_CHARACTERS}, or use `seismic key create`"
        )
    if len(key) > _MOST_CHARACTERS:
        raise ApiKeyError(f"the API key of the environment is longer than {_MOST_CHARACTERS} characters; shorten it")
    return digest_of(key)
