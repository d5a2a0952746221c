"""The current index of a deployment, as something that runs for long uses it."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import structlog

from seismic_assets.knowledge.errors import KnowledgeError
from seismic_assets.knowledge.index import KnowledgeIndex
from seismic_assets.knowledge.provisional import provisional_index
from seismic_assets.knowledge.store import index_state, pointer_stamp

_log = structlog.get_logger(__name__)


class FollowedIndex:
    """Loaded when it is asked for the first time, and again when one was made; for several threads.

    Where there is none, or it cannot be used, it is a provisional one, until there is another.

    Args:
        folder: of the deployment's indexes.
        storage_root: of the deployment.
    """

    def __init__(self, folder: Path, storage_root: Path) -> None:
        self._folder, self._storage_root = folder, storage_root
        self._lock = Lock()
        self._stamp: tuple[int, ...] | None = None
        self._index: KnowledgeIndex | None = None

    def index(self) -> KnowledgeIndex:
        """The current version, or what stands for it.

        Raises:
            KnowledgeError: there is none, and no document either.
        """
        with self._lock:
            stamp = pointer_stamp(self._folder)
            if self._index is None or stamp != self._stamp:
                self._index, self._stamp = current_or_provisional(self._folder, self._storage_root), stamp
            return self._index


def current_or_provisional(folder: Path, storage_root: Path) -> KnowledgeIndex:
    """The current index of a deployment; where it cannot be used, one of what can be read in a moment.

    Args:
        folder: of the deployment's indexes.
        storage_root: of the deployment.

    Raises:
        KnowledgeError: there is no document at all.
    """
    try:
        return KnowledgeIndex.load(folder)
    except KnowledgeError as error:
        missing = index_state(folder) == "missing"
        if not missing:
            _log.warning("the index of documents cannot be used", folder=str(folder), reason=str(error))
        why = "was not made yet" if missing else "cannot be used"
        return provisional_index(storage_root, f"the index of this deployment's documents {why}")
