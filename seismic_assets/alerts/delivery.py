"""Handing messages over: every channel in a thread of its own, so that one that hangs delays no other."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

import structlog
from tenacity import Retrying, retry_if_exception, stop_before_delay, wait_exponential

from seismic_assets.alerts.channels import Channel
from seismic_assets.alerts.errors import DeliveryError
from seismic_assets.alerts.letters import Letter
from seismic_assets.alerts.message import Message

_log = structlog.get_logger(__name__)
_LONGEST_TRY_SECONDS = 5.0
_LONGEST_WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class Budget:
    """How long a report may take with its channels.

    Attributes:
        seconds: all in all.
        first_wait_seconds: before the second try; each further wait is twice as long.
    """

    seconds: float
    first_wait_seconds: float


@dataclass(frozen=True)
class Outcome:
    """What became of a letter.

    Attributes:
        letter: what it was to be told.
        said: whether the channel took it.
    """

    letter: Letter
    said: bool


def deliver(letters: Sequence[Letter], channels: Mapping[str, Channel], budget: Budget) -> Iterator[Outcome]:
    """Hand letters over, in their order at each channel, and say what became of those that were tried.

    A channel that is down is tried until the budget is spent, then its other letters are left for another time; one
    that refuses a letter gets the next. Never raises for a channel, and ends with the budget even where a channel
    hangs. A message that such a channel takes after that is handed over again later: it has the same id.

    Args:
        letters: each for one of `channels`.
        channels: by their ids.
        budget: how long it may take.
    """
    deadline = time.monotonic() + budget.seconds
    results: SimpleQueue[Outcome | str] = SimpleQueue()
    busy = dict.fromkeys(each.channel for each in letters)
    for id in busy:
        errand = _Errand(channels[id], [each for each in letters if each.channel == id], deadline, budget, results)
        # A daemon: a channel that hangs must not keep the process from ending.
        threading.Thread(target=errand.run, name=f"alerts-{id}", daemon=True).start()
    while busy:
        try:
            result = results.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            break
        if isinstance(result, str):
            del busy[result]
        else:
            yield result
    for id in busy:
        _log.error("alerts not delivered", channel=channels[id].label, cause="it took longer than the budget")


class _Errand:
    """The letters of one channel."""

    def __init__(
        self,
        channel: Channel,
        letters: Sequence[Letter],
        deadline: float,
        budget: Budget,
        results: SimpleQueue[Outcome | str],
    ) -> None:
        self._channel = channel
        self._letters = letters
        self._deadline = deadline
        self._budget = budget
        self._results = results
        self._tries = 0

    def run(self) -> None:
        try:
            self._deliver()
        finally:
            self._results.put(self._channel.id)

    def _deliver(self) -> None:
        refused: dict[str, DeliveryError] = {}
        for letter in self._letters:
            if not letter.keys.isdisjoint(refused):
                continue  # not told that something is over before it is told that it began
            if time.monotonic() >= self._deadline:
                break
            try:
                self._send(letter.message)
            except DeliveryError as error:
                refused |= dict.fromkeys(letter.keys, error)
            self._results.put(Outcome(letter, letter.keys.isdisjoint(refused)))
            if any(error.worth_retrying for error in refused.values()):
                break  # the channel is down
        if refused:
            self._complain(refused)

    def _send(self, message: Message) -> None:
        """Try until it is taken, refused for good, or the budget is spent."""
        left = self._deadline - time.monotonic()
        for attempt in Retrying(
            stop=stop_before_delay(left),
            wait=wait_exponential(multiplier=self._budget.first_wait_seconds, max=_LONGEST_WAIT_SECONDS),
            retry=retry_if_exception(lambda error: isinstance(error, DeliveryError) and error.worth_retrying),
            reraise=True,
        ):
            with attempt:
                self._tries += 1
                self._channel.send(message, self._try_seconds())

    def _try_seconds(self) -> float:
        return max(0.05, min(_LONGEST_TRY_SECONDS, self._deadline - time.monotonic()))

    def _complain(self, refused: Mapping[str, DeliveryError]) -> None:
        *_, (key, error) = refused.items()
        _log.error(
            "alerts not delivered",
            channel=self._channel.label,
            cause=error.cause,
            failed=len(refused),
            latest=key,
            tries=self._tries,
            then="kept, and tried again later",
        )
