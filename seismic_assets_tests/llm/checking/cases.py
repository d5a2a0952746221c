"""The statements that the tests check, read from their files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from seismic_assets.llm.checking import check
from seismic_assets.llm.explanation import Statement
from seismic_assets.llm.facts import Fact, Facts

_FOLDER = Path(__file__).parent
KINDS = ("observation", "recommendation")


@dataclass(frozen=True)
class Case:
    category: str
    facts: Facts
    statement: Statement


def fact_sets() -> dict[str, Facts]:
    read = yaml.safe_load((_FOLDER / "facts.yaml").read_text(encoding="utf-8"))
    return {name: Facts(Fact(key, *values) for key, values in rows.items()) for name, rows in read.items()}


def cases(file: str) -> list[Case]:
    sets = fact_sets()
    rows = yaml.safe_load((_FOLDER / file).read_text(encoding="utf-8"))
    full = [row if len(row) == 4 else ["true", *row] for row in rows]
    return [
        Case(kind, sets[name], Statement("observation", text, tuple(cited.split()))) for kind, name, cited, text in full
    ]


def refusal(facts: Facts, statement: Statement) -> str:
    checked = check([statement], facts, KINDS)
    return checked.refused[0].reason if checked.refused else ""
