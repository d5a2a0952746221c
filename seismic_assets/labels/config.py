"""labels.yaml, read and checked: the classes, the window rules and the sources of an interpretation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Literal

from seismic_assets.labels.document import (
    PICK_COLUMNS,
    LabelFile,
    PicksEntry,
    RuleEntry,
    TableEntry,
    VolumeEntry,
)
from seismic_assets.labels.errors import LabelError
from seismic_assets.labels.windows import WindowRule

FILE_NAMES = ("labels.yaml", "labels.yml")
MAX_CLASSES = 255  # 255 means "unlabelled" in a label volume of bytes, so the indices end at 254
SUFFIXES = {"volume": (".npz", ".sgy", ".segy"), "table": (".csv", ".parquet")}
_CLASS_NAME = re.compile(r"[A-Za-z0-9_-]+")
Kind = Literal["volume", "picks", "table"]


@dataclass(frozen=True)
class Source:
    """One file of labels.

    Attributes:
        kind: `volume`, `picks` or `table`.
        path: where the file lies.
        name: its path as written in labels.yaml.
        file: the SEG-Y file that it belongs to, as a name or a path relative to labels.yaml; None for every
            file whose traces it matches.
        class_index: the class of a picks file; None for the other kinds.
        columns: the columns of a picks file in order; None for `inline crossline time_ms [amplitude]`.
        line: its line in labels.yaml.
    """

    kind: Kind
    path: Path
    name: str
    file: str | None = None
    class_index: int | None = None
    columns: tuple[str, ...] | None = None
    line: int = 0


@dataclass(frozen=True)
class LabelConfig:
    """What labels.yaml says.

    Attributes:
        path: the YAML file.
        classes: class names; the position is the class index.
        window_rule: rules that are asked, in order, before the majority of a window's samples.
        sources: the label files.
    """

    path: Path
    classes: tuple[str, ...]
    window_rule: tuple[WindowRule, ...]
    sources: tuple[Source, ...]


def read_label_config(folder: Path, default_classes: Sequence[str]) -> LabelConfig | None:
    """Read labels.yaml (or labels.yml) of a folder.

    Args:
        folder: the landing folder.
        default_classes: the class names where the file gives none.

    Returns:
        The checked configuration; None where the folder has no such file.

    Raises:
        LabelError: for anything in the file that is unknown, doubled, missing or outside the folder.
    """
    found = [folder / name for name in FILE_NAMES if (folder / name).is_file()]
    if not found:
        return None
    if len(found) > 1:
        raise LabelError(f"{folder}: holds both {' and '.join(FILE_NAMES)}; keep one of them.")
    return _checked(LabelFile(found[0]), default_classes)


def missing_files(config: LabelConfig, names: Iterable[str]) -> tuple[Source, ...]:
    """The sources whose `file` is none of `names` (paths relative to labels.yaml)."""
    present = list(names)
    return tuple(
        source
        for source in config.sources
        if source.file is not None and not any(belongs_to(source.file, name) for name in present)
    )


def belongs_to(written: str, file_name: str) -> bool:
    """Whether `written` names the SEG-Y file `file_name`: its relative path, or its bare name in any folder."""
    path = PurePosixPath(file_name.replace("\\", "/"))
    wanted = PurePosixPath(written.replace("\\", "/"))
    return wanted == path or (len(wanted.parts) == 1 and wanted.name == path.name)


def _checked(file: LabelFile, default_classes: Sequence[str]) -> LabelConfig:
    classes = _classes(file, default_classes)
    return LabelConfig(
        path=file.path,
        classes=classes,
        window_rule=tuple(
            _rule(file, position, rule, classes) for position, rule in enumerate(file.document.window_rule)
        ),
        sources=_sources(file, classes),
    )


def _classes(file: LabelFile, default_classes: Sequence[str]) -> tuple[str, ...]:
    classes = file.document.classes
    if classes is None:
        classes = tuple(default_classes)
    for position, name in enumerate(classes):
        if not _CLASS_NAME.fullmatch(name):
            # Classes name columns of the predictions (prob_<class>), in Delta and Parquet.
            raise file.error(
                ("classes", position),
                f"the class name '{name}' has more than letters, digits, _ and -; write it with _.",
            )
        if name in classes[:position]:
            raise file.error(("classes", position), f"the class '{name}' is named twice; name each class once.")
    if len(classes) > MAX_CLASSES:
        raise file.error(("classes",), f"{len(classes)} classes are named; at most {MAX_CLASSES} are possible.")
    return classes


def _rule(file: LabelFile, position: int, rule: RuleEntry, classes: tuple[str, ...]) -> WindowRule:
    where = ("window_rule", position, "class")
    name = rule.class_name
    if isinstance(name, str):
        return WindowRule(_class_index(file, where, name, classes), rule.within, rule.share)
    if not 0 <= name < len(classes):
        raise file.error(where, f"there is no class {name}; use 0 to {len(classes) - 1} or a name.")
    return WindowRule(name, rule.within, rule.share)


def _class_index(file: LabelFile, where: tuple[str | int, ...], name: str, classes: tuple[str, ...]) -> int:
    if name not in classes:
        known = ", ".join(classes)
        raise file.error(where, f"the class '{name}' is not among the classes ({known}); add or correct it.")
    return classes.index(name)


def _sources(file: LabelFile, classes: tuple[str, ...]) -> tuple[Source, ...]:
    sources: list[Source] = []
    for position, entry in enumerate(file.document.sources):
        source = _source(file, position, entry, classes)
        if any(known.path == source.path and known.file == source.file for known in sources):
            raise file.error(("sources", position, "path"), f"the file '{source.name}' is listed twice; list it once.")
        sources.append(source)
    return tuple(sources)


def _source(
    file: LabelFile, position: int, entry: VolumeEntry | PicksEntry | TableEntry, classes: tuple[str, ...]
) -> Source:
    where = ("sources", position)
    path = _inside(file, (*where, "path"), entry.path)
    allowed = SUFFIXES.get(entry.kind)
    if allowed is not None and path.suffix.lower() not in allowed:
        raise file.error(
            (*where, "path"), f"'{entry.path}' cannot be a {entry.kind}; give a file that ends in {', '.join(allowed)}."
        )
    line = file.line(where)
    if not isinstance(entry, PicksEntry):
        return Source(entry.kind, path, entry.path, file=entry.file, line=line)
    return Source(
        "picks",
        path,
        entry.path,
        file=entry.file,
        class_index=_class_index(file, (*where, "class"), entry.class_name, classes),
        columns=_columns(file, (*where, "columns"), entry.columns),
        line=line,
    )


def _inside(file: LabelFile, where: tuple[str | int, ...], written: str) -> Path:
    relative = Path(written)
    if relative.is_absolute() or PureWindowsPath(written).drive or ".." in relative.parts:
        raise file.error(where, f"'{written}' leads out of the folder of labels.yaml; give a path below it.")
    path = file.path.parent / relative
    if not path.is_file():
        raise file.error(where, f"the file '{written}' does not exist in {file.path.parent}; add or correct it.")
    return path


def _columns(file: LabelFile, where: tuple[str | int, ...], columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if columns is None:
        return None
    needed = set(PICK_COLUMNS[:3])
    if len(set(columns)) != len(columns) or not needed <= set(columns):
        raise file.error(where, "columns must name inline, crossline and time_ms, each once; correct them.")
    return columns
