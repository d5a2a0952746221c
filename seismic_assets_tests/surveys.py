"""Small synthetic surveys for tests."""

import shutil
from pathlib import Path

import numpy as np

from seismic_assets.survey.export import write_survey
from seismic_assets.survey.spec import SurveySpec
from seismic_assets.survey.synthetic import make_survey

INLINES, CROSSLINES, SAMPLES = 24, 32, 160


def add_labelled(folder: Path, seed: int) -> Path:
    """A survey with its labels, in the folder and its labels.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    spec = SurveySpec(seed=seed, inlines=INLINES, crosslines=CROSSLINES, samples=SAMPLES)
    return write_survey(make_survey(spec), folder, f"survey_{seed:03d}")[0]


def add_unlabelled(folder: Path, seed: int, name: str | None = None, gain: float = 1.0) -> Path:
    """A survey without labels; other amplitudes under the same name make a changed file."""
    aside = folder.parent / "aside"
    aside.mkdir(exist_ok=True)
    spec = SurveySpec(seed=seed, inlines=8, crosslines=16, samples=SAMPLES, gain=gain)
    made = write_survey(make_survey(spec), aside, f"aside_{seed:03d}")[0]
    target = folder / (name or f"unlabelled_{seed:03d}.sgy")
    shutil.move(made, target)
    shutil.rmtree(aside)
    return target


def label_everything_as_bands(folder: Path, segy: Path, inlines: int = 8, crosslines: int = 16) -> None:
    """Labels for an unlabelled survey, added to labels.yaml: two classes in bands of crosslines."""
    labels = np.zeros((inlines, crosslines, SAMPLES), np.uint8)
    labels[:, crosslines // 2 :] = 1
    volume = segy.with_suffix(".npz")
    np.savez_compressed(
        volume, labels=labels, ilines=np.arange(100, 100 + inlines), xlines=np.arange(300, 300 + crosslines)
    )
    with (folder / "labels.yaml").open("a") as stream:
        stream.write(f"- {{kind: volume, path: {volume.name}, file: {segy.name}}}\n")
