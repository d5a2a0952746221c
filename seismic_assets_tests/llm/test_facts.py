import pytest

from seismic_assets.llm.facts import Fact, Facts


@pytest.mark.parametrize(
    ("fact", "shown"),
    [
        (Fact("a", "dead traces", 1200, "count", "traces"), "1,200 traces"),
        (Fact("a", "files", 3, "count"), "3"),
        (Fact("a", "share", 0.0873, "share"), "8.73 %"),
        (Fact("a", "share", 1.0, "share"), "100 %"),
        (Fact("a", "interval", 4.0, "measure", "ms"), "4 ms"),
        (Fact("a", "rms", 12345.6, "measure"), "12,346"),
        (Fact("a", "rms", 0.000123, "measure", digits=2), "0.00012"),
        (Fact("a", "verdict", "warn", "verdict", "ignored"), "warn"),
    ],
)
def test_a_value_is_shown_as_a_report_shows_it(fact: Fact, shown: str) -> None:
    assert fact.shown() == shown
    assert fact.sentence() == f"{fact.words}: {shown}"


def test_facts_keep_their_order_and_are_found_by_name() -> None:
    one, two = Fact("b", "files", 1, "count"), Fact("a", "surveys", 2, "count")
    facts = Facts([one, two])
    assert (facts.names, len(facts), list(facts)) == (("b", "a"), 2, [one, two])
    assert "a" in facts and "c" not in facts and facts["a"] is two
    assert facts.lines() == "b | files | 1\na | surveys | 2"
    assert facts.to_dict() == {"b": 1, "a": 2}


def test_two_facts_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two facts are named 'a'"):
        Facts([Fact("a", "x", 1, "count"), Fact("a", "y", 2, "count")])
