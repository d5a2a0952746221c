"""What the graph is, as far as metrics need to know. Who starts the exporter fills it in from the definitions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

UNGROUPED = "none"


@dataclass(frozen=True)
class Graph:
    """Assets and checks by name.

    Attributes:
        groups: the asset group of each asset, by the asset's name.
        checks: pairs of an asset and the name of one of its checks.
    """

    groups: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[tuple[str, str], ...] = ()

    def group(self, asset: str) -> str:
        """The group of an asset; `none` of one that the graph does not have any more."""
        return self.groups.get(asset, UNGROUPED)

    def groups_of(self, assets: Collection[str] | None) -> list[str]:
        """The groups that a run of some assets touches, sorted; of a run without assets `none` alone."""
        return sorted({self.group(asset) for asset in assets or ()}) or [UNGROUPED]
