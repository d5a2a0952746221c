"""What goes over the wire: one question to Ollama's API, its answer in pieces, and what becomes of a failure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seismic_assets.llm.client.bounded import Bounds, bounding
from seismic_assets.llm.client.config import ClientConfig
from seismic_assets.llm.client.failures import (
    CutOffError,
    EndlessError,
    GarbledError,
    RefusedError,
    UnreachableError,
)
from seismic_assets.llm.language import ToolCall

if TYPE_CHECKING:
    from ollama import AsyncClient, ChatResponse

_SECONDS_TO_CONNECT = 10.0
_LINE_BYTES = 1_000_000
# A piece of one token comes in a line of about 150 bytes; a token is rarely of more than 16 characters.
_BYTES_A_TOKEN = 1_024
_CHARACTERS_A_TOKEN = 32


@dataclass
class Received:
    """An answer as it comes.

    Attributes:
        pieces: of the text, so far.
        tool_calls: so far.
        whole: whether the server said that it is done.
        reason: why it was done: `stop`, `length`.
        prompt_tokens, answer_tokens: as the server counted them.
    """

    pieces: list[str] = field(default_factory=list)
    tool_calls: list[ToolCall] = field(default_factory=list)
    whole: bool = False
    reason: str = ""
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    characters: int = 0

    def take(self, part: ChatResponse) -> str:
        """Add a part, and give its text."""
        text = whole_characters(part.message.content or "")
        self.pieces.append(text)
        self.characters += len(text)
        for call in part.message.tool_calls or ():
            self.tool_calls.append(ToolCall(call.function.name, dict(call.function.arguments)))
        if part.done:
            self.whole = True
            self.reason = part.done_reason or ""
            self.prompt_tokens, self.answer_tokens = part.prompt_eval_count, part.eval_count
        return text


async def receive(config: ClientConfig, request: Mapping[str, Any], on_text: Callable[[str], None]) -> Received:
    """Ask, and take the answer in as it comes.

    Args:
        config: whom to ask.
        request: what `ollama.AsyncClient.chat` takes, apart from model and stream.
        on_text: is called with each piece.

    Raises:
        CallError: a sentence on what went wrong.
    """
    received = Received()
    most = _CHARACTERS_A_TOKEN * config.most_tokens
    bounds = Bounds(_LINE_BYTES, _LINE_BYTES + _BYTES_A_TOKEN * config.most_tokens)
    with explained(config, received):
        async with connected(config, bounds) as client:
            async for part in await client.chat(model=config.model, stream=True, **request):
                text = received.take(part)
                if received.characters > most:
                    raise EndlessError(
                        f"{who(config)} does not stop: it sent more than {most:,} characters for an answer of "
                        f"{config.most_tokens:,} tokens; it was cut off"
                    )
                if text:
                    on_text(text)
                if received.whole:
                    break
    if not received.whole:
        raise CutOffError(f"the answer of {who(config)} broke off before its end; ask again, or look at its log")
    return received


@asynccontextmanager
async def connected(config: ClientConfig, bounds: Bounds) -> AsyncIterator[AsyncClient]:
    """A client of the server; what it sends is bounded, a redirect is not followed, no proxy is between on a machine.

    A key in OLLAMA_API_KEY goes with each request, as Ollama's own programs have it.
    """
    import httpx
    from ollama import AsyncClient

    async with AsyncClient(
        config.host,
        follow_redirects=False,
        timeout=httpx.Timeout(None, connect=_SECONDS_TO_CONNECT),  # the caller's time-out covers the whole
        headers={"Accept-Encoding": "identity"},
        trust_env=not config.is_local,
        event_hooks={"response": [bounding(bounds, who(config))]},
    ) as client:
        yield client


@contextmanager
def explained(config: ClientConfig, received: Received | None = None) -> Iterator[None]:
    """Each failure of the client as one sentence.

    Raises:
        CallError: that sentence.
    """
    import httpx
    from ollama import ResponseError

    try:
        yield
    except ResponseError as error:
        raise _of_status(config, error.status_code, _short(error.error), received) from None
    except (httpx.ConnectError, httpx.ConnectTimeout, ConnectionError) as error:
        raise UnreachableError(
            f"no Ollama server answers at {config.host} ({_short(error) or type(error).__name__}): start one with "
            f"`ollama serve`, or set OLLAMA_HOST to where one runs"
        ) from None
    except httpx.TransportError as error:
        if received is None or not received.characters:
            raise UnreachableError(
                f"{who(config)} ended the connection without an answer ({_short(error) or type(error).__name__}); "
                f"look at the server's log"
            ) from None
        raise CutOffError(
            f"the answer of {who(config)} broke off after {received.characters:,} characters; ask again, or look at "
            f"the server's log"
        ) from None
    # What json and pydantic say of a line that is no part of an answer; the client passes it on as it is.
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise GarbledError(
            f"{who(config)} sent what no Ollama server sends ({type(error).__name__}); look at what listens there"
        ) from error


def _of_status(config: ClientConfig, status: int, said: str, received: Received | None) -> Exception:
    if status == 404:
        return RefusedError(f"{who(config)} is not there ({said}): get it with `ollama pull {config.model}`")
    if 300 <= status < 400:
        return RefusedError(
            f"{config.host} sends elsewhere (status {status}), which is not followed; set OLLAMA_HOST to the address "
            f"of the server itself"
        )
    if 400 <= status < 500 and status not in (408, 429):
        return RefusedError(f"{who(config)} does not take the question (status {status}: {said})")
    if status < 0 and received is not None and received.characters:
        return CutOffError(f"{who(config)} failed in the middle of its answer ({said}); look at the server's log")
    number = f"status {status}: " if status >= 0 else ""
    return UnreachableError(f"{who(config)} failed ({number}{said}); look at the server's log")


def who(config: ClientConfig) -> str:
    """Model and server, for a message."""
    return f"the language model {config.model} at {config.host}"


def whole_characters(text: str) -> str:
    """Text with `?` for halves of characters, as names of files and JSON may hold them: no file or wire takes those."""
    return text.encode(errors="replace").decode()


def _short(said: object) -> str:
    """What a server said, fit for a line: it may send anything."""
    text = " ".join("".join(each if each.isprintable() else " " for each in str(said)[:1_000]).split())
    return text[:200] or "nothing was said"
