"""Says what is wrong, once, and again when it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from seismic_assets.alerts.alert import Alert
from seismic_assets.alerts.channels import channels_of
from seismic_assets.alerts.delivery import Budget, Outcome, deliver
from seismic_assets.alerts.errors import AlertSettingError
from seismic_assets.alerts.letters import Letter
from seismic_assets.alerts.patience import Patience
from seismic_assets.alerts.record import Changes, Standing
from seismic_assets.alerts.state import AlertState, Post
from seismic_assets.file_locks import held


@dataclass(frozen=True)
class Delivered:
    """What a report led to.

    Attributes:
        new: alerts on since this report.
        worse: alerts that were on and are more severe than people were told.
        repeated: alerts that are said again because they stay on.
        resolved: alerts that are over.
        delivered: messages that a channel took, also those of earlier reports; a message to two channels counts twice.
        failed: messages that were tried and that a channel did not take.
        waiting: messages that wait for the next report.
    """

    new: int
    worse: int
    repeated: int
    resolved: int
    delivered: int
    failed: int
    waiting: int


class Alerter:
    """Tells channels of people what sources report; processes that share its state say each thing once.

    An alert counts as said to a channel once the channel took it. What a channel does not take waits in the state, and
    is tried again with every report of anyone, less and less often where it stays down. A channel that is added later
    is told what is on.
    """

    def __init__(
        self,
        state_path: Path,
        urls: Sequence[str],
        repeat_hours: float = 24.0,
        budget_seconds: float = 20.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        first_wait_seconds: float = 0.5,
        gather_minutes: float = 5.0,
    ) -> None:
        """Look at the addresses; nothing is opened yet.

        Args:
            state_path: JSON file of what is on; made when needed.
            urls: addresses of the channels, as in SEISMIC_ALERT_URLS; none is fine, then only the state is kept.
            repeat_hours: after how long an alert that stays on is said again.
            budget_seconds: how long a report may take with its channels, retries included.
            clock: gives the time with its zone.
            first_wait_seconds: before a second try; each further wait is twice as long.
            gather_minutes: after a group has said something, what more of its alerts say the same is gathered this long
                and then said at once.

        Raises:
            AlertSettingError: an address cannot be used, or a number is not positive.
        """
        _require_positive("SEISMIC_ALERT_REPEAT_HOURS", repeat_hours)
        _require_positive("SEISMIC_ALERT_BUDGET_SECONDS", budget_seconds)
        self._channels = channels_of(urls)
        self._path = state_path
        self._state = AlertState(state_path)
        self._repeat = timedelta(hours=repeat_hours)
        self._budget = Budget(budget_seconds, first_wait_seconds)
        self._clock = clock
        self._gather = timedelta(minutes=gather_minutes)
        self._patience = Patience()

    def report(self, scope: str, alerts: Iterable[Alert]) -> Delivered:
        """Take in all that is wrong within a scope now, and tell people what is new to them.

        Args:
            scope: the part of the keys that the source speaks for: `drift` is all of `drift/…`. What was on within it
                and is not among `alerts` is over; what is on elsewhere is left alone.
            alerts: all that is wrong there; none if all is well.

        Raises:
            AlertError: the scope is empty, or an alert lies outside it.
            AlertStateError: another process holds the state and does not let go of it.
        """
        return self.report_all([(scope, alerts)])

    def report_all(self, reports: Iterable[tuple[str, Iterable[Alert]]]) -> Delivered:
        """Take in reports, each with its scope, and then tell people: what a group of alerts says is one message.

        Raises:
            AlertError: see `report`.
            AlertStateError: see `report`.
        """
        changes = self._state.update_all(reports, self._channels.keys(), self._clock(), self._repeat)
        return self._told(changes)

    def say(self) -> Delivered:
        """Tell people what waits, without a report.

        Raises:
            AlertStateError: see `report`.
        """
        return self._told(Changes())

    def _told(self, changes: Changes) -> Delivered:
        delivered, failed = self._say()
        return Delivered(
            new=len(changes.new),
            worse=len(changes.worse),
            repeated=len(changes.repeated),
            resolved=len(changes.over),
            delivered=delivered,
            failed=failed,
            waiting=self._post().waiting,
        )

    def event(self, alert: Alert) -> Delivered:
        """Report something that happened, such as a failed run; it is on until its key is `healthy`.

        Raises:
            AlertStateError: see `report`.
        """
        return self.report(alert.key, [alert])

    def healthy(self, key: str) -> Delivered:
        """Report that nothing is wrong with a key, or beneath it: what was on there is over.

        Raises:
            AlertError: the key is empty.
            AlertStateError: see `report`.
        """
        return self.report(key, [])

    def standing(self) -> list[Standing]:
        """What is on, by key."""
        return self._state.standing()

    def _say(self) -> tuple[int, int]:
        """Hand over what waits; how many messages were taken, and how many were not."""
        if not self._due():
            return 0, 0
        until = time.monotonic() + self._budget.seconds
        # One process at a time says what waits; the next finds what is left.
        with held(self._path.with_name(f"{self._path.name}.saying"), self._budget.seconds) as mine:
            if not mine:
                return 0, 0  # another process is busy with it, and keeps what it could not say
            left = Budget(max(0.0, until - time.monotonic()), self._budget.first_wait_seconds)
            letters = self._due()
            outcomes = [self._noted(outcome) for outcome in deliver(letters, self._channels, left)]
        taken = {outcome.letter.channel for outcome in outcomes if outcome.said}
        for channel in {letter.channel for letter in letters}:
            self._patience.note(channel, channel in taken, self._clock())
        said = sum(outcome.said for outcome in outcomes)
        return said, len(outcomes) - said

    def _due(self) -> list[Letter]:
        now = self._clock()
        return [letter for letter in self._post().due if not self._patience.rests(letter.channel, now)]

    def _noted(self, outcome: Outcome) -> Outcome:
        if outcome.said:
            letter = outcome.letter
            self._state.mark_said([(letter.channel, part) for part in letter.parts], self._clock())
        return outcome

    def _post(self) -> Post:
        return self._state.letters(self._channels.keys(), self._clock(), self._gather)


def _require_positive(setting: str, value: float) -> None:
    if not value > 0:
        raise AlertSettingError(f"{setting} is {value:g}, which is no time; give a number above 0")
