"""What a language model said about facts: what was let through, what was refused, and why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Status = Literal["explained", "partly", "refused", "without"]


@dataclass(frozen=True)
class Statement:
    """One sentence or two of a model.

    Attributes:
        kind: one of the kinds that the prompt allows, such as `observation` or `recommendation`.
        text: what it says.
        facts: names of the facts that it speaks of.
    """

    kind: str
    text: str
    facts: tuple[str, ...]


@dataclass(frozen=True)
class Refused:
    """What a model said that is not shown.

    Attributes:
        text: what it said.
        reason: what is wrong with it, in a sentence.
    """

    text: str
    reason: str


@dataclass(frozen=True)
class Explanation:
    """What a model made of facts.

    Attributes:
        status: `explained`: every statement was let through; `partly`: some were; `refused`: none was; `without`: no
            model was asked, or none answered.
        reason: why the status is not `explained`, in a sentence; empty where it is.
        statements: what was let through.
        refused: what was not.
        model: that answered; empty without.
        prompt: name and version of the prompt, such as `quality/1`; empty without.
        seconds: that the answer took.
        prompt_tokens, answer_tokens: as the server counted them.
        remembered: whether it is an answer to the same question of before.
    """

    status: Status
    reason: str = ""
    statements: tuple[Statement, ...] = ()
    refused: tuple[Refused, ...] = ()
    model: str = ""
    prompt: str = ""
    seconds: float = 0.0
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    remembered: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)


def merged(parts: Sequence[Explanation]) -> Explanation:
    """Several explanations of parts of one report as one; their times and tokens add up.

    Raises:
        ValueError: there is none.
    """
    if not parts:
        raise ValueError("there is no explanation to merge")
    statements = tuple(statement for part in parts for statement in part.statements)
    refused = tuple(each for part in parts for each in part.refused)
    reasons = dict.fromkeys(part.reason for part in parts if part.reason)
    statuses = {part.status for part in parts}
    return Explanation(
        status=statuses.pop() if len(statuses) == 1 else "partly" if statements else _of_none(statuses),
        reason=" ".join(reasons),
        statements=statements,
        refused=refused,
        model=next((part.model for part in parts if part.model), ""),
        prompt=", ".join(dict.fromkeys(part.prompt for part in parts if part.prompt)),
        seconds=sum(part.seconds for part in parts),
        prompt_tokens=_total([part.prompt_tokens for part in parts]),
        answer_tokens=_total([part.answer_tokens for part in parts]),
        remembered=all(part.remembered for part in parts),
    )


def _of_none(statuses: set[Status]) -> Status:
    """Where nothing was said: refused, if anything was."""
    return "refused" if "refused" in statuses else "without"


def _total(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
