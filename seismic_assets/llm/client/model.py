"""A language model behind an Ollama server."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tenacity import RetryCallState, Retrying, stop_after_attempt, stop_before_delay, wait_exponential

from seismic_assets.llm.client.answers import check_schema, reply_of
from seismic_assets.llm.client.aside import done_aside
from seismic_assets.llm.client.config import ClientConfig
from seismic_assets.llm.client.failures import CallError, LateError, QueuedError
from seismic_assets.llm.client.leaving_alone import in_turn, seconds_left, server_of
from seismic_assets.llm.client.observing import CallObserver
from seismic_assets.llm.client.remembering import Memory
from seismic_assets.llm.client.requests import request_of
from seismic_assets.llm.client.status import ServerStatus, status_of
from seismic_assets.llm.client.wire import receive, who
from seismic_assets.llm.errors import LanguageModelError
from seismic_assets.llm.language import Question, Reply

_LONGEST_WAIT_SECONDS = 8.0


class OllamaModel:
    """A model of an Ollama server; may be asked by several threads.

    Args:
        config: which one, where, and within which bounds.
        cache_dir: folder for answers, so that the same question is asked once; None to ask each time.
        observers: are told of every call.
    """

    def __init__(
        self, config: ClientConfig, cache_dir: Path | None = None, observers: Sequence[CallObserver] = ()
    ) -> None:
        self._config = config
        self._memory = Memory(cache_dir) if cache_dir is not None else None
        self._observers = tuple(observers)

    @property
    def name(self) -> str:
        """The model's name and size, such as `llama3.1:8b`."""
        return self._config.model

    def status(self) -> ServerStatus:
        """Whether the server can be reached and has the model; never raises, within five seconds."""
        return status_of(self._config)

    def answer(self, question: Question, on_text: Callable[[str], None] | None = None) -> Reply:
        """Ask, and wait for the whole answer, `timeout_s` seconds at most.

        Args:
            question: what to ask.
            on_text: is called with each piece of the answer as it comes, in the caller's thread; once it was, the
                question is not asked again. What it raises, also KeyboardInterrupt, ends the call at the server too.

        Raises:
            UnavailableError: there is nobody to ask, or no answer came in time.
            AnswerError: what came cannot be used.
            ValueError: the question's schema or tools are none.
        """
        request = request_of(question, self._config)
        if question.schema is not None:
            check_schema(question.schema)
        began = time.monotonic()
        try:
            reply = self._recalled(question, on_text) or self._asked(question, request, on_text)
        except LanguageModelError as error:
            self._tell(question, None, error, time.monotonic() - began)
            raise
        self._tell(question, reply, None, time.monotonic() - began)
        return reply

    def _recalled(self, question: Question, on_text: Callable[[str], None] | None) -> Reply | None:
        reply = self._memory.recall(question, self._config) if self._memory is not None else None
        if reply is not None and on_text is not None:
            on_text(reply.text)
        return reply

    def _asked(self, question: Question, request: Mapping[str, Any], on_text: Callable[[str], None] | None) -> Reply:
        left = seconds_left(self._config.timeout_s)
        server = server_of(self._config.host)
        server.check()
        with in_turn(self._config, left):
            server.check()  # it may have failed others meanwhile
            try:
                reply = _Errand(self._config, question, request, on_text, left).run()
            except CallError as error:
                server.tell(error)
                raise
        server.tell(None)
        if self._memory is not None:
            self._memory.keep(question, self._config, reply)
        return reply

    def _tell(self, question: Question, reply: Reply | None, error: LanguageModelError | None, seconds: float) -> None:
        for each in self._observers:
            each.observed(question, reply, error, seconds)


class _Errand:
    """One question, asked until it is answered, or asking again does not help, or the time is over."""

    def __init__(
        self,
        config: ClientConfig,
        question: Question,
        request: Mapping[str, Any],
        on_text: Callable[[str], None] | None,
        left: Callable[[], float],
    ) -> None:
        self._config = config
        self._question = question
        self._request = request
        self._on_text = on_text
        self._left = left
        self._seconds = left()
        self._handed_out = False

    def run(self) -> Reply:
        for attempt in Retrying(
            stop=stop_after_attempt(self._config.attempts) | stop_before_delay(max(0.0, self._left())),
            wait=wait_exponential(multiplier=self._config.first_wait_s, max=_LONGEST_WAIT_SECONDS),
            retry=self._is_worth_another,
            reraise=True,
        ):
            with attempt:
                return self._try(attempt.retry_state.attempt_number)
        raise AssertionError("an attempt returns or raises")

    def _is_worth_another(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome is not None else None
        # What was handed out cannot be taken back.
        return isinstance(error, CallError) and state.attempt_number < error.tries and not self._handed_out

    def _try(self, number: int) -> Reply:
        began = time.monotonic()
        # The same seed would give the same unusable answer again.
        options = {**self._request["options"], "seed": self._config.seed + number - 1}
        request = {**self._request, "options": options}
        try:
            received = done_aside(
                lambda on_text: receive(self._config, request, on_text), max(0.0, self._left()), self._hand_out
            )
        except TimeoutError:
            raise self._too_late() from None
        return reply_of(received, self._question, self._config, time.monotonic() - began)

    def _too_late(self) -> CallError:
        seconds = self._config.timeout_s
        if self._seconds < seconds / 2:
            return QueuedError(
                f"{who(self._config)} was busy with other questions for {seconds - self._seconds:.1f} s of "
                f"{seconds:g} s, and then did not answer in time; ask later, or raise SEISMIC_LLM_TIMEOUT_S"
            )
        return LateError(
            f"{who(self._config)} did not answer within {seconds:g} s; raise SEISMIC_LLM_TIMEOUT_S, or take a smaller "
            f"model"
        )

    def _hand_out(self, piece: str) -> None:
        if self._on_text is not None:
            self._handed_out = True
            self._on_text(piece)
