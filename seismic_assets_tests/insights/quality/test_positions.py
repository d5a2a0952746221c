import numpy as np
import polars as pl
import pytest

from seismic_assets.insights.quality.positions import POSITION_SCHEMA, positions_of
from seismic_assets_tests.insights.quality.building import grid, headers


def only(frame: pl.DataFrame) -> dict[str, object]:
    (row,) = positions_of(frame).to_dicts()
    return row


def test_a_regular_grid_has_its_spacing_and_no_jumps() -> None:
    row = only(grid("a.sgy", 4, 5).with_columns(cdp_y=5e6 + 12.5 * (pl.col("inline") - 100)))

    assert (row["spacing"], row["line_spacing"]) == (25.0, 12.5)
    assert (row["steps"], row["irregular_steps"], row["jumps"]) == (4 * 4 + 3 * 5, 0, 0)
    assert (row["located"], row["positions"], row["places"]) == (20, 20, 20)


def test_the_order_of_rows_does_not_matter() -> None:
    whole = pl.concat([grid("a.sgy", 6, 7), grid("b.sgy", 3, 3)])

    assert positions_of(whole.sample(fraction=1.0, shuffle=True, seed=4)).equals(positions_of(whole))


def test_a_trace_with_another_scalar_is_a_jump_on_every_side() -> None:
    moved = pl.when(pl.col("trace_index") == 55).then(pl.col("cdp_x") * 10).otherwise(pl.col("cdp_x"))

    assert only(grid("a.sgy").with_columns(cdp_x=moved))["jumps"] == 4


def test_coordinates_of_zero_or_nan_are_none() -> None:
    trace = pl.col("trace_index")
    x = pl.when(trace < 7).then(0.0).otherwise("cdp_x")
    y = pl.when(trace < 7).then(0.0).when(trace == 50).then(np.nan).otherwise("cdp_y")
    holed = grid("a.sgy").with_columns(x.alias("cdp_x"), y.alias("cdp_y"))

    row = only(holed)
    assert row["located"] == 100 - 8
    assert row["y_max"] == 5_000_000 + 225


def test_a_gap_in_the_numbers_is_no_irregular_step() -> None:
    assert only(grid("a.sgy", 1, 30).filter(~pl.col("trace_index").is_between(10, 20)))["irregular_steps"] == 0


def test_a_line_without_inline_and_crossline_goes_by_its_cdp() -> None:
    row = only(grid("a.sgy", 1, 30).with_columns(inline=pl.lit(0, pl.Int32), crossline=pl.lit(0, pl.Int32)))

    assert (row["numbered"], row["positions"], row["spacing"], row["steps"]) == (0, 30, 25.0, 29)


def test_a_line_without_any_number_goes_by_the_order_of_traces() -> None:
    zero = pl.lit(0, pl.Int32)

    row = only(grid("a.sgy", 1, 30).with_columns(inline=zero, crossline=zero, cdp=zero))

    assert (row["with_cdp"], row["spacing"], row["places"]) == (0, 25.0, 30)


def test_a_single_crossline_has_a_spacing() -> None:
    assert only(grid("a.sgy", 30, 1))["spacing"] == 25.0


def test_traces_of_one_gather_are_one_position() -> None:
    gather = pl.concat([grid("a.sgy", 3, 3)] * 4).with_columns(trace_index=pl.int_range(pl.len()))

    row = only(gather)
    assert (row["traces"], row["positions"], row["places"], row["spacing"]) == (36, 9, 9, 25.0)


@pytest.mark.parametrize("traces", [0, 1])
def test_of_no_trace_or_one_there_are_no_steps(traces: int) -> None:
    found = positions_of(headers(grid("a.sgy").head(traces).to_dict()))

    assert found.schema == pl.Schema(POSITION_SCHEMA)
    assert found["steps"].sum() == 0
    assert found.height == traces
