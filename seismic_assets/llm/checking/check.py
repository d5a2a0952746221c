"""Whether statements say nothing but facts: each is let through, or refused with a reason."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from seismic_assets.llm.checking.attribution import misattributed
from seismic_assets.llm.checking.claims import judgement_claims, name_claims, quantity_claims
from seismic_assets.llm.checking.comparing import comparisons
from seismic_assets.llm.checking.fitting import Around, Claim, arounds, best, meant
from seismic_assets.llm.checking.names import Name, fact_stems, masked
from seismic_assets.llm.checking.quantities import comparable, is_number
from seismic_assets.llm.checking.sentence import Part, Sentence, sentences
from seismic_assets.llm.checking.shape import MOST_SENTENCES, misshapen, oddly_written, strange_quotation
from seismic_assets.llm.checking.vocabulary import bare_assertion, strange_word
from seismic_assets.llm.checking.words import lexicon, stem, words_of
from seismic_assets.llm.explanation import Refused, Statement
from seismic_assets.llm.facts import Fact, Facts


@dataclass(frozen=True)
class Checked:
    """What became of statements.

    Attributes:
        accepted: what cited facts back, word by word.
        refused: the others, each with its reason.
    """

    accepted: tuple[Statement, ...]
    refused: tuple[Refused, ...]


def check(statements: Sequence[Statement], facts: Facts, kinds: Collection[str]) -> Checked:
    """Let through what cited facts back and refuse the rest; where it is in doubt, it refuses.

    Args:
        statements: what a model said.
        facts: all there are.
        kinds: of statement that are asked for.

    Returns:
        Both, in the order in which they were said; what is said twice is refused the second time.
    """
    accepted: list[Statement] = []
    refused: list[Refused] = []
    for statement in statements:
        said = any(statement.text.strip() == other.text.strip() for other in accepted)
        reason = "it was said before" if said else _fault(statement, facts, kinds)
        if reason:
            refused.append(Refused(statement.text, f"{reason}."))
        else:
            accepted.append(statement)
    return Checked(tuple(accepted), tuple(refused))


def _fault(statement: Statement, facts: Facts, kinds: Collection[str]) -> str:
    """What is wrong with a statement, in words; nothing where it is well."""
    if statement.kind not in kinds:
        return f"its kind {statement.kind[:40]!r} is not asked for"
    if not statement.facts:
        return "it cites no fact"
    unknown = [name for name in statement.facts if name not in facts]
    if unknown:
        return f"it cites {unknown[0][:40]!r}, which is no fact"
    return misshapen(statement.text) or _unbacked(statement.text, _Ground.of(statement, facts))


@dataclass(frozen=True)
class _Ground:
    """What a statement stands on: the facts that it cites, and all."""

    cited: tuple[Fact, ...]
    every: tuple[Fact, ...]
    cited_stems: frozenset[str]
    known: frozenset[str]
    named: tuple[Name, ...] = ()

    @classmethod
    def of(cls, statement: Statement, facts: Facts) -> _Ground:
        cited = tuple(facts[name] for name in dict.fromkeys(statement.facts))
        own = frozenset().union(*(_own(fact) for fact in cited))
        return cls(cited, tuple(facts), own, frozenset().union(*(fact_stems(fact) for fact in facts)))


def _own(fact: Fact) -> frozenset[str]:
    """The stems of every word that a fact is called by."""
    called = f"{fact.words} {fact.unit} {fact.name.replace('_', ' ').replace('.', ' ')}"
    return frozenset(stem(word) for word in words_of(called))


def _unbacked(text: str, ground: _Ground) -> str:
    """What in a text the cited facts do not say."""
    hidden = masked(text, ground.cited)
    ground = replace(ground, named=tuple(hidden.names.values()))
    called = frozenset(word.lower() for fact in ground.cited for word in (fact.words, str(fact.value), fact.shown()))
    fault = oddly_written(hidden) or strange_quotation(hidden, called)
    if fault:
        return fault
    units = frozenset(fact.unit for fact in ground.every if fact.kind == "measure" and fact.unit)
    parts = sentences(hidden, units)
    if len(parts) > MOST_SENTENCES:
        return f"it has {len(parts)} sentences, more than {MOST_SENTENCES}"
    if not any(part.stems & ground.cited_stems or part.mention or part.name for each in parts for part in each):
        return "it speaks of no fact that it cites"
    return next((fault for each in parts if (fault := _sentence_fault(each, ground))), "")


def _sentence_fault(sentence: Sentence, ground: _Ground) -> str:
    quantities, names = quantity_claims(sentence), name_claims(sentence)
    uncounted = _uncounted(sentence, quantities, ground)
    verdicts = [
        claim for claim in judgement_claims(sentence, "verdict", _values(ground, "verdict"))
        if not _names_a_count(sentence, claim, quantities, ground)
    ]  # fmt: skip
    trends = judgement_claims(sentence, "trend", _values(ground, "trend"))
    compared = comparisons(sentence)
    judged = {claim.at for claim in (*quantities, *names, *verdicts, *trends)}
    judged |= {at for start, end, _ in compared for at in range(start, end)}
    judged |= {claim.at for claim in judgement_claims(sentence, "verdict", frozenset())}
    return (
        strange_word(sentence, ground.cited_stems, frozenset(judged))
        or _quantities_fault(sentence, quantities, ground)
        or _names_fault(sentence, names, ground)
        or uncounted
        or _judgements_fault(sentence, verdicts, ground)
        or _judgements_fault(sentence, trends, ground)
        or _comparison_fault(sentence, quantities, ground)
        or _assertion_fault(sentence, [*quantities, *verdicts, *trends], names, ground)
    )


def _assertion_fault(sentence: Sentence, claims: Sequence[Claim], names: Sequence[Claim], ground: _Ground) -> str:
    """Something that is asserted with no number, judgement or name that could be checked."""
    claimed = {claim.at for claim in claims} | {start for start, _, _ in comparisons(sentence)}
    claimed |= {claim.at for claim in names if _tells_its_fact(sentence, claim, ground)}
    if bare_assertion(sentence, claimed, ground.cited_stems):
        return "it asserts something without a number, a name or a verdict that could be checked"
    return ""


def _tells_its_fact(sentence: Sentence, name: Claim, ground: _Ground) -> bool:
    """Whether more than half of what the name's fact is called is there too."""
    said = _stems_of(sentence)
    facts = [fact for fact in ground.cited if name.rivals(fact) and name.made_true_by(fact)]
    return any(2 * len(fact_stems(fact) & said) > len(fact_stems(fact)) for fact in facts)


