"""Questions to the project's own documents: what they are, how passages are found, and what is answered."""

from seismic_assets.knowledge.answering import Answered, answer
from seismic_assets.knowledge.chunks import Passage, passages_of
from seismic_assets.knowledge.documents import Document, Loaded, gathered
from seismic_assets.knowledge.embedding import Embedder, find_embedder
from seismic_assets.knowledge.errors import KnowledgeError
from seismic_assets.knowledge.following import FollowedIndex, current_or_provisional
from seismic_assets.knowledge.headers import header_documents
from seismic_assets.knowledge.index import ChunkSettings, Found, KnowledgeIndex, methods_digest, refreshed
from seismic_assets.knowledge.methods import METHODS, Method
from seismic_assets.knowledge.pages import docs_root, project_docs
from seismic_assets.knowledge.reports import load_reports
from seismic_assets.knowledge.store import index_state
from seismic_assets.knowledge.tables import table_documents

__all__ = [
    "METHODS",
    "Answered",
    "ChunkSettings",
    "Document",
    "Embedder",
    "FollowedIndex",
    "Found",
    "KnowledgeError",
    "KnowledgeIndex",
    "Loaded",
    "Method",
    "Passage",
    "answer",
    "current_or_provisional",
    "docs_root",
    "find_embedder",
    "gathered",
    "header_documents",
    "index_state",
    "load_reports",
    "methods_digest",
    "passages_of",
    "project_docs",
    "refreshed",
    "table_documents",
]
