"""A decision on the model that was made outside the graph, told to it."""

from __future__ import annotations

from seismic_assets.defs.raw.discovery import report_decision
from seismic_assets.driver.home import open_instance
from seismic_assets.settings import Settings


def tell_graph(settings: Settings, version: str, reason: str) -> None:
    """Let the graph know which version is in production, where there is one: predictions follow it."""
    if (settings.dagster_dir / "history").exists() or (settings.dagster_dir / "dagster.yaml").exists():
        with open_instance(settings) as instance:
            report_decision(instance, version, reason)
