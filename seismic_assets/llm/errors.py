"""What can go wrong with a language model. None of it ends a step: the step goes on without and says so."""


class LanguageModelError(Exception):
    """A language model could not help; the message is one sentence."""


class UnavailableError(LanguageModelError):
    """There is no server, or not that model, or it was too slow, or it is left alone for a while after failures."""


class AnswerError(LanguageModelError):
    """What came back cannot be used: cut off, no JSON, or not of the schema that was asked for."""


class PromptError(LanguageModelError):
    """A prompt's file is malformed, or what it asks for was not given."""


class TooLongError(LanguageModelError):
    """What was to be asked does not fit into the model's context; nobody was asked.

    Args:
        message: one sentence.
        tokens: that the question has, by an estimate.
        room: tokens that it may have.
    """

    def __init__(self, message: str, tokens: int, room: int) -> None:
        super().__init__(message)
        self.tokens = tokens
        self.room = room
