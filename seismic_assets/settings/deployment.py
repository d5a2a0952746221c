"""The settings of a deployment: where things lie, how files are read, what windows and labels are."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from seismic_assets.attributes import WindowGrid
from seismic_assets.objects import Place
from seismic_assets.quality import Thresholds
from seismic_assets.segy import HeaderMap
from seismic_assets.settings.databases import check_readable
from seismic_assets.settings.feature_store import FeatureStoreSettings
from seismic_assets.settings.language import LanguageSettings
from seismic_assets.settings.locations import LocalFile, LocalFolder, Location
from seismic_assets.settings.machines import MachineSettings
from seismic_assets.settings.modelling import ModelSettings
from seismic_assets.settings.monitoring import MonitoringSettings
from seismic_assets.settings.profiles import ALIASES, Environment
from seismic_assets.settings.service import ServiceSettings
from seismic_assets.settings.upkeep import UpkeepSettings

_POSTGRESQL = re.compile(r"postgresql(\+psycopg2)?://[^@/\s]+(:[^@\s]*)?@[^@/\s]+/[^/?\s]+(\?\S*)?")
_FOLDERS = ("file:", "databricks")
_CLASS_NAME = re.compile(r"[A-Za-z0-9_-]+")


class Settings(
    ModelSettings,
    FeatureStoreSettings,
    LanguageSettings,
    MachineSettings,
    MonitoringSettings,
    ServiceSettings,
    UpkeepSettings,
):
    """The settings of a code location, a command or a service.

    Each field is read from `SEISMIC_<NAME>`; the names that users of the earlier pipeline know (ENVIRONMENT,
    MLFLOW_TRACKING_URI, MLFLOW_EXPERIMENT_NAME, LOG_LEVEL) are honoured as aliases.
    """

    env: Environment = Field(
        "dev",
        validation_alias=AliasChoices("SEISMIC_ENV", "ENVIRONMENT"),
        description="Profile: chooses the defaults of the settings that name it; `seismic config show` compares them.",
    )
    landing_dir: Location = Field(
        Path("landing"),
        description="Folder that SEG-Y files and labels.yaml are dropped into; or `s3://BUCKET/FOLDER`.",
    )
    storage_root: Location = Field(
        Path("storage"),
        description="Folder for the lake, MLflow, Dagster's history and reports; or `s3://BUCKET/FOLDER` for the lake "
        "and MLflow's artifacts.",
    )
    state_dir: LocalFolder = Field(
        Path("state"),
        description="Folder of this machine for all else where the storage root is in an object store, and for copies "
        "of files that landed in one.",
    )
    window_samples: int | None = Field(
        64, ge=8, description="Samples a window; `none` makes the whole trace one window."
    )
    window_step: int = Field(32, ge=1, description="Samples from the start of a window to the start of the next.")
    classes: Annotated[tuple[str, ...], NoDecode] = Field(
        ("normal", "anomaly", "boundary"),
        description="Class names in order, separated by commas; labels.yaml overrides them.",
    )
    sample_interval_us: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="Sample interval of the survey in microseconds; by default the commonest of the files.",
    )
    resample: bool = Field(
        False, description="Resample files of another sample interval to the survey's, instead of quarantining them."
    )
    normalise: Literal["none", "robust"] = Field(
        "none", description="`robust` divides the amplitudes of each file by their scale before windows are cut."
    )
    inline_byte: int = Field(189, ge=1, le=237, description="First byte of the inline number in the trace header.")
    crossline_byte: int = Field(193, ge=1, le=237, description="First byte of the crossline number.")
    cdp_x_byte: int = Field(181, ge=1, le=237, description="First byte of the x coordinate.")
    cdp_y_byte: int = Field(185, ge=1, le=237, description="First byte of the y coordinate.")
    max_dead_share: float = Field(
        0.05, ge=0, le=1, description="Share of dead or broken traces from which a file is named by the checks."
    )
    max_clipped_share: float = Field(0.05, ge=0, le=1, description="The same for clipped traces.")
    max_spiked_share: float = Field(0.01, ge=0, le=1, description="The same for traces with a spike.")
    max_duplicate_share: float = Field(0.01, ge=0, le=1, description="The same for traces that repeat another.")
    min_quality_score: float = Field(
        80.0, ge=0, le=100, description="Quality score below which a file is named by the checks."
    )
    max_amplitude_ratio: float = Field(
        10.0,
        gt=1,
        allow_inf_nan=False,
        description="Amplitude scale of a file over the survey's median from which it is an outlier.",
    )
    spike_ratio: float = Field(
        10.0,
        gt=1,
        allow_inf_nan=False,
        description="A lone sample this many times its trace's root mean square is a spike.",
    )
    workers: int | None = Field(
        None, ge=1, description="Threads that read and write blocks of traces; by default one for each core."
    )
    label_cover: float = Field(
        0.5, gt=0, le=1, description="Share of a window that labelled samples must cover for it to have a class."
    )
    split_block: int | None = Field(
        None, ge=4, description="Traces along a side of a spatial block; by default chosen from the survey's size."
    )
    split_buffer: int = Field(3, ge=0, description="Traces left out between blocks of different folds.")
    min_class_windows: int = Field(
        10, ge=1, description="Windows of each class that train, validation and test must each hold."
    )
    seed: int = Field(42, ge=0, description="Seed of the split, of sampling and of every fit.")
    sample_source: LocalFile | None = Field(None, description="Large SEG-Y file that `survey_sample` draws from.")
    sample_traces: int = Field(500, ge=1, description="Traces that `survey_sample` draws.")
    sample_files: int = Field(5, ge=1, description="SEG-Y files that `survey_sample` writes.")
    sensor_interval_s: int = Field(30, ge=1, description="Seconds between two looks at the landing folder.")
    sensor_new_files: int = Field(100, ge=1, description="New or changed files taken up in one look.")
    settle_seconds: float = Field(
        5.0, ge=0, allow_inf_nan=False, description="A file modified within this time may still be being written."
    )
    mlflow_tracking_uri: str | None = Field(
        None,
        validation_alias=AliasChoices("SEISMIC_MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_URI"),
        description="MLflow server or store; by default a SQLite store below the storage root.",
    )
    mlflow_experiment: str = Field(
        "seismic_classification",
        validation_alias=AliasChoices("SEISMIC_MLFLOW_EXPERIMENT", "MLFLOW_EXPERIMENT_NAME"),
        description="MLflow experiment of the training runs.",
    )
    registered_model: str = Field("SeismicClassifier", description="Name in the model registry.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "DEBUG",
        validation_alias=AliasChoices("SEISMIC_LOG_LEVEL", "LOG_LEVEL"),
        description="Least level that the service logs.",
    )
    dagster_home: LocalFolder | None = Field(
        None,
        validation_alias=AliasChoices("SEISMIC_DAGSTER_HOME", "DAGSTER_HOME"),
        description="Dagster's home; by default `dagster` below the storage root.",
    )
    dagster_database: SecretStr | None = Field(
        None,
        description="PostgreSQL that keeps Dagster's history, `postgresql://USER:PASSWORD@HOST:PORT/NAME`; by default "
        "SQLite in Dagster's home. Needs the extra `postgres`.",
    )

    @field_validator("env", mode="before")
    @classmethod
    def _known_environment(cls, value: Any) -> Any:
        return ALIASES.get(value, value) if isinstance(value, str) else value

    @field_validator("window_samples", mode="before")
    @classmethod
    def _none_is_whole_trace(cls, value: Any) -> Any:
        return None if isinstance(value, str) and value.lower() == "none" else value

    @field_validator("classes", mode="before")
    @classmethod
    def _split_classes(cls, value: Any) -> Any:
        return tuple(name.strip() for name in value.split(",")) if isinstance(value, str) else value

    @field_validator("classes")
    @classmethod
    def _distinct_classes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(value) < 2 or len(set(value)) != len(value) or not all(_CLASS_NAME.fullmatch(name) for name in value):
            raise ValueError("give at least two different names of letters, digits, _ and -, separated by commas")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper_case(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("dagster_database")
    @classmethod
    def _postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        """What is wrong is told without the address, which holds a password."""
        if value is None:
            return None
        if not _POSTGRESQL.fullmatch(value.get_secret_value()):
            raise ValueError("SEISMIC_DAGSTER_DATABASE: give postgresql://USER:PASSWORD@HOST:PORT/NAME")
        check_readable(value.get_secret_value())
        return value

    @field_validator("mlflow_tracking_uri")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        """A folder or a word such as `databricks` has no port."""
        if value is not None and "://" in value and not value.startswith(_FOLDERS):
            check_readable(value)
        return value

    @field_validator("state_dir", "sample_source", "dagster_home", "sql_alerts")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().resolve() if value is not None else None

    @model_validator(mode="after")
    def _storage_outside_landing(self) -> Settings:
        for variable, place in (("SEISMIC_STORAGE_ROOT", self.storage_root), ("SEISMIC_STATE_DIR", self.state_dir)):
            if _lies_in(place, self.landing_dir):
                raise ValueError(
                    f"{variable} ({place}) must not lie in SEISMIC_LANDING_DIR: what is written there would be taken "
                    "for new files"
                )
        return self

    @model_validator(mode="after")
    def _fields_apart(self) -> Settings:
        """Fields of 4 bytes in the trace header must not share bytes."""
        names = ("inline_byte", "crossline_byte", "cdp_x_byte", "cdp_y_byte")
        first, second = min(
            ((a, b) for a in names for b in names if a < b),
            key=lambda pair: abs(getattr(self, pair[0]) - getattr(self, pair[1])),
        )
        if abs(getattr(self, first) - getattr(self, second)) < 4:
            raise ValueError(
                f"SEISMIC_{first.upper()}={getattr(self, first)} and SEISMIC_{second.upper()}={getattr(self, second)} "
                "share bytes: each is the first of four"
            )
        return self

    @property
    def window(self) -> WindowGrid:
        """Which windows a trace is cut into."""
        return WindowGrid(self.window_samples, self.window_step)

    @property
    def header_map(self) -> HeaderMap:
        """Where trace headers keep positions."""
        return HeaderMap(self.inline_byte, self.crossline_byte, self.cdp_x_byte, self.cdp_y_byte)

    @property
    def thresholds(self) -> Thresholds:
        """From when on a quality figure is worth a sentence."""
        return Thresholds(
            dead_share=self.max_dead_share,
            clipped_share=self.max_clipped_share,
            spiked_share=self.max_spiked_share,
            duplicate_share=self.max_duplicate_share,
            score=self.min_quality_score,
            amplitude_ratio=self.max_amplitude_ratio,
        )

    @property
    def threads(self) -> int:
        """Threads in force."""
        return self.workers or len(os.sched_getaffinity(0))

    @property
    def local_root(self) -> Path:
        """Folder of this machine for all that no object store holds: the storage root where it is a folder itself."""
        return self.storage_root if isinstance(self.storage_root, Path) else self.state_dir

    @property
    def landing_folder(self) -> Path:
        """Folder of this machine with the landed files, or with copies of those that landed in an object store."""
        return self.landing_dir if isinstance(self.landing_dir, Path) else self.state_dir / "landing"

    @property
    def lake_dir(self) -> Place:
        """Folder of the Delta tables."""
        return self.storage_root / "lake"

    @property
    def reports_dir(self) -> Path:
        """Folder of figures, reports and Parquet exports."""
        return self.local_root / "reports"

    @property
    def mlflow_uri(self) -> str:
        """Tracking store in force."""
        return self.mlflow_tracking_uri or f"sqlite:///{self.local_root / 'mlflow' / 'mlflow.db'}"

    @property
    def mlflow_artifacts(self) -> Place:
        """Folder of MLflow's artifacts when the store is the local one."""
        return self.storage_root / "mlflow" / "artifacts"

    @property
    def studies_uri(self) -> str:
        """Optuna storage in force."""
        return self.tuning_storage or f"sqlite:///{self.local_root / 'tuning' / 'studies.db'}"

    @property
    def feature_store_dir(self) -> Path:
        """Folder of the feature store: Feast's repository, the online features."""
        return self.local_root / "feature_store"

    @property
    def feature_catalogue(self) -> Path:
        """File that tells every feature."""
        return self.reports_dir / "features" / "feature_catalog.json"

    @property
    def insights_dir(self) -> Path:
        """Folder of the reports that explain: quality, schema, advice, readiness and the others."""
        return self.reports_dir / "insights"

    @property
    def knowledge_dir(self) -> Path:
        """Folder of what questions are answered from."""
        return self.local_root / "knowledge"

    @property
    def knowledge_index_dir(self) -> Path:
        """Folder of the index of documents, a folder a version."""
        return self.knowledge_dir / "index"

    @property
    def llm_cache_dir(self) -> Path:
        """Folder of answers of language models, which are given again to the same question."""
        return self.local_root / "knowledge" / "answers"

    @property
    def embedder_file(self) -> Path:
        """What makes the embedding of a window now."""
        return self.local_root / "embedder" / "embedder.npz"

    @property
    def serving_dir(self) -> Path:
        """Folder of what the service keeps: keys, rows of requests, the last good model."""
        return self.local_root / "serving"

    @property
    def dagster_dir(self) -> Path:
        """Dagster's home in force."""
        return self.dagster_home or self.local_root / "dagster"


def _lies_in(place: Place, folder: Place) -> bool:
    """Of a folder of this machine and an address in an object store neither lies in the other."""
    if isinstance(place, Path):
        return isinstance(folder, Path) and place.is_relative_to(folder)
    return place.is_relative_to(folder)
