"""Questions to the documents of a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seismic_assets.llm.tool_use import ToolError

if TYPE_CHECKING:
    from seismic_assets.knowledge import FollowedIndex
    from seismic_assets.llm.language import LanguageModel
    from seismic_assets.settings import Settings


class Documents:
    """The index of documents, loaded once and again when it was made anew; may be used by several threads."""

    def __init__(self, settings: Settings, model: LanguageModel | None) -> None:
        self._settings = settings
        self._model = model
        self._index: FollowedIndex | None = None

    def ask(self, question: str, k: int) -> dict[str, Any]:
        """The answer with its sources; without a language model the passages are the answer.

        Raises:
            ToolError: there is no index, or the question holds nothing to look for.
        """
        from seismic_assets.knowledge import FollowedIndex, answer
        from seismic_assets.knowledge.errors import KnowledgeError

        if self._index is None:
            self._index = FollowedIndex(self._settings.knowledge_index_dir)
        try:
            found = answer(self._index.index(), question, self._model, k=k, method=self._settings.ask_method)
        except KnowledgeError as error:
            raise ToolError(str(error)) from error
        return found.to_dict()
