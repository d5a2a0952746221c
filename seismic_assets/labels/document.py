"""The text of labels.yaml: its schema, and the line that each complaint about it belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from seismic_assets.labels.errors import LabelError

PICK_COLUMNS = ("inline", "crossline", "time_ms", "amplitude")
Key = str | int
ClassName = Annotated[str, Field(min_length=1)]
Fraction = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _SourceEntry(_Entry):
    path: Annotated[str, Field(min_length=1)]
    file: Annotated[str, Field(min_length=1)] | None = None


class VolumeEntry(_SourceEntry):
    """A class per sample on a grid of inlines and crosslines: `.npz` or SEG-Y."""

    kind: Literal["volume"]


class PicksEntry(_SourceEntry):
    """Points of one class in a text file."""

    kind: Literal["picks"]
    class_name: Annotated[str, Field(alias="class", min_length=1)]
    columns: tuple[Literal["inline", "crossline", "time_ms", "amplitude"], ...] | None = None


class TableEntry(_SourceEntry):
    """A class per trace, or per time interval of a trace: CSV or Parquet."""

    kind: Literal["table"]


SourceEntry = Annotated[VolumeEntry | PicksEntry | TableEntry, Field(discriminator="kind")]


class RuleEntry(_Entry):
    """A class that wins a window by less than a majority."""

    class_name: Annotated[str | int, Field(alias="class", union_mode="left_to_right")]
    within: Annotated[Fraction, Field(gt=0.0, le=1.0)]
    share: Annotated[Fraction, Field(lt=1.0)]


class LabelDocument(_Entry):
    """The whole of labels.yaml, as written."""

    classes: Annotated[tuple[ClassName, ...], Field(min_length=1)] | None = None
    window_rule: tuple[RuleEntry, ...] = ()
    sources: Annotated[tuple[SourceEntry, ...], Field(min_length=1)]


class _UniqueKeyLoader(yaml.SafeLoader):
    """A safe loader that refuses a key written twice, where YAML itself would keep the last one silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                continue  # no key of ours; the base class or the schema refuses it
            if key_node.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key '{key_node.value}' is written twice", problem_mark=key_node.start_mark
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


class LabelFile:
    """One parsed labels.yaml: the validated `document`, and `error` for complaints that carry a line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        text = _read_text(path)
        try:
            self._root = yaml.compose(text, Loader=yaml.SafeLoader)
            # The subclass is still a safe loader: it builds plain scalars, lists and mappings only.
            content = yaml.load(text, Loader=_UniqueKeyLoader)
        except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date such as 2020-13-45
            raise LabelError(_yaml_sentence(path, error)) from error
        if not isinstance(content, dict):
            raise LabelError(f"{path}, line 1: this is no mapping; write 'classes:' and 'sources:' as its keys.")
        try:
            self.document = LabelDocument.model_validate(content)
        except ValidationError as error:
            raise self._refusal(error) from error

    def error(self, where: tuple[Key, ...], sentence: str) -> LabelError:
        """The LabelError that says `sentence` about the entry at `where`, for instance ("sources", 0, "path")."""
        return LabelError(f"{self.path}, line {self.line(where)}: {sentence}")

    def line(self, where: tuple[Key, ...]) -> int:
        """The line (from 1) of the entry at `where`, or of its nearest parent that is written down."""
        node, line = self._root, 1
        for key in where:
            found = _child(node, key)
            if found is not None:
                node, line = found[0], found[1]
        return line

    def _refusal(self, error: ValidationError) -> LabelError:
        first = error.errors(include_url=False, include_input=False)[0]
        where = tuple(first["loc"])
        return self.error(where, _schema_sentence(first["type"], where, first["msg"], first.get("ctx", {})))


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise LabelError(f"{path}: cannot be read as UTF-8 text ({error}); check the file and its rights.") from error


def _yaml_sentence(path: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    place = f"{path}, line {mark.line + 1}" if mark is not None else str(path)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"{place}: this is not valid YAML ({problem}); correct it."


def _child(node: yaml.Node | None, key: Key) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key].start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key_node, value in node.value:
            if key_node.value == str(key):
                return value, key_node.start_mark.line + 1
    return None


def _schema_sentence(kind: str, where: tuple[Key, ...], message: str, context: dict[str, Any]) -> str:
    name = where[-1] if where else "labels.yaml"
    if kind == "extra_forbidden":
        return f"the key '{name}' is unknown here; correct its spelling or remove it."
    if kind == "missing":
        return f"the key '{name}' is missing; add it."
    if kind == "union_tag_invalid":
        return f"the kind '{context['tag']}' is unknown; use volume, picks or table."
    if kind == "union_tag_not_found":
        return "this source has no kind; add 'kind: volume', 'kind: picks' or 'kind: table'."
    if kind == "string_type":
        return f"'{_spelled(where)}' is no text; put it in quotes."
    return f"'{_spelled(where)}' is not allowed ({message[0].lower()}{message[1:]}); correct it."


def _spelled(where: tuple[Key, ...]) -> str:
    return ".".join(str(part) for part in where)
