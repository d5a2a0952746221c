"""Questions to the documents of a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seismic_assets.llm.tool_use import ToolError
from seismic_assets.tools.answers import Passages, Source
from seismic_assets.tools.plain import cut

if TYPE_CHECKING:
    from seismic_assets.knowledge import FollowedIndex, Found
    from seismic_assets.settings import Settings


class Documents:
    """The index of documents, loaded once and again when it was made anew; may be used by several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._index: FollowedIndex | None = None

    def ask(self, question: str, k: int) -> Passages:
        """The passages that answer a question; whoever asks is, or has, a language model that makes words of them.

        Raises:
            ToolError: there is no index, or the question holds nothing to look for.
        """
        from seismic_assets.knowledge import FollowedIndex, answer
        from seismic_assets.knowledge.errors import KnowledgeError

        if self._index is None:
            self._index = FollowedIndex(self._settings.knowledge_index_dir, self._settings.local_root)
        try:
            found = answer(self._index.index(), question, None, k=k, method=self._settings.ask_method)
        except KnowledgeError as error:
            raise ToolError(str(error)) from error
        return Passages(
            question=found.question,
            answer=found.answer,
            sources=[_source(number, each) for number, each in enumerate(found.found, 1)],
            num_sources=len(found.found),
            notes=list(found.notes),
        )


def _source(number: int, found: Found) -> Source:
    passage = found.passage
    return Source(
        number=number,
        source=passage.source,
        title=passage.title,
        score=round(found.score, 4),
        similarity=round(found.similarity, 4),
        trusted=passage.trusted,
        text=cut(passage.text),
    )
