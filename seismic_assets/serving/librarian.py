"""The index of documents as the service uses it: loaded when first asked for, and again when another one is made."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from seismic_assets.llm import LanguageModelError, Question, Reply
from seismic_assets.serving.admission import Admission
from seismic_assets.serving.config import Documents, Limits
from seismic_assets.serving.metrics import AskMetrics, LanguageOutcome

if TYPE_CHECKING:
    from seismic_assets.knowledge import Answered, FollowedIndex, KnowledgeIndex, Method

_MOST_WAITING = 8
_SPARE_SECONDS = 10.0  # to find passages, beside the time of the language model


class LanguageCalls:
    """Counts the calls of a language model among the metrics of the service."""

    def __init__(self, metrics: AskMetrics) -> None:
        self._metrics = metrics

    def observed(
        self, question: Question, reply: Reply | None, error: LanguageModelError | None, seconds: float
    ) -> None:
        """A call has ended."""
        outcome: LanguageOutcome = "failed" if reply is None else "remembered" if reply.remembered else "answered"
        fresh = reply if outcome == "answered" else None
        tokens = (None, None) if fresh is None else (fresh.prompt_tokens, fresh.answer_tokens)
        self._metrics.called(outcome, seconds, *tokens)


class Librarian:
    """Answers questions to the documents.

    Attributes:
        asking: how many questions are held and worked on; they have places and threads of their own.
        seconds: within which an answer is there.
    """

    def __init__(self, documents: Documents, limits: Limits, metrics: AskMetrics) -> None:
        self._documents = documents
        self._model = None if documents.language is None else documents.language([LanguageCalls(metrics)])
        self._lock = Lock()
        self._index: FollowedIndex | None = None
        self.asking = Admission(replace(limits, waiting=_MOST_WAITING))
        self.seconds = _SPARE_SECONDS + (documents.seconds if self._model is not None else limits.timeout_seconds)

    def answer(self, question: str, k: int, method: Method | None) -> Answered:
        """The answer; blocks.

        Raises:
            KnowledgeError: there is no document at all.
        """
        from seismic_assets.knowledge import answer

        told = self._documents
        return answer(self._followed(), question, self._model, k=k, method=method or told.method)

    def close(self) -> None:
        """Let go of the threads."""
        self.asking.close()

    def _followed(self) -> KnowledgeIndex:
        from seismic_assets.knowledge import FollowedIndex

        with self._lock:
            if self._index is None:
                self._index = FollowedIndex(self._documents.folder, self._documents.storage_root)
        return self._index.index()
