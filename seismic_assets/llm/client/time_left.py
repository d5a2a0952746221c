"""The time that a call has: its own, and no more than is left of what several calls have together."""

from __future__ import annotations

import time
from collections.abc import Callable

from seismic_assets.llm.client.config import ClientConfig
from seismic_assets.llm.client.failures import CallError, LateError, NotAskedError, QueuedError, SpentError
from seismic_assets.llm.client.wire import who


def seconds_left(seconds: float) -> Callable[[], float]:
    """Seconds that remain of some, from now on; below zero when they are over."""
    end = time.monotonic() + seconds
    return lambda: end - time.monotonic()


class Budget:
    """What several calls have together, from now on, such as all of one report.

    Args:
        seconds: of all of them.

    Attributes:
        seconds: of all of them.
        left: what remains.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.left = seconds_left(seconds)


class CallTime:
    """What one call has, from now on.

    Args:
        config: whose `timeout_s` is the most.
        budget: of which there must be something left; None for none.

    Attributes:
        seconds: of the call.
        left: what remains.

    Raises:
        SpentError: nothing is left of the budget.
    """

    def __init__(self, config: ClientConfig, budget: Budget | None) -> None:
        self._config = config
        self._budget = budget
        self.seconds = config.timeout_s if budget is None else min(config.timeout_s, budget.left())
        if self.seconds <= 0:
            raise self._spent()
        self.left = seconds_left(self.seconds)

    def over(self, waited: float) -> CallError:
        """What to raise when it is over before an answer has come.

        Args:
            waited: seconds of it that went into waiting for other calls.
        """
        seconds, name = self._config.timeout_s, who(self._config)
        if self._is_of_a_budget:
            return self._spent()
        if waited > seconds / 2:
            return QueuedError(
                f"{name} was busy with other questions for {waited:.1f} s of {seconds:g} s, and then did not answer "
                f"in time; ask later, or raise SEISMIC_LLM_TIMEOUT_S"
            )
        return LateError(
            f"{name} did not answer within {seconds:g} s; raise SEISMIC_LLM_TIMEOUT_S, or take a smaller model"
        )

    def never_in_turn(self) -> CallError:
        """What to raise when all of it went into waiting for other calls."""
        if self._is_of_a_budget:
            return self._spent()
        return NotAskedError(
            f"{who(self._config)} was busy with other questions for {self.seconds:g} s; ask later, or raise "
            f"SEISMIC_LLM_CONCURRENT or SEISMIC_LLM_TIMEOUT_S"
        )

    @property
    def _is_of_a_budget(self) -> bool:
        return self.seconds < self._config.timeout_s

    def _spent(self) -> SpentError:
        whole = self._budget.seconds if self._budget is not None else self.seconds
        return SpentError(
            f"the {whole:g} s that {who(self._config)} has for a whole report are used up; raise "
            f"SEISMIC_LLM_REPORT_SECONDS, or take a smaller model"
        )
