"""What can go wrong with a language model. None of it ends a step: the step goes on without and says so."""


class LanguageModelError(Exception):
    """A language model could not help; the message is one sentence."""


class UnavailableError(LanguageModelError):
    """There is no server, or not that model, or it was too slow, or it is left alone for a while after failures."""


class AnswerError(LanguageModelError):
    """What came back cannot be used: cut off, no JSON, or not of the schema that was asked for."""


class PromptError(LanguageModelError):
    """A prompt's file is malformed, or what it asks for was not given."""
