"""Whether a number or judgement is said of the name beside it although its fact is not about that name.

`survey_002 holds 12,034 traces` is false where 12,034 is the number of all traces, whoever is cited.
"""

from __future__ import annotations

from collections.abc import Sequence

from seismic_assets.llm.checking.fitting import Claim
from seismic_assets.llm.checking.names import Name, fact_stems, identifies
from seismic_assets.llm.checking.sentence import Part, Sentence
from seismic_assets.llm.checking.words import lexicon, stem, stems
from seismic_assets.llm.facts import Fact

_NEW_CLAUSE = frozenset({"and", "while", "whereas", "but"})


def misattributed(
    sentence: Sentence, claim: Claim, winners: Sequence[Fact], cited: Sequence[Fact], named: Sequence[Name]
) -> str:
    """The name that a claim is said of and its fact is not about; nothing where there is none.

    Args:
        sentence: that holds the claim.
        claim: a number or judgement.
        winners: the facts that it is taken for.
        cited: by the statement.
        named: every name of the statement.
    """
    names = [name for name in named if name.kind == "name" or (name.kind == "words" and identifies(name.text))]
    if any(_is_about(fact, name) for fact in winners for name in names):
        return ""  # of one of them; which one, the words around it have told
    for name in names:
        others = [fact for fact in cited if str(fact.value) in (name.text, name.text.replace(" ", "_"))]
        alike = any(_same_extreme(fact, others) for fact in winners)
        if not alike and not _clause_of_its_own(sentence, claim, winners, name):
            return name.text
    return ""


def _is_about(fact: Fact, name: Name) -> bool:
    text = name.text.lower()
    return text in fact.words.lower() or text in fact.name.lower() or name.stems <= fact_stems(fact)


def _same_extreme(fact: Fact, others: Sequence[Fact]) -> bool:
    """Whether both are of the best, or the largest: `the largest PSI` and `the feature with the largest PSI`."""
    extremes = {stem(word) for words in lexicon().superlatives.values() for word in words}
    return any(fact_stems(fact) & fact_stems(other) & extremes for other in others)


def _clause_of_its_own(sentence: Sentence, claim: Claim, winners: Sequence[Fact], name: Name) -> bool:
    """Whether the claim has a subject and verb of its own, apart from the name: `..., and the mean score is 0.812`."""
    here = [at for at, part in enumerate(sentence) if part.name == name]
    starts = [at + 1 for at, part in enumerate(sentence[: claim.at]) if part.text in _NEW_CLAUSE]
    start = starts[-1] if starts else 0
    ends = [at for at, part in enumerate(sentence) if at > claim.at and part.text in _NEW_CLAUSE]
    end = ends[0] if ends else len(sentence)
    clause = sentence[start:end]
    if any(start <= at < end for at in here):
        return False
    verb = any(part.text in lexicon().copulas for part in clause)
    return verb and any(_speaks_only_of(clause, fact) for fact in winners)


def _speaks_only_of(clause: Sequence[Part], fact: Fact) -> bool:
    own = fact_stems(fact) | stems(fact.unit)
    said: frozenset[str] = frozenset().union(*(part.stems for part in clause))
    others = [part for part in clause if part.is_word and part.text in lexicon().nouns and not part.stems & own]
    return stems(fact.words) <= said and not others
