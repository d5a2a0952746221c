"""What every deployment is asked, so that its answers can be judged, and where in the documentation the answers are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from seismic_assets.knowledge import Passage


@dataclass(frozen=True)
class JudgedQuestion:
    """A question of which it is known whether the documentation answers it.

    Attributes:
        text: it.
        sections: that answer it, as `docs/user.md: Quarantine`, or a whole page; none where nothing does.
    """

    text: str
    sections: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether the documentation answers it."""
        return bool(self.sections)

    def stands_in(self, passages: Sequence[Passage]) -> bool:
        """Whether one of the passages is of a section that answers it."""
        return any(_is_of(passage, section) for passage in passages for section in self.sections)


@cache
def judged_questions() -> tuple[JudgedQuestion, ...]:
    """The questions of `questions.yaml`; one that has an answer and one that has none take turns."""
    groups = yaml.safe_load(resources.files(__package__).joinpath("questions.yaml").read_text(encoding="utf-8"))
    turns = zip_longest(_answerable(groups["answerable"]), (JudgedQuestion(each) for each in groups["unanswerable"]))
    return tuple(each for each in chain.from_iterable(turns) if each is not None)


def _answerable(entries: Sequence[Any]) -> Iterator[JudgedQuestion]:
    for entry in entries:
        yield JudgedQuestion(entry["question"], tuple(entry["sections"]))


def _is_of(passage: Passage, section: str) -> bool:
    source, _, heading = section.partition(": ")
    return passage.source == source and (not heading or heading in passage.title.split(" > "))
