"""The audit trail: who moved which version where, when and why.

Each entry is a tag of its own on the registered model, so that writers never overwrite each other and any MLflow store
can hold it. An entry is written before the move it tells of and marked as finished after it: a process that is killed
in between leaves a move recorded that may not have happened, never one that happened unrecorded. Which of the two it
was is told by what the next move found in production.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from seismic_assets.registry.errors import RegistryError

PREFIX = "audit."
# Stores keep 5,000 characters of such a tag.
MOST_REASON, MOST_BY = 2000, 200

Action = Literal["stage", "promote", "reject", "rollback"]


class AuditEntry(BaseModel):
    """One move of a version.

    Attributes:
        id: name of the entry, which begins with its time.
        time: UTC, by the clock of the machine that moved it.
        action: what was done.
        version: the version that it was done to; of a rollback the one that production went back to.
        previous: the version that was in production before (of `stage`: in staging), or None.
        by: user or run.
        reason: why, at most 2,000 characters.
        undoes: of a rollback, the id of the promotion that it undid.
        took_effect: False where the process ended, or the registry failed, before a promotion or a rollback was made;
            for the other actions, before all of it was done.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(default="", exclude=True)
    time: datetime
    action: Action
    version: str
    previous: str | None = None
    by: str
    reason: str = ""
    undoes: str | None = None
    took_effect: bool = False

    def value(self) -> str:
        """The value of the tag."""
        return self.model_dump_json(exclude_defaults=True)


def new_entry(
    action: Action, version: str, previous: str | None, by: str, reason: str, undoes: str | None = None
) -> AuditEntry:
    """An entry of now that has not taken effect."""
    time = datetime.now(UTC)
    return AuditEntry(
        id=f"{PREFIX}{time:%Y%m%dT%H%M%S.%fZ}.{secrets.token_hex(4)}",
        time=time,
        action=action,
        version=version,
        previous=previous,
        by=one_line(by, MOST_BY),
        reason=one_line(reason),
        undoes=undoes,
    )


def entries_of(tags: Mapping[str, str], production: str | None) -> list[AuditEntry]:
    """The trail in order.

    Args:
        tags: of the registered model.
        production: the version in production, which tells whether the last move took effect.

    Raises:
        RegistryError: an entry is not readable.
    """
    entries = [_parse(key, value) for key, value in sorted(tags.items()) if key.startswith(PREFIX)]
    seen_after = _seen_after([entry for entry in entries if _moves_production(entry)], production)
    return [
        entry.model_copy(update={"took_effect": True}) if seen_after.get(entry.id) == entry.version else entry
        for entry in entries
    ]


def promotion_of(entries: Sequence[AuditEntry], production: str) -> AuditEntry | None:
    """The last promotion that put `production` there and that no rollback has undone, or None."""
    undone = {entry.undoes for entry in entries if entry.took_effect and entry.action == "rollback"}
    standing = [
        entry
        for entry in entries
        if entry.took_effect and entry.action == "promote" and entry.id not in undone and entry.version == production
    ]
    return standing[-1] if standing else None


def _seen_after(moves: Sequence[AuditEntry], production: str | None) -> dict[str, str | None]:
    """What was in production after each move, by its id: the next move noted it."""
    seen: dict[str, str | None] = {move.id: following.previous for move, following in pairwise(moves)}
    return seen | {move.id: production for move in moves[-1:]}


def _moves_production(entry: AuditEntry) -> bool:
    return entry.action in ("promote", "rollback")


def _parse(key: str, value: str) -> AuditEntry:
    try:
        return AuditEntry.model_validate_json(value).model_copy(update={"id": key})
    except ValidationError as error:
        raise RegistryError(
            f"the tag {key} of the registered model is not an entry of the audit trail; restore or remove it"
        ) from error


def one_line(text: str, most: int = MOST_REASON) -> str:
    """A text as one line of printable characters, cut to what a tag holds."""
    text = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
