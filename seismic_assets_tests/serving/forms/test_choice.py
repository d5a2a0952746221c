import pytest
from fastapi import HTTPException
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.serving.forms import Form, choose

OFFERED = (Form.JSON, Form.RAW, Form.CSV)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", Form.JSON),
        ("  ", Form.JSON),
        ("*/*", Form.JSON),
        ("text/csv", Form.CSV),
        ("TEXT/CSV; charset=utf-8", Form.CSV),
        ("text/*", Form.CSV),
        ("application/*", Form.JSON),
        ("text/csv;q=0.1, application/octet-stream;q=0.2", Form.RAW),
        ("text/csv;q=0.1, application/octet-stream", Form.RAW),
        ("application/json;q=0, */*", Form.RAW),
        ("application/json;q=0.1, application/*", Form.RAW),
        ("text/html, */*;q=0.1", Form.JSON),
        ("text/csv, application/json", Form.JSON),  # both alike: the default
        ("text/csv;q=7", Form.CSV),
        ("application/json;q=nan, text/csv;q=0.5", Form.CSV),
        ("application/json;q=x, text/csv;q=0.5", Form.CSV),
        ("application/json;q=-1, text/csv;q=0.5", Form.CSV),
        (",,text/csv,", Form.CSV),
    ],
)
def test_the_form_is_the_one_that_accept_prefers(accept: str, chosen: Form) -> None:
    assert choose(accept, OFFERED, Form.JSON) is chosen


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "application/vnd.apache.parquet", "*/*;q=0"])
def test_what_is_not_offered_is_refused_with_what_is(accept: str) -> None:
    with pytest.raises(HTTPException) as caught:
        choose(accept, OFFERED, Form.JSON)

    assert caught.value.status_code == 406
    assert all(form.value in caught.value.detail for form in OFFERED)


@pytest.mark.parametrize("default", OFFERED)
def test_a_caller_without_a_wish_gets_the_default(default: Form) -> None:
    assert choose("*/*", OFFERED, default) is default


ranges = st.sampled_from([*(form.value for form in Form), "*/*", "text/*", "application/*", "image/png", "", "/"])
qualities = st.one_of(st.just(""), st.floats().map(lambda number: f";q={number}"), st.text(max_size=5).map(";".__add__))


@given(st.one_of(st.text(max_size=40), st.lists(st.tuples(ranges, qualities).map("".join)).map(",".join)))
def test_any_header_gives_an_offered_form_or_a_refusal(accept: str) -> None:
    try:
        assert choose(accept, OFFERED, Form.JSON) in OFFERED
    except HTTPException as error:
        assert error.status_code == 406
