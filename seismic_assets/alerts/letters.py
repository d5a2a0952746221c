"""What is handed over at once: alerts of one group that say the same change go into one message."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from seismic_assets.alerts.alert import Alert, Group, rank, tidied
from seismic_assets.alerts.message import Message
from seismic_assets.alerts.record import Waiting, said_as

_MOST_NAMED = 3


@dataclass(frozen=True)
class Letter:
    """A message for a channel.

    Attributes:
        channel: its id.
        message: what is said: of one alert, or of several at once.
        parts: the messages that have arrived once it has.
    """

    channel: str
    message: Message
    parts: tuple[Message, ...]

    @property
    def keys(self) -> frozenset[str]:
        """Keys of its alerts."""
        return frozenset(part.alert.key for part in self.parts)


def letters_of(waiting: Iterable[Waiting]) -> list[Letter]:
    """Put together what a group says at once, in the order in which it waits at each channel.

    What began and ended meanwhile is told in that order too: of a group what follows another change is another letter.
    """
    piles: list[tuple[str, list[Message]]] = []
    latest: dict[tuple[str, str], list[Message]] = {}
    for each in waiting:
        group = each.message.alert.group
        pile = latest.get((each.channel, group.key)) if group is not None else None
        if pile is not None and pile[-1].change == each.message.change:
            pile.append(each.message)
            continue
        piles.append((each.channel, [each.message]))
        if group is not None:
            latest[each.channel, group.key] = piles[-1][1]
    return [Letter(channel, _together(messages), tuple(messages)) for channel, messages in piles]


def due_now(
    letters: Sequence[Letter], said: Mapping[str, datetime], now: datetime, gather: timedelta
) -> tuple[Letter, ...]:
    """Those that are to be said now: what a group has just said is not said again by each that follows.

    Args:
        letters: of `letters_of`.
        said: when each channel was last told each change of each group, by `said_as`.
        now: aware.
        gather: how long a group gathers what follows.
    """
    held: dict[str, set[str]] = {}
    found = []
    for letter in letters:
        kept = held.setdefault(letter.channel, set())
        last = said.get(said_as(letter.channel, letter.parts[0]) or "")
        # Either way: a clock that was far ahead once must not keep a group silent.
        if letter.keys & kept or (last is not None and abs(now - last) < gather):
            kept |= letter.keys  # nor is what follows it told before it
        else:
            found.append(letter)
    return tuple(found)


def _together(messages: Sequence[Message]) -> Message:
    first, group = messages[0], messages[0].alert.group
    if len(messages) == 1 or group is None:
        return first
    id = uuid.uuid5(uuid.NAMESPACE_OID, " ".join(each.id for each in messages)).hex
    worst = sorted(messages, key=lambda each: -rank(each.alert.severity))
    ends = [each.ended_at for each in messages if each.ended_at is not None]
    return Message(
        id=id,
        period=id,
        change=first.change,
        alert=_of_all(group, [each.alert for each in worst]),
        started_at=min(each.started_at for each in messages),
        said_at=max(each.said_at for each in messages),
        ended_at=max(ends) if ends else None,
        seen=max(each.seen for each in messages),
        keys=tuple(each.alert.key for each in messages),
    )


def _of_all(group: Group, alerts: Sequence[Alert]) -> Alert:
    """One alert for many: how many they are, and the worst few."""
    names = [each.key.removeprefix(f"{group.key}/") for each in alerts]
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    reasons = dict.fromkeys(each.sentence for each in alerts[:_MOST_NAMED])
    common = set.intersection(*(set(each.details.items()) for each in alerts))
    return tidied(
        Alert(
            group.key,
            alerts[0].severity,
            f"{group.title}: {len(alerts):,} {group.members}",
            f"{', '.join(names[:_MOST_NAMED])}{more}: {' '.join(_ended(each) for each in reasons)}",
            {name: value for name, value in alerts[0].details.items() if (name, value) in common},
            alerts[0].link,
            group,
        )
    )


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
