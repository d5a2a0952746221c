"""Holes in trace headers: found where they are holes, filled from the nearest traces, and reported."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.survey import impute
from seismic_assets.survey.impute import impute_headers


def survey(inlines: int = 20, crosslines: int = 30, first_inline: int = 111) -> dict[str, np.ndarray]:
    """Complete headers of a rotated grid of 25 m bins, inline by inline."""
    inline, crossline = np.meshgrid(
        np.arange(first_inline, first_inline + inlines), np.arange(875, 875 + crosslines), indexing="ij"
    )
    inline, crossline = inline.ravel(), crossline.ravel()
    return {
        "inline": inline,
        "crossline": crossline,
        "cdp_x": 620_000 + 25.0 * crossline - 0.7 * inline,
        "cdp_y": 6_074_000 + 25.0 * inline + 0.7 * crossline,
        "cdp": crossline.copy(),
        "offset": np.zeros_like(inline),
    }


def test_complete_headers_stay_as_they_are():
    headers = survey()
    result = impute_headers(headers)
    for name, values in headers.items():
        np.testing.assert_array_equal(result.values[name], values)
        assert result.report[name].missing == 0


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_a_hole_is_filled_from_its_neighbours(data):
    headers = survey()
    truth = {name: values.copy() for name, values in headers.items()}
    name = data.draw(st.sampled_from(["inline", "crossline", "cdp_x", "cdp_y", "cdp"]))
    holes = data.draw(st.lists(st.integers(0, 599), min_size=1, max_size=30, unique=True))
    headers[name][holes] = 0
    result = impute_headers(headers)
    bins = 25.0 if name.startswith("cdp_") else 1.0
    assert np.abs(result.values[name] - truth[name]).max() <= 3 * bins
    known = np.setdiff1d(np.arange(600), holes)
    np.testing.assert_array_equal(result.values[name][known], truth[name][known])
    assert (result.report[name].missing, result.report[name].imputed_by_knn) == (len(holes), len(holes))


def test_a_hole_inside_a_line_is_filled_exactly():
    headers = survey()
    headers["crossline"][[45, 200, 333]] = 0
    np.testing.assert_array_equal(impute_headers(headers).values["crossline"], survey()["crossline"])


def test_nan_counts_as_missing():
    headers = survey()
    headers["cdp_x"][[10, 20]] = np.nan
    result = impute_headers(headers)
    assert result.report["cdp_x"].missing == 2
    assert np.isfinite(result.values["cdp_x"]).all()


def test_an_empty_column_is_absent_and_left_alone():
    result = impute_headers(survey())
    assert result.report["offset"].absent
    assert result.report["offset"].missing == 0
    assert not result.values["offset"].any()


def test_a_mostly_zero_column_keeps_its_zeros():
    headers = survey()
    headers["offset"][:5] = 100
    result = impute_headers(headers)
    assert result.report["offset"].zero_is_a_number
    np.testing.assert_array_equal(result.values["offset"], headers["offset"])


@pytest.mark.parametrize("name", ["inline", "crossline"])
def test_a_numbering_that_starts_at_zero_keeps_its_zeros(name):
    headers = survey()
    headers[name] = headers[name] - headers[name].min()
    result = impute_headers(headers)
    assert result.report[name].zero_is_a_number
    np.testing.assert_array_equal(result.values[name], headers[name])


def test_holes_in_a_numbering_that_starts_at_one_are_holes():
    headers = survey(first_inline=1)
    headers["inline"][[100, 250, 400]] = 0
    result = impute_headers(headers)
    assert result.report["inline"].imputed_by_knn == 3
    np.testing.assert_array_equal(result.values["inline"], survey(first_inline=1)["inline"])


def test_the_median_serves_where_a_run_has_no_neighbour(monkeypatch):
    monkeypatch.setattr(impute, "RUN_LENGTH", 100)
    headers = survey()
    headers["inline"][100:200] = 0
    report = impute_headers(headers).report["inline"]
    assert (report.missing, report.imputed_by_knn, report.imputed_by_median) == (100, 0, 100)


def test_a_long_file_is_filled_run_by_run_to_the_same_values(monkeypatch):
    headers = survey()
    headers["crossline"][[45, 200, 333]] = 0
    whole = impute_headers(headers)
    monkeypatch.setattr(impute, "RUN_LENGTH", 128)
    by_run = impute_headers(headers)
    np.testing.assert_array_equal(whole.values["crossline"], by_run.values["crossline"])


def test_numbers_stay_integers_and_coordinates_floats():
    headers = survey()
    headers["inline"][7] = 0
    values = impute_headers(headers).values
    assert values["inline"].dtype == np.int32
    assert values["cdp_x"].dtype == np.float64


def test_a_polars_frame_and_a_part_of_the_columns_do():
    headers = survey()
    headers["crossline"][45] = 0
    frame = pl.DataFrame(headers).select("inline", "crossline").with_columns(pl.lit("x").alias("file_id"))
    result = impute_headers(frame)
    assert sorted(result.values) == ["crossline", "inline"]
    np.testing.assert_array_equal(result.values["crossline"], survey()["crossline"])


def test_the_headers_that_were_given_are_not_changed():
    headers = survey()
    headers["inline"][7] = 0
    impute_headers(headers)
    assert headers["inline"][7] == 0
