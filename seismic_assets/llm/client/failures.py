"""What went wrong with a call: whether asking again may help, and whether the server is to blame."""

from __future__ import annotations

from typing import ClassVar

from seismic_assets.llm.errors import AnswerError, LanguageModelError, UnavailableError

_ANY_NUMBER = 1_000


class CallError(LanguageModelError):
    """A call failed.

    Attributes:
        tries: asking again may help while fewer tries were made.
        blames_server: whether the server should be left alone when it goes on like this.
    """

    tries: ClassVar[int] = 1
    blames_server: ClassVar[bool] = False


class UnreachableError(CallError, UnavailableError):
    """Nobody listens, the connection was lost before an answer, or the server says that it failed itself."""

    tries = _ANY_NUMBER
    blames_server = True


class LateError(CallError, UnavailableError):
    """The time was over."""

    blames_server = True


class QueuedError(CallError, UnavailableError):
    """The time was over, most of which had gone into waiting for the calls of others."""


class SpentError(CallError, UnavailableError):
    """The time that this and other calls had together was over."""


class RefusedError(CallError, UnavailableError):
    """The server does not have the model, or does not take the question."""


class NotAskedError(CallError, UnavailableError):
    """The server was not asked: it is left alone, or others wait for it."""


class CutOffError(CallError, AnswerError):
    """The answer broke off."""

    tries = _ANY_NUMBER
    blames_server = True


class GarbledError(CallError, AnswerError):
    """What came is not what an Ollama server sends."""

    tries = 2
    blames_server = True


class EndlessError(CallError, AnswerError):
    """The answer was longer than asked for by far."""

    blames_server = True


class UnsuitableError(CallError, AnswerError):
    """The model answered, but nothing that can be used, such as what is not of the schema."""

    tries = 2


class TooShortError(CallError, AnswerError):
    """The model needed more words than it was given."""


class PartlyReadError(CallError, AnswerError):
    """The model answered a part of the question: the server dropped the rest."""
