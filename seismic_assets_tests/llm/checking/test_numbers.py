from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.llm.checking import numbers_in


@pytest.mark.parametrize(
    ("text", "value", "form", "unit"),
    [
        ("1,200 traces", "1200", "number", ""),
        ("1 200 traces", "1200", "number", ""),
        ("1'200 traces", "1200", "number", ""),
        ("1200000", "1200000", "number", ""),
        ("8.7 %", "8.7", "percent", ""),
        ("8,7%", "8.7", "percent", ""),
        ("8.7 per cent", "8.7", "percent", ""),
        ("3 percentage points", "3", "points", ""),
        ("-3.5 dB", "-3.5", "number", "dB"),
        ("minus 3.5 dB", "-3.5", "number", "dB"),
        ("4ms", "4", "number", "ms"),
        ("4 milliseconds", "4", "number", "ms"),
        ("4 µs", "4", "number", "us"),
        ("1.2k", "1200", "number", ""),
        ("1.2M", "1200000", "number", ""),
        ("1.2 million", "1200000", "number", ""),
        ("3e-4", "0.0003", "number", ""),
        ("twelve hundred", "1200", "number", ""),
        ("one thousand two hundred and four", "1204", "number", ""),
        ("twenty-one", "21", "number", ""),
        ("two dozen", "24", "number", ""),
        ("a dozen", "12", "number", ""),
        ("1/4", "0.25", "fraction", ""),
        ("a quarter", "0.25", "fraction", ""),
        ("three quarters", "0.75", "fraction", ""),
        ("half", "0.5", "fraction", ""),
        ("one in five", "0.2", "fraction", ""),
        ("1 out of 5", "0.2", "fraction", ""),
    ],
)
def test_a_number_is_read_in_each_guise(text: str, value: str, form: str, unit: str) -> None:
    (mention,) = numbers_in(text)
    assert (mention.value, mention.form, mention.unit) == (Decimal(value), form, unit)


@pytest.mark.parametrize(
    "text", ["v3", "3D", "2024-05-03", "12:30", "1st", "twice", "dozens", "third", "two three", "5x"]
)
def test_what_only_looks_like_a_number_is_not_read_as_one(text: str) -> None:
    assert [mention.form for mention in numbers_in(text)] == ["unread"]


@pytest.mark.parametrize("text", ["3 to 5", "3-5", "3–5", "between 3 and 5"])
def test_a_range_is_its_two_ends(text: str) -> None:
    assert [int(mention.value) for mention in numbers_in(text)] == [3, 5]


@given(st.integers(0, 10**12))
def test_a_whole_number_with_separators_is_read_as_it_is(number: int) -> None:
    assert [mention.value for mention in numbers_in(f"There are {number:,} of them.")] == [number]


@given(st.text(max_size=200))
def test_every_number_stands_where_it_is_said_to_and_none_overlaps_the_next(text: str) -> None:
    end = 0
    for mention in numbers_in(text):
        assert text[mention.start : mention.end] == mention.text
        assert mention.start >= end
        end = mention.end


@given(st.text(alphabet="0123456789.,-+eE/%kM' abc", max_size=40))
def test_any_row_of_digits_and_marks_is_read_without_an_error(text: str) -> None:
    numbers_in(text)