def _values(ground: _Ground, kind: str) -> frozenset[str]:
    return frozenset(str(fact.value).lower() for fact in ground.every if fact.kind == kind)


def _uncounted(sentence: Sentence, quantities: Sequence[Claim], ground: _Ground) -> str:
    """What is counted and said here without its number: `the files failed`, beside the number of failed files."""
    everything = _stems_of(sentence)
    judged = [sentence[claim.at] for claim in judgement_claims(sentence, "verdict", frozenset())]
    words = _stems_of([part for part in judged if part.is_word])
    for fact in ground.every:
        if is_number(fact) and not quantities and fact_stems(fact) & words and fact_stems(fact) <= everything:
            return f"it speaks of {fact.words!r} without the number"
    return ""


def _names_a_count(sentence: Sentence, claim: Claim, quantities: Sequence[Claim], ground: _Ground) -> bool:
    """Whether a word of judgement only says what is counted: `3 files failed`, of the number of failed files."""
    everything = _stems_of(sentence)
    word = sentence[claim.at].stems
    counted = (fact_stems(fact) for fact in ground.cited if is_number(fact))
    return bool(quantities) and any(word & each and each <= everything for each in counted)


def _stems_of(parts: Sequence[Part]) -> frozenset[str]:
    return frozenset().union(*(part.stems for part in parts))


def _quantities_fault(sentence: Sentence, claims: Sequence[Claim], ground: _Ground) -> str:
    """A number that no cited fact has, or that is said of another fact than its own."""
    last = Around(frozenset(), frozenset())
    for claim, own in zip(claims, _around(sentence, claims, ground), strict=True):
        if not any(claim.made_true_by(fact) for fact in ground.cited if claim.rivals(fact)):
            return f"no cited fact says {claim.text!r}"
        around = own if own.stems else last
        winners = meant(around, [fact for fact in ground.every if claim.rivals(fact)])
        if not winners:
            return f"it does not say what {claim.text!r} is of"
        wrong = [fact for fact in winners if not claim.made_true_by(fact)]
        if wrong or not any(fact in ground.cited for fact in winners):
            return f"{claim.text!r} is said of {(wrong or winners)[0].words!r}"
        other = _other_noun(sentence, claim, winners) or _other_owner(sentence, claim, ground)
        other = other or misattributed(sentence, claim, winners, ground.cited, ground.named)
        if other:
            return f"{claim.text!r} is said of {other!r}"
        if _bare_share(sentence, claim, winners):
            return f"{claim.text!r} is a share and not said to be one"
        last = around
    return ""


def _around(sentence: Sentence, claims: Sequence[Claim], ground: _Ground) -> list[Around]:
    return arounds(sentence, [claim.at for claim in claims], ground.known)


