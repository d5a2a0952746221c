"""Identity of what the graph starts from: the folder's files, the labels, the settings that shape data."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from seismic_assets.labels import LabelConfig, LabelError, label_digest, missing_files, read_label_config
from seismic_assets.segy import Stock, list_segy_files
from seismic_assets.settings import Settings

# Settings that another value of which makes another table; the rest only says where things lie or how often to look.
_SHAPING = (
    "window_samples",
    "window_step",
    "normalise",
    "classes",
    "embedding_components",
    "embedding",
    "feature_set",
    "time_feature",
    "label_cover",
    "split_block",
    "split_buffer",
    "min_class_windows",
    "seed",
)
_MODEL = ("model_families", "tuning_trials", "tuning_windows", "tuning_study", "max_training_windows")


def label_config(settings: Settings) -> LabelConfig | None:
    """What labels.yaml of the landing folder says; None without one."""
    return read_label_config(settings.landing_folder, settings.classes)


def class_names(settings: Settings) -> tuple[str, ...]:
    """Class names in force: those of labels.yaml, else those of the settings."""
    config = label_config(settings)
    return config.classes if config is not None else settings.classes


def label_volumes(settings: Settings) -> set[Path]:
    """Label sources that are SEG-Y themselves and must not be taken for traces."""
    try:
        config = label_config(settings)
    except LabelError:
        # The asset label_catalogue reports it; files are taken up all the same.
        return set()
    return {source.path.resolve() for source in config.sources} if config is not None else set()


def waiting_sources(settings: Settings) -> list[str]:
    """Label sources whose SEG-Y file is not in the landing folder; they wait for it."""
    config = label_config(settings)
    if config is None:
        return []
    present = [file.relative for file in list_segy_files(settings.landing_folder)]
    return [source.name for source in missing_files(config, present)]


def labels_version(settings: Settings) -> str:
    """Identity of labels.yaml and its sources; `none` without one."""
    try:
        config = label_config(settings)
        return label_digest(config) if config is not None else "none"
    except LabelError as error:
        return f"refused-{_digest(str(error))}"


def folder_version(stock: Stock) -> str:
    """Identity of the files of a folder, quarantined ones included."""
    return _digest(json.dumps([[entry.file_id, entry.digest, entry.reason] for entry in stock.entries]))


def settings_version(settings: Settings) -> str:
    """Identity of the settings that shape data."""
    return _identity(settings, _SHAPING)


def model_settings_version(settings: Settings) -> str:
    """Identity of the settings that another model follows from, from the same features."""
    return _identity(settings, _MODEL)


def _identity(settings: Settings, names: Sequence[str]) -> str:
    values = settings.model_dump(mode="json")
    return _digest(json.dumps({name: values[name] for name in names}))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
