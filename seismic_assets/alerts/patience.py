"""How long a channel that is down is left alone: each try of it costs whoever reports the whole budget."""

from __future__ import annotations

from datetime import datetime, timedelta

_AT_ONCE, _LONGEST = timedelta(minutes=1), timedelta(minutes=10)


class Patience:
    """Knows, by channel, since when nothing was taken.

    After a minute it rests for as long as it has been down already, at most ten minutes: soon after it went down it is
    tried often, later less and less. It is kept in memory: a new process tries at once.
    """

    def __init__(self) -> None:
        self._down_since: dict[str, datetime] = {}
        self._until: dict[str, datetime] = {}

    def rests(self, channel: str, now: datetime) -> bool:
        """Whether it is left alone for now; a clock that was far ahead once keeps no channel silent."""
        until = self._until.get(channel)
        return until is not None and now < until <= now + _LONGEST

    def note(self, channel: str, taken: bool, now: datetime) -> None:
        """Note whether it took anything."""
        if taken:
            self._down_since.pop(channel, None)
            self._until.pop(channel, None)
            return
        down = now - self._down_since.setdefault(channel, now)
        if down >= _AT_ONCE:
            self._until[channel] = now + min(down, _LONGEST)