def _other_noun(sentence: Sentence, claim: Claim, winners: Sequence[Fact]) -> str:
    """What is counted behind a number, where it is not what the fact counts."""
    lists = lexicon()
    mention = sentence[claim.at].mention
    own = frozenset().union(*(_own(fact) for fact in winners))
    following = sentence[claim.at + 1 : claim.at + 3]
    if len(following) == 2 and following[0].text in ("per", "a", "an") and not following[1].stems & own:
        return f"per {following[1].text}"
    if mention is not None and mention.unit:
        return ""
    counted = False
    for part in sentence[claim.at + 1 :]:
        if not part.is_word or (part.text in lists.neutral and part.text not in ("of", "the", "these", "all")):
            return ""
        if part.text == "of" and counted:
            return ""
        counted = counted or part.text in lists.nouns
        if part.text in lists.nouns and not part.stems & own:
            return part.text
    return ""


def _other_owner(sentence: Sentence, claim: Claim, ground: _Ground) -> str:
    """What a number is said to be of right before it, `the threshold of 0.812`, where that is another fact."""
    if claim.at < 2 or sentence[claim.at - 1].text != "of":
        return ""
    said: frozenset[str] = frozenset()
    for part in reversed(sentence[: claim.at - 1]):
        if not (part.stems & ground.known or part.text in ("of", "the")):
            break
        said |= part.stems & ground.known
    owners = best(said, [fact for fact in ground.every if claim.rivals(fact)])
    return owners[0].words if owners and not any(claim.made_true_by(fact) for fact in owners) else ""


def _bare_share(sentence: Sentence, claim: Claim, winners: Sequence[Fact]) -> bool:
    mention = sentence[claim.at].mention
    bare = mention is not None and mention.form == "number" and any(fact.kind == "share" for fact in winners)
    return bare and not any(part.text in ("share", "fraction", "proportion") for part in sentence)


def _names_fault(sentence: Sentence, claims: Sequence[Claim], ground: _Ground) -> str:
    """A name that stands where the words are those of a fact with another name."""
    for claim, around in zip(claims, _around(sentence, claims, ground), strict=True):
        winners = best(around.stems, [fact for fact in ground.every if claim.rivals(fact)])
        if winners and not any(claim.made_true_by(fact) for fact in winners):
            return f"{claim.text!r} is said of {winners[0].words!r}"
    return ""


def _judgements_fault(sentence: Sentence, claims: Sequence[Claim], ground: _Ground) -> str:
    """A verdict or trend that no cited fact has, or that is said of another."""
    for claim, around in zip(claims, _around(sentence, claims, ground), strict=True):
        rivals = [fact for fact in ground.cited if claim.rivals(fact)]
        if not any(claim.made_true_by(fact) for fact in rivals):
            return f"no cited fact says {claim.text!r}"
        winners = meant(around, [fact for fact in ground.every if claim.rivals(fact)]) or rivals
        enough = any if sentence[claim.at].name else all  # a verdict of several words tells by itself whose it is
        if not enough(claim.made_true_by(fact) for fact in winners) or not any(
            fact in ground.cited for fact in winners
        ):
            return f"{claim.text!r} is said of {winners[0].words!r}"
        if other := misattributed(sentence, claim, winners, ground.cited, ground.named):
            return f"{claim.text!r} is said of {other!r}"
    return ""


def _comparison_fault(sentence: Sentence, claims: Sequence[Claim], ground: _Ground) -> str:
    """A comparison that two cited facts do not bear out."""
    places = comparisons(sentence)
    if not places:
        return ""
    start, end, group = places[0]
    said = " ".join(part.text for part in sentence[start:end])
    if len(places) > 1 or group == "refused":
        return f"it compares with {said!r}, which cannot be checked"
    left = _side(sentence[:start], [claim for claim in claims if claim.at < start], 0, ground)
    right = _side(sentence[end:], [claim for claim in claims if claim.at >= end], end, ground)
    if left is None or right is None or left == right or (left.kind, left.unit) != (right.kind, right.unit):
        return f"it compares with {said!r}, and not two cited facts of the same kind"
    low, high = (left, right) if group == "smaller" else (right, left)
    return "" if float(low.value) < float(high.value) else f"{said!r} is not so"


def _side(parts: Sentence, claims: Sequence[Claim], offset: int, ground: _Ground) -> Fact | None:
    """The one cited fact that a side of a comparison speaks of."""
    numeric = [fact for fact in ground.cited if is_number(fact)]
    if len(claims) > 1:
        return None
    if claims:
        mention = parts[claims[0].at - offset].mention
        numeric = [fact for fact in numeric if mention and comparable(fact, mention) and claims[0].made_true_by(fact)]
    winners = best(_stems_of(parts) & ground.known, numeric)
    if not winners and len(numeric) == 1 and claims:
        winners = numeric
    return winners[0] if len(winners) == 1 else None
