"""What was found, layer by layer; the worst finding is the layer's state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

State = Literal["ok", "switched off", "stale", "missing", "failed"]
STATES: tuple[State, ...] = get_args(State)
"""From what is well to what is worst."""
LAYERS = ("raw", "bronze", "silver", "features", "model", "evaluation", "serving", "monitoring", "knowledge")
"""In the order in which data pass them. All but `serving` are asset groups."""
_WELL = ("ok", "switched off")


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be, or one that a person should know although all is well.

    Attributes:
        layer: where.
        state: what it makes of the layer; `ok` where it is a note only.
        reason: a sentence: what, and of which asset, table or file.
        remedy: what to do; empty for a note.
    """

    layer: str
    state: State
    reason: str
    remedy: str = ""


@dataclass(frozen=True)
class Layer:
    """A layer and what was found of it, the worst first.

    Attributes:
        name: of `LAYERS`.
        findings: the worst first; none where all is well and there is nothing to add.
        assets: how many assets of the graph are in it.
        rows: rows of its tables; None where it writes none.
    """

    name: str
    findings: tuple[Finding, ...] = ()
    assets: int = 0
    rows: int | None = None

    @property
    def state(self) -> State:
        """The worst state that was found."""
        return self.findings[0].state if self.findings else "ok"

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """Findings that somebody must do something about."""
        return tuple(each for each in self.findings if each.state not in _WELL)


@dataclass(frozen=True)
class Validation:
    """All layers of a deployment.

    Attributes:
        layers: in the order of `LAYERS`.
        storage_root: what was looked at.
        made: assets that were materialised before the look, by `--full`.
    """

    layers: tuple[Layer, ...]
    storage_root: str
    made: tuple[str, ...] = field(default_factory=tuple)

    @property
    def well(self) -> bool:
        """Whether every layer is well or switched off."""
        return not any(layer.wrong for layer in self.layers)

    @property
    def exit_status(self) -> int:
        """Of the command: 0 all well, 1 something wrong."""
        return 0 if self.well else 1

    def as_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        return {
            "well": self.well,
            "storage_root": self.storage_root,
            "made": list(self.made),
            "layers": [_plain(layer) for layer in self.layers],
        }


def layers_of(
    findings: Iterable[Finding], assets: Mapping[str, int], rows: Mapping[str, int], off: Mapping[str, str]
) -> tuple[Layer, ...]:
    """Gather findings into layers.

    Args:
        findings: in any order; those of one state keep theirs.
        assets: how many assets each layer has.
        rows: of the tables of each layer that has some.
        off: layers that the settings switch off, with the sentence that says which setting.
    """
    found = list(findings)
    layers = []
    for name in LAYERS:
        own = [each for each in found if each.layer == name]
        if name in off:
            own.append(Finding(name, "switched off", off[name]))
        own.sort(key=lambda each: -STATES.index(each.state))
        layers.append(Layer(name, tuple(own), assets.get(name, 0), rows.get(name)))
    return tuple(layers)


def _plain(layer: Layer) -> dict[str, Any]:
    return {
        "layer": layer.name,
        "state": layer.state,
        "assets": layer.assets,
        "rows": layer.rows,
        "findings": [{"state": each.state, "reason": each.reason, "remedy": each.remedy} for each in layer.findings],
    }
