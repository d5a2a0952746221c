"""The settings of features, tuning and promotion."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_settings import NoDecode

from seismic_assets.attributes import FeatureSet, FeatureSetName
from seismic_assets.settings.base import EnvironmentSettings
from seismic_assets.settings.databases import check_readable
from seismic_assets.training import MODEL_FAMILIES

_STUDY_NAME = re.compile(r"[A-Za-z0-9 _.-]+")


class ModelSettings(EnvironmentSettings):
    """What a model sees, how it is found and what it must hold to."""

    feature_set: FeatureSetName = Field(
        "classic",
        description="`classic`: 8 handcrafted attributes and the embedding; `extended`: also envelope, instantaneous "
        "frequency, bands and shape of the window; `lateral`: also the likeness to the traces around.",
    )
    time_feature: bool = Field(
        False, description="Make the time of a window a feature. It helps within a survey and misleads in another."
    )
    embedding: Literal["pca", "mlp_autoencoder", "samples"] = Field(
        "pca",
        description="What makes the embedding: principal components, the bottleneck of a small network, or the samples "
        "themselves, which the family `deep_cnn` needs.",
    )
    embedding_components: int = Field(
        32, ge=1, le=512, description="Length of the embedding of a window; `samples` has its own."
    )
    max_training_windows: int = Field(
        200_000,
        ge=100,
        description="Most windows a model is fitted on; of more a sample is drawn, even over blocks and with the "
        "classes' shares, and the rest is scored.",
    )
    model_families: Annotated[tuple[str, ...], NoDecode] = Field(
        ("hist_gradient_boosting", "random_forest", "gradient_boosting", "logistic_regression", "decision_tree"),
        description="Families that the search chooses from, separated by commas; `lightgbm` and "
        "`deep_cnn` are extras. Without a search the first is fitted with its default parameters.",
    )
    tuning_trials: int = Field(50, ge=0, description="Trials of the search for a model; 0 takes the defaults.")
    tuning_minutes: float = Field(
        10.0, gt=0, allow_inf_nan=False, description="No trial starts after so many minutes of a search."
    )
    tuning_patience: int = Field(15, ge=1, description="Trials without a gain after which the search ends.")
    tuning_windows: int = Field(20_000, ge=100, description="Most training windows that a trial is scored on.")
    tuning_study: str | None = Field(
        None, description="Name of the study; by default one for each training set and search space."
    )
    tuning_storage: str | None = Field(
        None, description="Optuna storage; by default a SQLite file below the storage root."
    )
    class_floor: float = Field(
        0.05, ge=0, le=1, description="Test F1 that each class must reach for a model to go to production."
    )
    calibration_margin: float = Field(
        0.02, ge=0, le=1, description="How much larger than the champion's the calibration error may be."
    )
    min_score_difference: float = Field(
        -0.01,
        ge=-1,
        le=1,
        description="What the macro-F1 must gain on the champion's, on windows that neither was fitted on; slightly "
        "below zero, as equal models differ by chance.",
    )
    latency_budget_ms: float = Field(
        50.0, gt=0, allow_inf_nan=False, description="Milliseconds that one trace may take, features included."
    )
    shap: bool = Field(False, description="Add Shapley values to the evaluation; needs the extra `explain`.")
    model_licence: str = Field("not stated", description="Licence that the model card names.")

    @field_validator("model_families", mode="before")
    @classmethod
    def _split_families(cls, value: Any) -> Any:
        return tuple(name.strip() for name in value.split(",")) if isinstance(value, str) else value

    @field_validator("model_families")
    @classmethod
    def _known_families(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in value if name not in MODEL_FAMILIES]
        if unknown or not value or len(set(value)) != len(value):
            raise ValueError(f"choose, each once, from {', '.join(MODEL_FAMILIES)}")
        return value

    @field_validator("tuning_storage")
    @classmethod
    def _database_address(cls, value: str | None) -> str | None:
        if value is not None and "://" not in value:
            raise ValueError("give the URL of a database, as sqlite:////data/studies.db")
        if value is not None:
            check_readable(value)
        return value

    @field_validator("tuning_study")
    @classmethod
    def _plain_name(cls, value: str | None) -> str | None:
        if value is not None and not _STUDY_NAME.fullmatch(value):
            raise ValueError("give a name of letters, digits, spaces, _, . and -")
        return value

    @model_validator(mode="after")
    def _network_sees_samples(self) -> ModelSettings:
        if "deep_cnn" in self.model_families and self.embedding != "samples":
            raise ValueError(
                "SEISMIC_MODEL_FAMILIES holds deep_cnn, which looks at the samples of a window: set "
                "SEISMIC_EMBEDDING=samples"
            )
        return self

    @property
    def features(self) -> FeatureSet:
        """Which features of a window a model sees."""
        return FeatureSet(self.feature_set, self.time_feature)
