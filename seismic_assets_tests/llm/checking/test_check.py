from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.llm.checking import check
from seismic_assets.llm.explanation import Statement
from seismic_assets.llm.facts import Fact, Facts
from seismic_assets_tests.llm.checking.cases import KINDS, Case, cases, fact_sets, refusal

PLANTED = [*cases("planted.yaml"), *cases("blind.yaml"), *cases("second_blind.yaml"), *cases("third_blind.yaml")]
TRUE = cases("true.yaml")
TRACES = Facts([Fact("traces", "traces", 12034, "count", "traces")])


def _ids(found: list[Case]) -> list[str]:
    seen: Counter[str] = Counter()
    ids = []
    for case in found:
        seen[case.category] += 1
        ids.append(f"{case.category.replace(' ', '_')}-{seen[case.category]}")
    return ids


@pytest.mark.parametrize("case", PLANTED, ids=_ids(PLANTED))
def test_a_planted_falsehood_is_refused_with_a_sentence(case: Case) -> None:
    assert refusal(case.facts, case.statement).endswith("."), case.statement.text


@pytest.mark.parametrize("case", TRUE, ids=_ids(TRUE))
def test_what_the_facts_say_is_let_through(case: Case) -> None:
    assert refusal(case.facts, case.statement) == "", case.statement.text


def test_the_sets_are_as_large_as_promised_and_say_nothing_twice() -> None:
    keys = [(case.statement.text, case.statement.facts, case.facts.names) for case in [*PLANTED, *TRUE]]
    assert len(PLANTED) >= 160 and len(TRUE) >= 60
    assert len(set(keys)) == len(keys)
    assert len({case.category for case in PLANTED}) >= 20


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (Statement("poem", "There are 12,034 traces.", ("traces",)), "kind"),
        (Statement("observation", "There are 12,034 traces.", ()), "cites no fact"),
        (Statement("observation", "There are 12,034 traces.", ("traces", "ghosts")), "no fact"),
        (Statement("observation", "There are 12,034 traces. " * 30, ("traces",)), "characters"),
        (Statement("observation", "There are 12,034 traces. " * 4, ("traces",)), "sentences"),
        (Statement("observation", "There are 12,034\u202e traces.", ("traces",)), "U+202E"),
        (Statement("observation", "There are 12,034\x00 traces.", ("traces",)), "U+0000"),
    ],
)
def test_the_form_of_a_statement_is_checked_first(statement: Statement, reason: str) -> None:
    assert reason in refusal(TRACES, statement)


def test_refused_text_is_kept_beside_what_was_let_through() -> None:
    said = [Statement("observation", text, ("traces",)) for text in ("There are 12,034 traces.", "There are 9 traces.")]
    checked = check([*said, said[0]], TRACES, KINDS)
    assert checked.accepted == (said[0],)
    assert [each.text for each in checked.refused] == ["There are 9 traces.", "There are 12,034 traces."]
    assert "said before" in checked.refused[1].reason


WORDS = st.sampled_from(
    ["dead traces", "clipped traces", "mean score", "median amplitude", "files", "held-out windows"]
)
TEMPLATES = st.sampled_from(
    ["The {words}: {shown}.", "The value of the {words} is {shown}.", "{shown} is the {words}."]
)
COUNTS = st.integers(0, 10**9).map(lambda number: Fact("x", "", number, "count"))
SHARES = st.integers(0, 10_000).map(lambda number: Fact("x", "", number / 10_000, "share", digits=4))
MEASURES = st.floats(-1e7, 1e7).filter(lambda number: abs(number) > 1e-6).map(
    lambda number: Fact("x", "", round(number, 6), "measure", "ms")
)  # fmt: skip
TELLING = [
    "12,034",
    "all",
    "no",
    "not",
    "dead",
    "traces",
    "%",
    "ms",
    "-3.5",
    "1e5",
    "(8.34",
    "%)",
    "of",
    "the",
    "and",
    "in",
    "1/3",
    "are",
    ".",
    ";",
    "a",
    "third",
    "survey_002",
    "pass",
    "above",
    "half",
    "dozen",
    "—",
    "4-5",
    "'12'",
    "twenty",
]
ANY = st.one_of(COUNTS, SHARES, MEASURES)


def _said(fact: Fact, words: str, template: str, shown: str) -> str:
    named = Fact(fact.name, words, fact.value, fact.kind, fact.unit, fact.digits)
    text = template.format(words=words, shown=shown)
    return refusal(Facts([named]), Statement("observation", text[0].upper() + text[1:], ("x",)))


@given(ANY, WORDS, TEMPLATES)
def test_a_fact_as_it_is_shown_is_let_through(fact: Fact, words: str, template: str) -> None:
    assert _said(fact, words, template, fact.shown()) == ""


@given(ANY, WORDS, TEMPLATES, st.floats(0.06, 100), st.booleans())
def test_a_number_changed_beyond_rounding_is_refused(
    fact: Fact, words: str, template: str, by: float, up: bool
) -> None:
    value = float(fact.value)
    other = value * (1 + by) if up else value / (1 + by)
    if fact.kind == "count":
        other = round(other)
    changed = Fact("x", words, other if other != value else value + 1, fact.kind, fact.unit, 6)
    assert _said(fact, words, template, changed.shown()) != ""


@given(st.text(max_size=450), st.sampled_from(sorted(fact_sets())))
def test_any_text_is_judged_without_an_error(text: str, name: str) -> None:
    facts = fact_sets()[name]
    checked = check([Statement("observation", text, facts.names)], facts, KINDS)
    assert len(checked.accepted) + len(checked.refused) == 1


@given(st.lists(st.sampled_from(TELLING), max_size=30))
def test_any_row_of_telling_words_is_judged_without_an_error(words: list[str]) -> None:
    facts = fact_sets()["quality"]
    assert check([Statement("observation", " ".join(words), facts.names)], facts, KINDS)


CLASSES = Facts(
    [
        Fact("predicted", "predicted class", "normal", "name"),
        Fact("beside", "class of the traces beside", "anomaly", "name"),
        Fact("weakest", "weakest class", "boundary", "name"),
        Fact("verdict", "verdict", "warn", "verdict"),
    ]
)


@pytest.mark.parametrize("text", ["The predicted class is normal.", "The predicted class is 'normal'."])
def test_a_class_may_be_called_by_a_word_that_judges_elsewhere(text: str) -> None:
    assert check([Statement("observation", text, ("predicted",))], CLASSES, KINDS).refused == ()


@pytest.mark.parametrize(
    "text",
    [
        "The predicted class is not normal.",
        "The predicted class is normal and safe.",
        "The predicted class is normal-looking.",
        "The weakest class is normal.",
        "The class of the traces beside is normal.",
        "The verdict is normal.",
        "The data are normal.",
    ],
)
def test_such_a_word_is_no_judgement_on_anything_else(text: str) -> None:
    assert check([Statement("observation", text, CLASSES.names)], CLASSES, KINDS).accepted == ()
