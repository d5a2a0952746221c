"""A webhook that takes our own JSON; its `text` is what Slack and those compatible with it show."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from seismic_assets.alerts.channels.unlogged import unlogged
from seismic_assets.alerts.errors import DeliveryError
from seismic_assets.alerts.message import Message

# Too early, too many, timed out: the only refusals that the same request may outlive.
_PASSING = {408, 425, 429}


class Webhook:
    """An address of `http(s)` that gets a POST with `Message.payload` for each message.

    Certificates are verified. No redirect is followed: a message goes to the host of the settings or nowhere.

    Attributes:
        id: see `Channel`.
        label: see `Channel`.
    """

    def __init__(self, id: str, label: str, url: str) -> None:
        self.id = id
        self.label = label
        self._url = url

    def send(self, message: Message, seconds: float) -> None:
        """See `Channel.send`; any answer of the kind 2xx means it was taken."""
        import httpx

        with (
            unlogged(),
            _explained(),
            httpx.Client(verify=_trust(), timeout=seconds, follow_redirects=False) as client,
            # The body of an answer is not waited for: it says nothing, and may never end.
            client.stream("POST", self._url, json=message.payload()) as answer,
        ):
            status = answer.status_code
        if status < 200 or status >= 300:
            raise DeliveryError(_said(status), worth_retrying=status >= 500 or status in _PASSING)


@cache
def _trust() -> ssl.SSLContext:
    """The authorities this machine knows; reading them takes longer than a request."""
    import httpx

    return httpx.create_ssl_context()


@contextmanager
def _explained() -> Iterator[None]:
    """Say what went wrong without the words of the library, as these may hold the address."""
    import httpx

    try:
        yield
    except httpx.TimeoutException:
        raise DeliveryError("it did not answer in time", worth_retrying=True) from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise DeliveryError("its address is not valid; correct it in the settings", worth_retrying=False) from None
    except httpx.TransportError as error:
        if _is_about_certificate(error):
            raise DeliveryError(
                "its certificate is not trusted; have it signed by an authority this machine knows",
                worth_retrying=False,
            ) from None
        raise DeliveryError("it cannot be reached", worth_retrying=True) from None


def _is_about_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _said(status: int) -> str:
    if 300 <= status < 400:
        return f"it answered {status}, a redirect, which is not followed; put the final address into the settings"
    return f"it answered {status}"
