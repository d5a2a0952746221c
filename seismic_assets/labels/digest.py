"""Fingerprints of an interpretation: what labels.yaml means, and the bytes of every label file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from seismic_assets.labels.config import LabelConfig, Source
from seismic_assets.labels.errors import LabelError
from seismic_assets.segy import digest_file


def label_digest(config: LabelConfig) -> str:
    """Hex digest of the meaning of labels.yaml and of the bytes of its sources.

    Comments, layout and the order of the sources do not change it; a class, a rule or a byte of a source does.

    Raises:
        LabelError: if a source cannot be read.
    """
    digests = source_digests(config)
    meaning = {
        "classes": config.classes,
        "window_rule": [(rule.class_index, rule.within, rule.share) for rule in config.window_rule],
        "sources": sorted(json.dumps([_meaning(source), digests[source.name]]) for source in config.sources),
    }
    return hashlib.blake2b(json.dumps(meaning).encode(), digest_size=16).hexdigest()


def source_digests(config: LabelConfig) -> dict[str, str]:
    """Hex digest of the bytes of each source, by its name in labels.yaml (files are streamed).

    Raises:
        LabelError: if a source cannot be read.
    """
    return {source.name: _file_digest(source.path) for source in config.sources}


def _meaning(source: Source) -> list[object]:
    return [source.kind, source.file, source.class_index, source.columns]


def _file_digest(path: Path) -> str:
    try:
        return digest_file(path)
    except OSError as error:
        raise LabelError(f"{path}: cannot be read ({error.strerror}); check the file and its rights.") from error
