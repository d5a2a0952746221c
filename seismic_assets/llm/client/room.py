"""Whether a question fits into a model's context: a server drops what does not fit, and says nothing of it."""

from __future__ import annotations

import json

from seismic_assets.llm.client.config import ClientConfig
from seismic_assets.llm.client.failures import PartlyReadError
from seismic_assets.llm.client.wire import who
from seismic_assets.llm.errors import TooLongError
from seismic_assets.llm.language import Message, Question

# Facts have 3.1 to 3.4 bytes a token with the vocabulary of Gemma 3, as measured; prose has more, digits have fewer.
_BYTES_A_TOKEN = 3
_MOST_BYTES_A_TOKEN = 8  # no text of ours has as many: the server counted a part of the question only
_LEAST_CUT = 512  # tokens; no server has a smaller context, and one that counts only what is new to it may say less
_TOKENS_AROUND_A_MESSAGE = 8


def check_room(question: Question, config: ClientConfig) -> None:
    """See that a question and its answer fit into the context that is asked for, before anybody is asked.

    An answer gets the tokens that it may have, at most half of the context.

    Raises:
        TooLongError: by a cautious estimate they do not.
    """
    tokens = estimated_tokens(question)
    room = config.context_tokens - min(config.most_tokens, config.context_tokens // 2)
    if tokens > room:
        raise TooLongError(
            f"the question has about {tokens:,} tokens, and {who(config)} has room for {room:,} beside an answer; "
            f"raise SEISMIC_LLM_CONTEXT_TOKENS, which is {config.context_tokens:,}",
            tokens,
            room,
        )


def check_read(question: Question, prompt_tokens: int | None, config: ClientConfig) -> None:
    """See that the server read the whole of a question, by what it counted.

    Args:
        question: that was asked.
        prompt_tokens: that the server counted; None where it did not.
        config: whom it was asked.

    Raises:
        PartlyReadError: it read a part only.
    """
    if prompt_tokens is None:
        return
    if prompt_tokens >= config.context_tokens:
        raise PartlyReadError(
            f"{who(config)} read {prompt_tokens:,} tokens, all that its context holds, and dropped the rest of the "
            f"question; raise SEISMIC_LLM_CONTEXT_TOKENS, which is {config.context_tokens:,}"
        )
    if prompt_tokens >= _LEAST_CUT and _bytes_of(question) > _MOST_BYTES_A_TOKEN * prompt_tokens:
        raise PartlyReadError(
            f"{who(config)} read {prompt_tokens:,} tokens only of a question of about {estimated_tokens(question):,}: "
            f"its own context is shorter than the {config.context_tokens:,} tokens that it was asked for; set "
            f"SEISMIC_LLM_CONTEXT_TOKENS to that, or take a model with a longer one"
        )


def estimated_tokens(question: Question) -> int:
    """How many tokens a question has, rather too many than too few."""
    return _bytes_of(question) // _BYTES_A_TOKEN + _TOKENS_AROUND_A_MESSAGE * len(question.messages)


def _bytes_of(question: Question) -> int:
    tools = json.dumps([dict(each) for each in question.tools]) if question.tools else ""
    return len(tools.encode()) + sum(map(_bytes_of_message, question.messages))


def _bytes_of_message(message: Message) -> int:
    calls = [[call.name, dict(call.arguments)] for call in message.tool_calls]
    written = json.dumps(calls, ensure_ascii=False, default=str) if calls else ""
    return len(f"{message.content}{message.tool_name}{written}".encode(errors="replace"))
