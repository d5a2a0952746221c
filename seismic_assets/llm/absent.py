"""A language model that is asked for and cannot be asked, as a setting of it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from seismic_assets.llm.errors import UnavailableError
from seismic_assets.llm.language import Question, Reply


@dataclass(frozen=True)
class AbsentModel:
    """Stands where the model would, so that whatever goes on without one goes on, and says why.

    Attributes:
        name: of the model that cannot be asked.
        reason: a sentence.
    """

    name: str
    reason: str

    def answer(self, question: Question, on_text: Callable[[str], None] | None = None) -> Reply:
        """Nothing.

        Raises:
            UnavailableError: always; the reason.
        """
        raise UnavailableError(self.reason)
