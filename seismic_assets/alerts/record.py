"""What is on, who was told of it, and what waits to be said: figures alone, no file and no network."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from seismic_assets.alerts.alert import Alert, Severity, one_per_key, rank, scope_of, within
from seismic_assets.alerts.message import Change, Message, new_id

MOST_WAITING = 2000
# A channel that is in nobody's settings any more will not ask for its messages.
_FORGOTTEN_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class Changes:
    """What a report changed, as keys of alerts.

    Attributes:
        new: on since this report.
        worse: on before, and now more severe than people were told.
        repeated: on for so long that it is said again.
        over: no longer reported.
        dropped: messages that were given up because too many waited.
    """

    new: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    dropped: int = 0


class Told(BaseModel):
    """What a channel was last told of an alert that is on.

    Attributes:
        at: when.
        severity: how bad it was said to be.
    """

    model_config = ConfigDict(extra="forbid")

    at: AwareDatetime
    severity: Severity


class Standing(BaseModel):
    """An alert that is on.

    Attributes:
        period: identity of the time it is on.
        alert: as last reported.
        since: its first report.
        seen_at: its latest report.
        seen: how many reports had it.
        told: what each channel was told, by the channel's id; a channel is in it once a message has arrived there.
    """

    model_config = ConfigDict(extra="forbid")

    period: str = Field(default_factory=new_id)
    alert: Alert
    since: AwareDatetime
    seen_at: AwareDatetime
    seen: int = 0
    told: dict[str, Told] = {}

    def due(self, channel: str, now: datetime, repeat: timedelta) -> Change | None:
        """What a channel is to be told now, if anything."""
        told = self.told.get(channel)
        if told is None:
            return "new"
        if rank(self.alert.severity) > rank(told.severity):
            return "worse"
        # Either way: a clock that was far ahead once must not keep an alert silent.
        return "repeated" if abs(now - told.at) >= repeat else None

    def message(self, change: Change, now: datetime) -> Message:
        """Say a change of it."""
        return Message(
            period=self.period,
            change=change,
            alert=self.alert,
            started_at=self.since,
            said_at=now,
            ended_at=now if change == "resolved" else None,
            seen=self.seen,
        )


class Waiting(BaseModel):
    """A message that a channel has not taken yet.

    Attributes:
        channel: id of the channel.
        message: what it is to be told.
    """

    model_config = ConfigDict(extra="forbid")

    channel: str
    message: Message


def said_as(channel: str, message: Message) -> str | None:
    """The name under which it is kept when a change of a group was last said; None for an alert of no group."""
    group = message.alert.group
    return None if group is None else f"{channel} {message.change} {group.key}"


class Record(BaseModel):
    """All that is kept between reports.

    Attributes:
        format: of the file.
        on: alerts that are on, by key.
        outbox: what waits to be said, the oldest first.
        said: when each channel was last told each change of each group, by `said_as`.
    """

    model_config = ConfigDict(extra="forbid")

    format: Literal[1] = 1
    on: dict[str, Standing] = {}
    outbox: list[Waiting] = []
    said: dict[str, AwareDatetime] = {}

    def take_in(
        self, scope: str, alerts: Iterable[Alert], channels: Collection[str], now: datetime, repeat: timedelta
    ) -> Changes:
        """Compare a report with what is on, and put what there is to say into the outbox.

        Args:
            scope: the part of the keys that the report speaks for; what else is on stays on.
            alerts: all that is wrong there now.
            channels: ids of those who are to be told.
            now: time of the report.
            repeat: after how long an alert that stays on is said again.

        Raises:
            AlertError: the scope is empty, or an alert lies outside it.
        """
        scope = scope_of(scope)
        current = one_per_key(scope, alerts)
        over = [key for key in self.on if within(key, scope) and key not in current]
        for key in over:
            self._end(key, now)
        new, said = [], {}
        waiting = {(each.channel, each.message.period): each for each in reversed(self.outbox)}
        again = self._repeating(current.values(), channels, now, repeat)
        for key, alert in current.items():
            if key not in self.on:
                new.append(key)
            said[key] = self._go_on(alert, channels, now, repeat, again, waiting)
        return Changes(
            new=tuple(new),
            worse=tuple(key for key, changes in said.items() if "worse" in changes),
            repeated=tuple(key for key, changes in said.items() if "repeated" in changes),
            over=tuple(over),
            dropped=self._forget(channels, now),
        )

    def mark_said(self, channel: str, message: Message, now: datetime) -> None:
        """Note that a channel took a message."""
        self.outbox = [each for each in self.outbox if (each.channel, each.message.id) != (channel, message.id)]
        standing = self.on.get(message.alert.key)
        if message.firing and standing is not None and standing.period == message.period:
            standing.told[channel] = Told(at=now, severity=message.alert.severity)
        name = said_as(channel, message)
        if name is not None:
            self.said[name] = now

    def _repeating(
        self, alerts: Iterable[Alert], channels: Collection[str], now: datetime, repeat: timedelta
    ) -> set[tuple[str, str]]:
        """Channels and groups where one is to be said again, and so all: else each would be, at its own hour."""
        on = [(self.on[alert.key], alert.group.key) for alert in alerts if alert.group and alert.key in self.on]
        return {
            (channel, group)
            for standing, group in on
            for channel in channels
            if standing.due(channel, now, repeat) == "repeated"
        }

    def _go_on(
        self,
        alert: Alert,
        channels: Collection[str],
        now: datetime,
        repeat: timedelta,
        again: Collection[tuple[str, str]],
        in_outbox: Mapping[tuple[str, str], Waiting],
    ) -> set[Change]:
        standing = self.on.setdefault(alert.key, Standing(alert=alert, since=now, seen_at=now))
        standing.alert, standing.seen_at, standing.seen = alert, now, standing.seen + 1
        said: set[Change] = set()
        for channel in channels:
            change = standing.due(channel, now, repeat)
            if change is None and alert.group is not None and (channel, alert.group.key) in again:
                change = "repeated"
            waiting = in_outbox.get((channel, standing.period))
            if waiting is None and change is not None:
                self.outbox.append(Waiting(channel=channel, message=standing.message(change, now)))
                said.add(change)
            elif waiting is not None and rank(alert.severity) >= rank(waiting.message.alert.severity):
                # Said once, when it can be: as it is now, but never milder than it was meanwhile.
                waiting.message = standing.message(change or waiting.message.change, now).model_copy(
                    update={"id": waiting.message.id}
                )
        return said

    def _end(self, key: str, now: datetime) -> None:
        standing = self.on.pop(key)
        about_to_know = [each.channel for each in self.outbox if each.message.period == standing.period]
        message = standing.message("resolved", now)
        self.outbox += [
            Waiting(channel=each, message=message) for each in dict.fromkeys([*standing.told, *about_to_know])
        ]

    def _forget(self, channels: Collection[str], now: datetime) -> int:
        """Drop what is for channels long gone, and of too many what is least missed; how many messages are lost."""
        self.outbox = [
            each
            for each in self.outbox
            if each.channel in channels or abs(now - each.message.said_at) < _FORGOTTEN_AFTER
        ]
        self.said = {name: at for name, at in self.said.items() if abs(now - at) < _FORGOTTEN_AFTER}
        surplus = self._surplus(len(self.outbox) - MOST_WAITING)
        # The end of an alert goes with its beginning: nobody asks what ended that they never heard of.
        unheard = {(each.channel, each.message.period) for each in surplus if each.message.change == "new"}
        ids = {(each.channel, each.message.id) for each in surplus}
        self.outbox = [
            each
            for each in self.outbox
            if (each.channel, each.message.id) not in ids and (each.channel, each.message.period) not in unheard
        ]
        return sum(not self._comes_again(each.message) for each in surplus)

    def _surplus(self, count: int) -> list[Waiting]:
        """First what the next report brings again, then the oldest."""
        if count <= 0:
            return []
        again = [each for each in reversed(self.outbox) if self._comes_again(each.message)]
        lost = [each for each in self.outbox if not self._comes_again(each.message)]
        return [*again, *lost][:count]

    def _comes_again(self, message: Message) -> bool:
        standing = self.on.get(message.alert.key)
        return message.firing and standing is not None and standing.period == message.period
