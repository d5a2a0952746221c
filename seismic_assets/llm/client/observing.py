"""Those who want to know of each call, such as metrics and traces."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from seismic_assets.llm.errors import LanguageModelError, UnavailableError
from seismic_assets.llm.language import Question, Reply

Outcome = Literal["answered", "remembered", "unavailable", "unusable"]
OUTCOMES: tuple[Outcome, ...] = ("answered", "remembered", "unavailable", "unusable")


class CallObserver(Protocol):
    """Is told of every call, also of one whose answer was remembered; must not raise."""

    def observed(
        self, question: Question, reply: Reply | None, error: LanguageModelError | None, seconds: float
    ) -> None:
        """A call has ended.

        Args:
            question: that was asked.
            reply: or None where there is none.
            error: why there is none, or None.
            seconds: that the call took, queueing and further tries included.
        """
        ...


@dataclass(frozen=True)
class Counted:
    """Sums over calls.

    Attributes:
        calls: by outcome: `answered`; `remembered`: of before; `unavailable`: there was nobody to ask, or no answer in
            time; `unusable`: the answer was none. Every outcome is there.
        seconds: by outcome, that calls took.
        prompt_tokens, answer_tokens: of what was answered, as far as the server counts; not of what was remembered.
    """

    calls: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    seconds: dict[Outcome, float] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0.0))
    prompt_tokens: int = 0
    answer_tokens: int = 0


class CallCounts:
    """Counts calls; may be told by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted = Counted()

    def observed(
        self, question: Question, reply: Reply | None, error: LanguageModelError | None, seconds: float
    ) -> None:
        """Count a call."""
        outcome = _outcome(reply, error)
        fresh = reply if outcome == "answered" else None
        with self._lock:
            was = self._counted
            self._counted = Counted(
                calls={**was.calls, outcome: was.calls[outcome] + 1},
                seconds={**was.seconds, outcome: was.seconds[outcome] + seconds},
                prompt_tokens=was.prompt_tokens + ((fresh and fresh.prompt_tokens) or 0),
                answer_tokens=was.answer_tokens + ((fresh and fresh.answer_tokens) or 0),
            )

    def snapshot(self) -> Counted:
        """What was counted so far; it does not change any more."""
        with self._lock:
            return replace(self._counted, calls=dict(self._counted.calls), seconds=dict(self._counted.seconds))


def _outcome(reply: Reply | None, error: LanguageModelError | None) -> Outcome:
    if reply is not None:
        return "remembered" if reply.remembered else "answered"
    return "unavailable" if isinstance(error, UnavailableError) else "unusable"
