"""The current index of a deployment, as something that runs for long uses it."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from seismic_assets.knowledge.index import KnowledgeIndex
from seismic_assets.knowledge.store import current_version


class FollowedIndex:
    """Loaded when it is asked for the first time, and again when another version was made; for several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._index: KnowledgeIndex | None = None

    def index(self) -> KnowledgeIndex:
        """The current version.

        Raises:
            KnowledgeError: there is none, or it is damaged.
        """
        with self._lock:
            if self._index is None or self._index.version != current_version(self._folder):
                self._index = KnowledgeIndex.load(self._folder)
            return self._index
