"""What every channel can do."""

from __future__ import annotations

from typing import Protocol

from seismic_assets.alerts.message import Message


class Channel(Protocol):
    """One address that messages go to.

    Attributes:
        id: the same for the same address, which cannot be read out of it.
        label: names the address to people, without its secrets.
    """

    id: str
    label: str

    def send(self, message: Message, seconds: float) -> None:
        """Hand a message over, or give up when nothing moves for `seconds`.

        Raises:
            DeliveryError: it was not taken.
        """
