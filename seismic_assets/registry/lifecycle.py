"""The life of a version: none, staging, production, archived; each move is kept in the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from seismic_assets.registry.audit import AuditEntry, entries_of, new_entry, one_line, promotion_of
from seismic_assets.registry.connection import insist
from seismic_assets.registry.errors import BundleError, RegistryError
from seismic_assets.registry.versions import (
    ARCHIVED,
    NONE,
    PRODUCTION,
    REJECTED_TAG,
    ROLLED_BACK_TAG,
    STAGE_TAG,
    STAGING,
    ModelVersion,
    VersionReader,
)

NOBODY = "unknown"
_READY = "READY"


class Lifecycle(VersionReader):
    """Moves versions between stages.

    The aliases `staging` and `production` say where a version is; the tag `stage` repeats it for who looks at MLflow.
    """

    def stage(self, version: str, *, by: str = NOBODY, reason: str = "") -> None:
        """Make a version the challenger; the one before it falls back to `none`, or `archived` if it was in production.

        What it was rejected or rolled back for is forgotten: it is to be judged anew. Nothing is done where it is the
        challenger already.

        Raises:
            RegistryError: the version is unknown or not ready, or the registry does not answer.
        """
        info = self._ready(version)
        version = info.version
        before, production = self.version_of(STAGING), self.version_of()
        if before == version and info.rejected_because is None:
            return
        with self._recorded(new_entry("stage", version, before, by, reason)) as client:
            insist(client.set_registered_model_alias, self.model_name, STAGING, version)
            self._mark(client, version, PRODUCTION if version == production else STAGING)
            if before is not None and before not in (version, production):
                self._tag(client, before, STAGE_TAG, ARCHIVED if self._was_in_production(before) else NONE)

    def promote(self, version: str, alias: str = PRODUCTION, *, by: str = NOBODY, reason: str = "") -> None:
        """Put a version into production, once its bundle was fetched and verified; the champion before is archived.

        Nothing is done where it is in production already. With the alias `staging` it is made the challenger instead.

        Raises:
            RegistryError: the version is unknown or not ready, its bundle is missing or altered, or the registry does
                not answer; the champion stays.
        """
        if alias == STAGING:
            self.stage(version, by=by, reason=reason)
            return
        if alias != PRODUCTION:
            raise RegistryError(f"a version is promoted to {PRODUCTION} or {STAGING}, not to {alias!r}")
        version = self._servable(version)
        before = self.version_of()
        if before == version:
            return
        with self._recorded(new_entry("promote", version, before, by, reason)) as client:
            self._replace(client, version, before)

    def reject(self, version: str, reason: str, *, by: str = NOBODY) -> None:
        """Keep a challenger in staging, tagged with the reason.

        Raises:
            RegistryError: the version is not the challenger, or the registry does not answer.
        """
        stage = self.version_info(version).stage
        if stage != STAGING:
            raise RegistryError(f"version {version} is in {stage}; only the version in {STAGING} can be rejected")
        with self._recorded(new_entry("reject", version, None, by, reason)) as client:
            self._tag(client, version, REJECTED_TAG, one_line(reason) or "no reason was given")

    def rollback(self, *, by: str = NOBODY, reason: str = "") -> str:
        """Undo the last promotion that still stands; returns the version that is in production again.

        A further rollback undoes the promotion before it. The version that was rolled back is archived, tagged with
        the reason, and is no challenger any more.

        Raises:
            RegistryError: nothing is in production, or nothing was before it, or what was cannot be served; production
                stays as it is.
        """
        present = self.version_of()
        if present is None:
            raise RegistryError(f"no version of {self.model_name} is in {PRODUCTION}; promote one")
        undone = promotion_of(self.history(), present)
        if undone is None or undone.previous is None:
            raise RegistryError(
                f"the audit trail knows of no version of {self.model_name} in {PRODUCTION} before version {present}; "
                "promote the one that you want"
            )
        version = self._servable(undone.previous)
        with self._recorded(new_entry("rollback", version, present, by, reason, undone.id)) as client:
            self._replace(client, version, present)
            self._tag(client, present, ROLLED_BACK_TAG, one_line(reason) or "no reason was given")
            if self.version_of(STAGING) == present:
                insist(client.delete_registered_model_alias, self.model_name, STAGING)
        return version

    def history(self) -> list[AuditEntry]:
        """The audit trail, the oldest entry first.

        Raises:
            RegistryError: an entry is not readable, or the registry does not answer.
        """
        registered = self._registered()
        if registered is None:
            return []
        production = registered.aliases.get(PRODUCTION)
        return entries_of(registered.tags, None if production is None else str(production))

    def _was_in_production(self, version: str) -> bool:
        moves = [entry for entry in self.history() if entry.action in ("promote", "rollback") and entry.took_effect]
        return any(version in (entry.version, entry.previous) for entry in moves)

    def _ready(self, version: str) -> ModelVersion:
        info = self.version_info(version)
        if info.status != _READY:
            raise RegistryError(
                f"version {version} of {self.model_name} is {info.status} in MLflow, not {_READY}; "
                "wait for its registration to end, or train again"
            )
        return info

    def _servable(self, version: str) -> str:
        """The version as the registry writes it, once it is known to be servable."""
        try:
            version = self._ready(version).version
            self.bundle(version)
            return version
        except (BundleError, RegistryError) as error:
            raise RegistryError(f"version {version} is not put into {PRODUCTION}: {error}") from error

    @contextmanager
    def _recorded(self, entry: AuditEntry) -> Iterator[Any]:
        """Around a move: its entry is there before it, and is marked as finished after it. Yields the client."""
        with self._connection.answers():
            client = self._connection.client()
            client.set_registered_model_tag(self.model_name, entry.id, entry.value())
            yield client
            finished = entry.model_copy(update={"took_effect": True})
            client.set_registered_model_tag(self.model_name, entry.id, finished.value())

    def _replace(self, client: Any, version: str, before: str | None) -> None:
        insist(client.set_registered_model_alias, self.model_name, PRODUCTION, version)
        self._mark(client, version, PRODUCTION)
        if before is not None:
            self._tag(client, before, STAGE_TAG, ARCHIVED)

    def _mark(self, client: Any, version: str, stage: str) -> None:
        self._tag(client, version, STAGE_TAG, stage)
        for tag in (REJECTED_TAG, ROLLED_BACK_TAG):
            insist(client.delete_model_version_tag, self.model_name, version, tag)

    def _tag(self, client: Any, version: str, key: str, value: str) -> None:
        insist(client.set_model_version_tag, self.model_name, version, key, value)
