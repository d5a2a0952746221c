"""Terraform's files as they are parsed, where its providers cannot be had: blocks, and what they refer to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import hcl2

from seismic_assets_tests.deploy.programs import DEPLOY

TERRAFORM = DEPLOY / "terraform"
_TEXT = re.compile(r'"(?:[^"\\$]|\\.|\$(?!\{))*"')
_REFERENCE = re.compile(r"(?<![\w.\"-])(data\.\w+\.\w+|(?:var|local)\.\w+|aws_\w+\.\w+)")


@dataclass(frozen=True)
class Block:
    """A block of the configuration.

    Attributes:
        kind: resource, data, variable, output, locals ...
        labels: of it, such as (aws_s3_bucket, main).
        body: its arguments; of nested blocks a list.
    """

    kind: str
    labels: tuple[str, ...]
    body: dict[str, Any]

    @property
    def address(self) -> str:
        """How others refer to it."""
        prefix = {"variable": ("var",), "data": ("data",), "resource": ()}.get(self.kind, (self.kind,))
        return ".".join((*prefix, *self.labels))


@cache
def blocks() -> tuple[Block, ...]:
    """All blocks of the folder."""
    return tuple(block for path in sorted(TERRAFORM.glob("*.tf")) for block in _blocks_of(path))


def of(kind: str, *labels: str) -> list[Block]:
    """Blocks of a kind whose labels begin so."""
    return [each for each in blocks() if each.kind == kind and each.labels[: len(labels)] == labels]


def references(value: object) -> set[str]:
    """Addresses that a value refers to."""
    match value:
        case str():
            return set(_REFERENCE.findall(_TEXT.sub('""', value)))
        case dict():
            # A comment refers to nothing.
            return set().union(*(references(each) for name, each in value.items() if name != "__comments__"))
        case list():
            return set().union(*map(references, value))
        case _:
            return set()


def _blocks_of(path: Path) -> Iterator[Block]:
    with path.open() as stream:
        content = hcl2.load(stream)
    for kind, found in content.items():
        for each in found if isinstance(found, list) else []:
            yield from _opened(kind, (), each)


def _opened(kind: str, labels: tuple[str, ...], body: dict[str, Any]) -> Iterator[Block]:
    if body.get("__is_block__"):
        yield Block(kind, labels, _plain(body))
        return
    for label, inner in body.items():
        if isinstance(inner, dict):
            yield from _opened(kind, (*labels, label.strip('"')), inner)


def _plain(value: Any) -> Any:
    """Values without the parser's marks and without the quotes around plain text."""
    match value:
        case dict():
            return {
                name.strip('"'): _plain(each)
                for name, each in value.items()
                if name not in ("__is_block__", "__comments__")
            }
        case list():
            return [_plain(each) for each in value]
        case str() if _TEXT.fullmatch(value):
            return value[1:-1]
        case _:
            return value
