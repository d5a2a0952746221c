"""Addresses of channels as they are written in the settings, and as they may be shown."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from seismic_assets.alerts.channels.channel import Channel
from seismic_assets.alerts.errors import AlertSettingError

SETTING = "SEISMIC_ALERT_URLS"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}(?=://)")


def channels_of(urls: Iterable[str]) -> dict[str, Channel]:
    """The channels of the addresses by their ids; an address that is given twice counts once, an empty one not at all.

    Raises:
        AlertSettingError: an address has a scheme that nobody knows, or is not complete.
    """
    given = [url.strip() for url in urls]
    found = [_channel(url, place) for place, url in enumerate(given, start=1) if url]
    return {channel.id: channel for channel in found}


def redacted(url: str) -> str:
    """The address without what may be secret: of a web address the host is left, of any other its scheme alone.

    Tokens of services stand anywhere in an address, as in `slack://token/token`.
    """
    scheme = _SCHEME.match(url)
    if scheme is None:
        return "…"
    parts = _split(url)
    if scheme[0].lower() in {"http", "https"} and parts is not None and parts.hostname:
        return f"{scheme[0].lower()}://{parts.hostname}{f':{parts.port}' if parts.port else ''}/…"
    return f"{scheme[0].lower()}://…"


def _channel(url: str, place: int) -> Channel:
    from seismic_assets.alerts.channels.apprise_channel import AppriseChannel, service_of
    from seismic_assets.alerts.channels.webhook import Webhook

    name, label = hashlib.sha256(url.encode()).hexdigest()[:12], redacted(url)
    scheme = _SCHEME.match(url)
    if scheme is None:
        raise _refused(place, label, "has no scheme", "write it as https://…, slack://… or mailtos://…")
    web = scheme[0].lower() in {"http", "https"}
    if web and not _is_complete(url):
        raise _refused(place, label, "names no host", "write it as https://host/path")
    service = service_of(url)
    if service is not None:
        return AppriseChannel(name, label, service)
    if web:
        return Webhook(name, label, url)
    raise _refused(
        place,
        label,
        "is of a kind that is not known, or lacks a part",
        "write it as https://… or as Apprise's list of services says",
    )


def _is_complete(url: str) -> bool:
    parts = _split(url)
    return parts is not None and bool(parts.hostname) and url.isprintable() and " " not in url


def _split(url: str) -> SplitResult | None:
    """The parts of an address; None where they make no sense, such as a port that is no number."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _refused(place: int, label: str, what: str, advice: str) -> AlertSettingError:
    return AlertSettingError(f"{SETTING}: address {place} ({label}) {what}; {advice}")
