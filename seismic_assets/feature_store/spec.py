"""What the feature store holds, told without Feast: views, their features, and who uses them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from seismic_assets.attributes.facts import FeatureFacts, FeatureGroup, facts_of
from seismic_assets.feature_store.errors import UnknownFeatureError

PROJECT = "seismic_mlops"
TRACE, WINDOW, FILE = "trace_id", "window_index", "file_id"
EVENT, CREATED = "event_timestamp", "created_timestamp"
LABELS_VIEW = "seismic_labels"
PUSHED = "served_windows"
"""Name of the push source: for what did not come from a file."""
_VIEWS: dict[str, tuple[FeatureGroup, ...]] = {
    "seismic_statistical_features": ("statistical",),
    "seismic_energy_frequency_features": ("energy_frequency",),
    "seismic_embedding_features": ("embedding",),
    "seismic_extended_features": ("extended", "lateral", "time"),
}
PURPOSES = {
    "seismic_statistical_features": "Statistics of the amplitudes of a window.",
    "seismic_energy_frequency_features": "Energy, zero crossings and dominant frequency of a window.",
    "seismic_embedding_features": "The learnt embedding of a window.",
    "seismic_extended_features": "Attributes of the analytic signal, the spectrum, the waveform and the traces around.",
    LABELS_VIEW: "The interpreted class of a window, where there is one.",
}


@dataclass(frozen=True)
class ViewSpec:
    """A feature view.

    Attributes:
        name: of the view.
        purpose: in a sentence.
        features: in their order.
    """

    name: str
    purpose: str
    features: tuple[FeatureFacts, ...]

    @property
    def names(self) -> list[str]:
        """Names of the features."""
        return [each.name for each in self.features]


@dataclass(frozen=True)
class VersionSpec:
    """What a model version looks at.

    Attributes:
        features: names, in the order that the model takes them.
        making: what they must have been made with, as of `making_of`.
    """

    features: tuple[str, ...]
    making: str = ""


@dataclass(frozen=True)
class StoreSpec:
    """All that the store registers; the definitions follow from it alone.

    Attributes:
        features: names of the features of a window, in the order of the tables.
        classes: names of the classes.
        versions: what each model version looks at, for a feature service each.
        embedding: what makes the embedding, as of the settings.
        owner: who answers for it.
    """

    features: tuple[str, ...]
    classes: tuple[str, ...]
    versions: Mapping[str, VersionSpec] = field(default_factory=dict)
    embedding: str = "pca"
    owner: str = "team:seismic"

    @cached_property
    def views(self) -> tuple[ViewSpec, ...]:
        """Views with features, in the order of the contract; that of the labels is not among them."""
        facts = facts_of(self.features, self.embedding)
        found = [
            ViewSpec(name, PURPOSES[name], tuple(each for each in facts if each.group in groups))
            for name, groups in _VIEWS.items()
        ]
        return tuple(view for view in found if view.features)

    @property
    def labels_purpose(self) -> str:
        """What the view of the labels is for."""
        return PURPOSES[LABELS_VIEW]

    @property
    def served_versions(self) -> dict[str, VersionSpec]:
        """Versions all of whose features the store has: another feature set may be in force by now."""
        return {name: each for name, each in self.versions.items() if set(each.features) <= set(self.features)}

    def view_of(self, feature: str) -> ViewSpec:
        """The view that has a feature.

        Raises:
            UnknownFeatureError: no view has it.
        """
        for view in self.views:
            if feature in view.names:
                return view
        raise UnknownFeatureError(f"there is no feature {feature!r}; `seismic features list` names those there are")

    def views_with(self, features: Sequence[str]) -> tuple[ViewSpec, ...]:
        """The views that some features come from.

        Raises:
            UnknownFeatureError: no view has one of them.
        """
        names = {self.view_of(feature).name for feature in features}
        return tuple(view for view in self.views if view.name in names)

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> StoreSpec:
        """Of what `to_dict` gave.

        Raises:
            KeyError, TypeError: something is missing or of another kind.
        """
        versions = {
            str(name): VersionSpec(tuple(each["features"]), str(each["making"]))
            for name, each in content["versions"].items()
        }
        return cls(
            tuple(content["features"]), tuple(content["classes"]), versions, content["embedding"], content["owner"]
        )
