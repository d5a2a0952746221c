"""Where messages go: webhooks of our own JSON, and everything that Apprise knows."""

from __future__ import annotations

from seismic_assets.alerts.channels.addresses import channels_of
from seismic_assets.alerts.channels.channel import Channel

__all__ = ["Channel", "channels_of"]
