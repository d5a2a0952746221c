"""An alert: one thing that is wrong, as its source states it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, get_args

from seismic_assets.alerts.errors import AlertError

Severity: TypeAlias = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

_LONGEST_KEY = 500
_LONGEST_TITLE = 200
_LONGEST_SENTENCE = 2000
_LONGEST_DETAIL = 500
_MOST_DETAILS = 20


@dataclass(frozen=True)
class Group:
    """Alerts that are the same trouble in many places: what they say at once is one message.

    Attributes:
        key: that the keys of its alerts begin with, as `monitoring/feature_drift`.
        title: a few words.
        members: what its alerts are of, as `files`.
    """

    key: str
    title: str
    members: str


@dataclass(frozen=True)
class Alert:
    """One thing that is wrong, until its source no longer reports it.

    Attributes:
        key: what it is about, the same at every report, as a path: `drift/features`, `check/bronze_traces/schema`,
            `run/<job>`.
        severity: `info`, `warning` or `critical`.
        title: a few words.
        sentence: what is wrong, where, and what to do.
        details: figures and names beside it.
        link: a page that shows more.
        group: what it is one of many of.
    """

    key: str
    severity: Severity
    title: str
    sentence: str
    details: Mapping[str, str] = field(default_factory=dict)
    link: str | None = None
    group: Group | None = None

    def __post_init__(self) -> None:
        if not self.key.isprintable() or not 0 < len(self.key.strip("/ ")) == len(self.key) <= _LONGEST_KEY:
            raise AlertError(
                f"an alert's key is a path such as drift/features of at most {_LONGEST_KEY} printable characters, "
                f"not {self.key[:80]!r}; name what the alert is about"
            )
        if self.severity not in SEVERITIES:
            raise AlertError(f"the alert {self.key} has the severity {self.severity!r}; use one of {_listed()}")
        if not self.title.strip():
            raise AlertError(f"the alert {self.key} has no title; say in a few words what is wrong")


def key_of(*parts: str) -> str:
    """A key of any names, such as those of files: what a key cannot hold is replaced, and told apart by a digest."""
    whole = "/".join(parts)
    key = "".join(each if each.isprintable() else "?" for each in whole).strip("/ ")
    if key == whole and len(key) <= _LONGEST_KEY:
        return key
    digest = hashlib.blake2b(whole.encode(errors="surrogatepass"), digest_size=8).hexdigest()
    return f"{key[: _LONGEST_KEY - len(digest) - 1]}~{digest}"


def rank(severity: Severity) -> int:
    """How bad: 0 is the mildest."""
    return SEVERITIES.index(severity)


def tidied(alert: Alert) -> Alert:
    """The alert with texts of one line each, of bounded length, that every channel can carry."""
    details = list(alert.details.items())[:_MOST_DETAILS]
    return replace(
        alert,
        title=_line(alert.title, _LONGEST_TITLE),
        sentence=_line(alert.sentence, _LONGEST_SENTENCE),
        details={_line(name, _LONGEST_TITLE): _line(value, _LONGEST_DETAIL) for name, value in details},
        link=_line(alert.link, _LONGEST_SENTENCE) if alert.link else None,
    )


def scope_of(text: str) -> str:
    """A scope without slashes at its ends.

    Raises:
        AlertError: nothing is left, so that every alert would belong to it.
    """
    scope = text.strip("/ ")
    if not scope:
        raise AlertError("the scope of a report is empty; name the part of the keys its source speaks for, as drift")
    return scope


def within(key: str, scope: str) -> bool:
    """Whether a source that speaks for `scope` speaks for `key`: the same path, or one beneath it."""
    return key == scope or key.startswith(f"{scope}/")


def one_per_key(scope: str, alerts: Iterable[Alert]) -> dict[str, Alert]:
    """The alerts of a report by key, tidied; of several with one key the worst.

    Raises:
        AlertError: an alert lies outside the scope, so that nobody would ever end it.
    """
    found: dict[str, Alert] = {}
    for alert in alerts:
        if not within(alert.key, scope):
            raise AlertError(f"the alert {alert.key} lies outside the scope {scope}; report it under its own scope")
        before = found.get(alert.key)
        if before is None or rank(alert.severity) > rank(before.severity):
            found[alert.key] = tidied(alert)
    return found


def _line(text: str, longest: int) -> str:
    """One line: no line breaks (they would end a mail's header), no control characters, no lone surrogates."""
    words = "".join(each if each.isprintable() else " " for each in text).split()
    line = " ".join(words)
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _listed() -> str:
    return ", ".join(SEVERITIES)
