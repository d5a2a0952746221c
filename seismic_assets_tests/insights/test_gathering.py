import math
import re

from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.insights.gathering import UNKNOWN, Gathering, fact_name


@given(parts=st.lists(st.text(max_size=80), min_size=1, max_size=3))
def test_any_text_becomes_a_name_that_a_fact_may_have(parts):
    assert re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", fact_name(*parts))


@given(values=st.lists(st.one_of(st.none(), st.floats()), max_size=20))
def test_what_is_not_known_or_not_finite_is_no_fact_and_names_are_told_apart(values):
    gathered = Gathering()
    shown = [gathered.measure("x", "a figure", value) for value in values]

    finite = [value for value in values if value is not None and math.isfinite(value)]
    assert [fact.value for fact in gathered.facts] == finite
    assert shown.count(UNKNOWN) >= len(values) - len(finite)


def test_what_is_returned_is_what_the_fact_shows():
    gathered = Gathering()
    shown = [
        gathered.count("traces", "traces", 7200, "traces"),
        gathered.share("dead", "dead traces", 0.087),
        gathered.name("file", "file", "a.sgy"),
        gathered.trend("score", "score", -0.2, 0.1),
        gathered.trend("other", "score", 0.05, 0.1),
    ]
    assert shown == ["7,200 traces", "8.7 %", "a.sgy", "falling", "steady"]
    assert shown == [fact.shown() for fact in gathered.facts]
