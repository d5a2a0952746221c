"""labels.yaml of a folder of synthetic surveys: one entry per SEG-Y file, merged survey by survey."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from seismic_assets.labels.config import FILE_NAMES
from seismic_assets.survey.errors import SurveyError
from seismic_assets.survey.geology import CLASS_NAMES

# A window is the first class whose samples take more than `share` of its central `within`, else the majority's.
WINDOW_RULE: tuple[dict[str, Any], ...] = (
    {"class": "boundary", "within": 0.5, "share": 0.0},
    {"class": "anomaly", "within": 1.0, "share": 0.12},
)


def read_label_sources(folder: Path) -> dict[str, list[str]]:
    """Return the SEG-Y file names of each label volume that labels.yaml of a folder names; {} without the file.

    Raises:
        SurveyError: labels.yaml cannot be read, or speaks of other classes or window rules.
    """
    files: dict[str, list[str]] = {}
    for source in _read_document(_label_file(folder))["sources"]:
        files.setdefault(source.get("path", ""), []).append(source.get("file", ""))
    return files


def merge_label_sources(folder: Path, volume: str, segy_files: list[str]) -> Path:
    """Name `volume` as the labels of `segy_files` in labels.yaml; what it said of other volumes stays.

    Args:
        folder: the folder of labels.yaml.
        volume: file name of the label volume.
        segy_files: file names of the SEG-Y files that it labels.

    Returns:
        The file written.

    Raises:
        SurveyError: labels.yaml cannot be read, or speaks of other classes or window rules.
    """
    path = _label_file(folder)
    document = _read_document(path)
    others = [
        source
        for source in document["sources"]
        if source.get("path") != volume and source.get("file") not in segy_files
    ]
    document["sources"] = others + [{"kind": "volume", "path": volume, "file": name} for name in segy_files]
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(yaml.safe_dump(document, sort_keys=False, default_flow_style=None), encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _label_file(folder: Path) -> Path:
    return next((folder / name for name in FILE_NAMES if (folder / name).exists()), folder / FILE_NAMES[0])


def _read_document(path: Path) -> dict[str, Any]:
    ours = {"classes": list(CLASS_NAMES), "window_rule": list(WINDOW_RULE)}
    if not path.exists():
        return {**ours, "sources": []}
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SurveyError(f"{path}: cannot be read as YAML; correct it or write into another folder") from error
    sources = document.get("sources") if isinstance(document, dict) else None
    if not isinstance(sources, list) or not all(isinstance(source, dict) for source in sources):
        raise SurveyError(f"{path}: holds no list of sources; correct it or write into another folder")
    for key, wanted in ours.items():
        if document.get(key) != wanted:
            raise SurveyError(
                f"{path}: its {key} {'is' if key == 'window_rule' else 'are'} {document.get(key)}, a synthetic "
                f"survey's {wanted}; write into another folder"
            )
    document["sources"] = sources
    return document
