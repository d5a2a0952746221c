"""Language models where they help: a client, prompts, facts, and the check that nothing else is said."""

from seismic_assets.llm.errors import AnswerError, LanguageModelError, PromptError, TooLongError, UnavailableError
from seismic_assets.llm.facts import Fact, Facts
from seismic_assets.llm.language import LanguageModel, Message, Question, Reply, ToolCall

__all__ = [
    "AnswerError",
    "Fact",
    "Facts",
    "LanguageModel",
    "LanguageModelError",
    "Message",
    "PromptError",
    "Question",
    "Reply",
    "TooLongError",
    "ToolCall",
    "UnavailableError",
]
