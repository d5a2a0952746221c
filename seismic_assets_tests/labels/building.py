"""Small label folders for the tests of this package."""

from pathlib import Path

import numpy as np

from seismic_assets.labels import LabelConfig, Labels, load_sources, read_label_config

DEFAULTS = ("normal", "anomaly", "boundary")


def write_npz(path: Path, labels, ilines, xlines, **axis) -> None:
    arrays = {"labels": labels, "ilines": ilines, "xlines": xlines} | axis
    np.savez_compressed(path, **{name: np.asarray(array) for name, array in arrays.items()})


def configure(folder: Path, text: str) -> LabelConfig:
    (folder / "labels.yaml").write_text(text)
    config = read_label_config(folder, DEFAULTS)
    assert config is not None
    return config


def load(folder: Path, text: str) -> Labels:
    return load_sources(configure(folder, text))


def line_of_traces(count: int, num_samples: int = 10) -> dict:
    """A file of one inline: inline 7, crosslines 100, 101, ..., 4 ms from 0 ms."""
    return {
        "inline": np.full(count, 7),
        "crossline": np.arange(100, 100 + count),
        "start_ms": 0.0,
        "sample_interval_us": 4000,
        "num_samples": num_samples,
    }
