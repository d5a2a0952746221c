"""What is said of an alert: that it is on, worse, still on, or over."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from seismic_assets.alerts.alert import Alert

Change: TypeAlias = Literal["new", "worse", "repeated", "resolved"]
PAYLOAD_VERSION = 1


def new_id() -> str:
    """An identity that no other message or period has."""
    return uuid.uuid4().hex


class Message(BaseModel):
    """One thing to say, once, to each channel.

    Attributes:
        id: of this message; a receiver that gets it twice may drop the second.
        period: of the time the alert is on, from its first message to that of its end.
        change: what it says.
        alert: as last reported.
        started_at: since when the alert is on.
        said_at: when the message was made.
        ended_at: when the alert was reported over.
        seen: how many reports had the alert.
        keys: of the alerts it tells of, where these are several.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(default_factory=new_id)
    period: str
    change: Change
    alert: Alert
    started_at: AwareDatetime
    said_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    seen: int
    keys: tuple[str, ...] = ()

    @property
    def firing(self) -> bool:
        """Whether it says that something is wrong, rather than that it is over."""
        return self.change != "resolved"

    def headline(self) -> str:
        """One line, for a subject or the first line of a chat."""
        lasted = spoken((self.ended_at or self.said_at) - self.started_at)
        return {
            "new": f"{self.alert.severity.capitalize()}: {self.alert.title}",
            "worse": f"Now {self.alert.severity}: {self.alert.title}",
            "repeated": f"Still {self.alert.severity} after {lasted}: {self.alert.title}",
            "resolved": f"Over after {lasted}: {self.alert.title}",
        }[self.change]

    def body(self) -> str:
        """What is beneath the headline, a line each."""
        lines = [self._when(), self.alert.sentence if self.firing else f"It was: {self.alert.sentence}"]
        lines += [f"{name}: {value}" for name, value in self.alert.details.items()]
        return "\n".join(line for line in [*lines, self.alert.link] if line)

    def payload(self) -> dict[str, Any]:
        """The body of a webhook; see the package's docstring for its shape."""
        return {
            "version": PAYLOAD_VERSION,
            "id": self.id,
            "key": self.alert.key,
            "keys": list(self.keys) or [self.alert.key],
            "status": "firing" if self.firing else "resolved",
            "change": self.change,
            "severity": self.alert.severity,
            "title": self.alert.title,
            "sentence": self.alert.sentence,
            "details": dict(self.alert.details),
            "link": self.alert.link,
            "started_at": self.started_at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
            "times_seen": self.seen,
            "text": _escaped(f"{self.headline()}\n{self.body()}"),
        }

    def _when(self) -> str:
        if self.ended_at:
            return f"From {_clock(self.started_at)} to {_clock(self.ended_at)}."
        return f"Since {_clock(self.started_at)}, seen {self.seen} {'time' if self.seen == 1 else 'times'}."


def spoken(lasted: timedelta) -> str:
    """A duration as people say it, in its two largest units; none where clocks disagree."""
    seconds = max(0, round(lasted.total_seconds()))
    days, hours, minutes = seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds % 60, "s")]
    first = next((place for place, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count) or "0 s"


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}"


def _escaped(text: str) -> str:
    """As Slack asks: a file called `<!channel>` must not call everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
