import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.segy import HeaderMap, open_segy
from seismic_assets.segy.headers import STANDARD_MAP, header_field, parse_headers
from seismic_assets_tests.segy.building import assemble, write_line

ENDIANS = ["big", "little"]
SAMPLES = np.zeros((3, 4), np.float32)


def headers_of(path, mapping=STANDARD_MAP):
    with open_segy(path, mapping) as reader:
        return reader.headers()


@pytest.mark.parametrize("endian", ENDIANS)
def test_fields_are_read_from_the_bytes_of_the_standard(tmp_path, endian):
    trace = {21: ("i4", [5, 6, 7]), 37: ("i4", -150), 115: ("u2", 60_000), 117: ("i2", 4000), 109: ("i2", 12)}
    trace |= {181: ("i4", [1, -2, 3]), 185: ("i4", 9), 189: ("i4", [-1, 2**31 - 1, -(2**31)]), 193: ("i4", 42)}
    headers = headers_of(assemble(tmp_path / "a.sgy", SAMPLES, 5, endian=endian, trace=trace))
    assert headers.trace_index.tolist() == [0, 1, 2]
    assert (headers.cdp.tolist(), headers.offset.tolist()) == ([5, 6, 7], [-150] * 3)
    assert (headers.inline.tolist(), headers.crossline.tolist()) == ([-1, 2**31 - 1, -(2**31)], [42] * 3)
    assert (headers.cdp_x.tolist(), headers.cdp_y.tolist()) == ([1, -2, 3], [9] * 3)
    assert (headers.num_samples.tolist(), headers.interval_us.tolist()) == ([60_000] * 3, [4000] * 3)
    assert headers.start_ms.tolist() == [12] * 3
    assert (headers.inline.dtype, headers.cdp_x.dtype, headers.start_ms.dtype) == (np.int32, np.float64, np.float32)


positions = st.integers(1, 237)


@given(positions, st.integers(-(2**31), 2**31 - 1), st.sampled_from(ENDIANS))
def test_a_mapping_reads_inline_from_wherever_it_is_told(position, number, endian):
    records = np.zeros((2, 240), np.uint8)
    records[1, position - 1 : position + 3] = list(number.to_bytes(4, endian, signed=True))
    headers = parse_headers(records, 10, endian, HeaderMap(inline=position), 240)
    assert headers.inline.tolist() == [0, number]
    assert headers.trace_index.tolist() == [10, 11]
    assert header_field(records, position, "i4", endian).tolist() == [0, number]


def test_all_four_positions_can_be_mapped_at_once(tmp_path):
    trace = {9: ("i4", [1, 1, 2]), 21: ("i4", [7, 8, 7]), 73: ("i4", 1000), 77: ("i4", [2000, 2100, 2200])}
    mapping = HeaderMap(inline=9, crossline=21, cdp_x=73, cdp_y=77)
    headers = headers_of(assemble(tmp_path / "a.sgy", SAMPLES, 5, trace=trace | {71: ("i2", -10)}), mapping)
    assert (headers.inline.tolist(), headers.crossline.tolist()) == ([1, 1, 2], [7, 8, 7])
    assert (headers.cdp_x.tolist(), headers.cdp_y.tolist()) == ([100] * 3, [200, 210, 220])


@pytest.mark.parametrize("position", [0, -4, 238, 1000])
@pytest.mark.parametrize("name", ["inline", "crossline", "cdp_x", "cdp_y"])
def test_a_position_outside_the_header_is_refused(name, position):
    with pytest.raises(ValueError, match=rf"{name} cannot start at byte {position}: .* byte 1 to 237"):
        HeaderMap(**{name: position})


@pytest.mark.parametrize(
    ("scalar", "expected"),
    [(0, 6201972), (1, 6201972), (-1, 6201972), (10, 62019720), (-10, 620197.2), (-1000, 6201.972)],
)
def test_the_scalar_multiplies_divides_or_is_one(tmp_path, scalar, expected):
    trace = {71: ("i2", scalar), 181: ("i4", 6201972), 185: ("i4", -6201972)}
    headers = headers_of(assemble(tmp_path / "a.sgy", SAMPLES, 5, trace=trace))
    assert (headers.cdp_x.tolist(), headers.cdp_y.tolist()) == ([expected] * 3, [-expected] * 3)


def test_each_trace_has_its_own_scalars(tmp_path):
    trace = {71: ("i2", [-100, 1, 100]), 181: ("i4", 500), 109: ("i2", 25), 215: ("i2", [-10, 0, 10])}
    headers = headers_of(assemble(tmp_path / "a.sgy", SAMPLES, 5, trace=trace))
    assert headers.cdp_x.tolist() == [5, 500, 50_000]
    assert headers.start_ms.tolist() == [2.5, 25, 250]


@given(st.integers(-32768, 32767), st.integers(-(2**31), 2**31 - 1))
def test_any_scalar_gives_a_finite_coordinate(scalar, number):
    records = np.zeros((1, 240), np.uint8)
    records[0, 70:72] = list(scalar.to_bytes(2, "big", signed=True))
    records[0, 180:184] = list(number.to_bytes(4, "big", signed=True))
    (x,) = parse_headers(records, 0, "big", STANDARD_MAP, 240).cdp_x
    assert x == (number / -scalar if scalar < 0 else number * max(scalar, 1))


REVISION_2 = {3501: ("u1", 2), 3507: ("i2", 1)}


@pytest.mark.parametrize("endian", ENDIANS)
def test_extended_coordinates_win_where_a_trace_gives_them(tmp_path, endian):
    trace = {71: ("i2", -100), 181: ("i4", 500), 185: ("i4", 700)}
    trace |= {240 + 161: ("f8", [0, 431_000.123456789, 0]), 240 + 169: ("f8", [0, 6_348_000.987654321, 8.25])}
    path = assemble(tmp_path / "a.sgy", SAMPLES, 5, endian=endian, binary=REVISION_2, trace=trace, extra_headers=1)
    headers = headers_of(path)
    assert headers.cdp_x.tolist() == [5, 431_000.123456789, 0]
    assert headers.cdp_y.tolist() == [7, 6_348_000.987654321, 8.25]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_extended_coordinates_that_are_no_numbers_are_passed_over(tmp_path, value):
    trace = {181: ("i4", 500), 185: ("i4", 700), 240 + 161: ("f8", value), 240 + 169: ("f8", 1.0)}
    headers = headers_of(assemble(tmp_path / "a.sgy", SAMPLES, 5, binary=REVISION_2, trace=trace, extra_headers=1))
    assert (headers.cdp_x.tolist(), headers.cdp_y.tolist()) == ([500] * 3, [700] * 3)


def test_samples_do_not_pass_for_extended_coordinates(tmp_path):
    samples = np.full((3, 200), 1.5, np.float32)
    headers = headers_of(write_line(tmp_path / "a.sgy", samples, cdp_x=[1, 2, 3], cdp_y=[4, 5, 6]))
    assert (headers.cdp_x.tolist(), headers.cdp_y.tolist()) == ([1, 2, 3], [4, 5, 6])
