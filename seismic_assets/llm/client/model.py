"""A language model behind an Ollama server."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from tenacity import RetryCallState, Retrying, stop_after_attempt, stop_before_delay, wait_exponential

from seismic_assets.llm.client.answers import check_schema, reply_of
from seismic_assets.llm.client.aside import done_aside
from seismic_assets.llm.client.config import ClientConfig
from seismic_assets.llm.client.failures import CallError
from seismic_assets.llm.client.leaving_alone import in_turn, server_of
from seismic_assets.llm.client.observing import CallObserver
from seismic_assets.llm.client.remembering import Memory
from seismic_assets.llm.client.requests import request_of
from seismic_assets.llm.client.room import check_read, check_room
from seismic_assets.llm.client.status import ServerStatus, status_of
from seismic_assets.llm.client.time_left import Budget, CallTime
from seismic_assets.llm.client.wire import receive
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
        self._budget: Budget | None = None

    @property
    def name(self) -> str:
        """The model's name and size, such as `llama3.1:8b`."""
        return self._config.model

    def within(self, seconds: float) -> OllamaModel:
        """This model for a number of calls that may take so many seconds together, from now on.

        What was answered before is still given when they are over; whatever else is asked then is answered by an
        UnavailableError.
        """
        bounded = copy.copy(self)
        bounded._budget = Budget(seconds)
        return bounded

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
            TooLongError: the question does not fit into the model's context.
            ValueError: the question's schema or tools are none.
        """
        request = request_of(question, self._config)
        check_room(question, self._config)
        if question.schema is not None:
            check_schema(question.schema)
        began = monotonic()
        try:
            reply = self._recalled(question, on_text) or self._asked(question, request, on_text)
        except LanguageModelError as error:
            self._tell(question, None, error, monotonic() - began)
            raise
        self._tell(question, reply, None, monotonic() - began)
        return reply

    def _recalled(self, question: Question, on_text: Callable[[str], None] | None) -> Reply | None:
        reply = self._memory.recall(question, self._config) if self._memory is not None else None
        if reply is not None and on_text is not None:
            on_text(reply.text)
        return reply

    def _asked(self, question: Question, request: Mapping[str, Any], on_text: Callable[[str], None] | None) -> Reply:
        time = CallTime(self._config, self._budget)
        server = server_of(self._config.host)
        server.check()
        with in_turn(self._config, time):
            server.check()  # it may have failed others meanwhile
            try:
                reply = _Errand(self._config, question, request, on_text, time).run()
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
        time: CallTime,
    ) -> None:
        self._config = config
        self._question = question
        self._request = request
        self._on_text = on_text
        self._time = time
        self._waited = time.seconds - time.left()
        self._handed_out = False

    def run(self) -> Reply:
        for attempt in Retrying(
            stop=stop_after_attempt(self._config.attempts) | stop_before_delay(max(0.0, self._time.left())),
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
        began = monotonic()
        # The same seed would give the same unusable answer again.
        options = {**self._request["options"], "seed": self._config.seed + number - 1}
        request = {**self._request, "options": options}
        try:
            received = done_aside(
                lambda on_text: receive(self._config, request, on_text), max(0.0, self._time.left()), self._hand_out
            )
        except TimeoutError:
            raise self._time.over(self._waited) from None
        check_read(self._question, received.prompt_tokens, self._config)
        return reply_of(received, self._question, self._config, monotonic() - began)

    def _hand_out(self, piece: str) -> None:
        if self._on_text is not None:
            self._handed_out = True
            self._on_text(piece)
