"""Scores of samples by scorers: the one path, with MLflow and without."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

Source = Literal["rule", "model"]


class Sample(Protocol):
    """Anything that can be judged."""

    @property
    def id(self) -> str:
        """Identifies it within its sample."""
        ...

    @property
    def weight(self) -> float:
        """How many of the population it stands for."""
        ...


S = TypeVar("S", bound=Sample)


@dataclass(frozen=True)
class Scored:
    """What a scorer says of one sample.

    Attributes:
        value: 0 (bad) to 1 (good); None where it has nothing to say.
        reason: why, in a sentence.
    """

    value: float | None
    reason: str


@dataclass(frozen=True)
class Scorer(Generic[S]):
    """One way to judge.

    Attributes:
        name: of the metric.
        words: what its mean is, in plain words.
        of: judges one sample.
        source: `rule`, or the language `model`.
    """

    name: str
    words: str
    of: Callable[[S], Scored]
    source: Source = "rule"


@dataclass(frozen=True)
class Score:
    """What one scorer said of one sample.

    Attributes:
        sample, scorer: whose.
        value, reason: as in `Scored`.
        source: of the scorer.
    """

    sample: str
    scorer: str
    value: float | None
    reason: str
    source: Source


@dataclass(frozen=True)
class Scores:
    """All that was said, samples in their order and within them scorers in theirs.

    Attributes:
        rows: the scores.
        weights: of each sample, by its id.
    """

    rows: tuple[Score, ...]
    weights: Mapping[str, float]

    def values(self, scorer: str) -> dict[str, float]:
        """What one scorer gave, by sample; samples that it says nothing of are not there."""
        return {row.sample: row.value for row in self.rows if row.scorer == scorer and row.value is not None}

    def mean(self, scorer: str) -> float | None:
        """The mean for the population that the samples stand for; None where the scorer said nothing."""
        values = self.values(scorer)
        total = sum(self.weights[sample] for sample in values)
        return sum(self.weights[sample] * value for sample, value in values.items()) / total if total else None

    def of_sample(self, sample: str) -> tuple[Score, ...]:
        """What was said of one sample."""
        return tuple(row for row in self.rows if row.sample == sample)


def score(samples: Sequence[S], scorers: Sequence[Scorer[S]]) -> Scores:
    """Let every scorer judge every sample.

    Raises:
        ValueError: two samples have the same id, or two scorers the same name.
    """
    for kind, names in (("sample", [each.id for each in samples]), ("scorer", [each.name for each in scorers])):
        if len(set(names)) < len(names):
            raise ValueError(f"two {kind}s have the same name: {sorted({n for n in names if names.count(n) > 1})[0]!r}")
    rows = [_score(sample, scorer) for sample in samples for scorer in scorers]
    return Scores(tuple(rows), {each.id: each.weight for each in samples})


def _score(sample: S, scorer: Scorer[S]) -> Score:
    said = scorer.of(sample)
    return Score(sample.id, scorer.name, said.value, said.reason, scorer.source)
