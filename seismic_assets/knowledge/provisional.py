"""What is asked while a deployment's own index cannot be: its documents found by words alone, which takes a moment."""

from __future__ import annotations

from pathlib import Path

from seismic_assets.knowledge.documents import gathered
from seismic_assets.knowledge.index import KnowledgeIndex
from seismic_assets.knowledge.pages import project_docs
from seismic_assets.knowledge.reports import load_reports
from seismic_assets.knowledge.tables import table_documents


def provisional_index(storage_root: Path, why: str) -> KnowledgeIndex:
    """An index of documentation, reports and tables without vectors and text headers, which is not saved.

    Args:
        storage_root: of the deployment; it may be missing.
        why: it is needed, as the beginning of a sentence.

    Raises:
        KnowledgeError: there is no document at all.
    """
    loaded = gathered((project_docs(), load_reports(storage_root), table_documents()))
    note = f"{why}: documentation and reports are looked through by words alone; `seismic run` makes it"
    return KnowledgeIndex.build(loaded.documents, notes=[note, *loaded.problems])
