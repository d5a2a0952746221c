"""Chats, mail and all else that Apprise knows, by its addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seismic_assets.alerts.channels.unlogged import unlogged
from seismic_assets.alerts.errors import DeliveryError
from seismic_assets.alerts.message import Message

if TYPE_CHECKING:
    from apprise import NotifyBase

# Between two messages where a service states no pace of its own: Apprise's 5.5 s would let few mails into a budget.
_PAUSE_SECONDS = 1.0


class AppriseChannel:
    """A service of Apprise.

    Attributes:
        id: see `Channel`.
        label: see `Channel`.
    """

    def __init__(self, id: str, label: str, service: NotifyBase) -> None:
        self.id = id
        self.label = label
        self._service = service

    def send(self, message: Message, seconds: float) -> None:
        """See `Channel.send`; what exactly went wrong Apprise tells nobody but its log, with parts of the address."""
        from apprise import Apprise, NotifyFormat, NotifyType

        kinds = {"info": NotifyType.INFO, "warning": NotifyType.WARNING, "critical": NotifyType.FAILURE}
        kind = kinds[message.alert.severity] if message.firing else NotifyType.SUCCESS
        self._service.socket_connect_timeout = self._service.socket_read_timeout = seconds
        with unlogged():
            taken = Apprise(self._service, asset=self._service.asset).notify(
                title=message.headline(), body=message.body(), notify_type=kind, body_format=NotifyFormat.TEXT
            )
        if not taken:
            raise DeliveryError(
                "Apprise could not hand it over; `apprise -vv -b test ADDRESS` shows why", worth_retrying=True
            )


def service_of(url: str) -> NotifyBase | None:
    """The service that Apprise sees in an address, also in a web address of a chat's own; None where it sees none."""
    from apprise import Apprise, AppriseAsset, NotifyBase

    # In the calling thread: it may hang without keeping the process from ending, and its log is kept still.
    asset = AppriseAsset(
        app_id="Seismic", app_desc="Seismic", async_mode=False, service_timeout=0, http_redirects=False
    )
    with unlogged():
        service = Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if service is not None and service.request_rate_per_sec == NotifyBase.request_rate_per_sec:
        service.request_rate_per_sec = _PAUSE_SECONDS
    return service
