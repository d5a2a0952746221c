import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.segy.binary_header import detect_endian, format_codes, parse_binary_header

ORDER = {"big": ">", "little": "<"}


def binary(endian="big", revision=(0, 0), **fields) -> bytes:
    """A binary header with fields named by letter and position, such as h3225=5."""
    header = bytearray(400)
    header[300:302] = bytes(revision)
    for name, value in fields.items():
        struct.pack_into(ORDER[endian] + name[0], header, int(name[1:]) - 3201, value)
    return bytes(header)


@pytest.mark.parametrize("endian", ORDER)
@pytest.mark.parametrize("code", [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16])
def test_the_byte_order_is_told_by_the_format_code(endian, code):
    header = binary(endian, h3225=code)
    assert detect_endian(header) == endian
    assert format_codes(header)[endian] == code


@pytest.mark.parametrize("code", [0, 4, 13, 14, 17, -1, 99])
def test_a_code_that_is_not_decoded_tells_none(code):
    assert detect_endian(binary(h3225=code)) is None


@pytest.mark.parametrize("endian", ORDER)
def test_fields_of_revision_1_are_at_their_bytes(endian):
    fields = {"h3217": 4000, "H3221": 60_000, "h3225": 5, "h3229": 4, "h3255": 1, "h3503": 1, "h3505": -1}
    header = parse_binary_header(binary(endian, (1, 0), **fields), endian)
    assert (header.interval_us, header.num_samples, header.format_code, header.sorting) == (4000, 60_000, 5, 4)
    assert (header.measurement, header.fixed_length, header.extended_texts) == ("metres", True, -1)
    assert (header.revision, header.endian) == ((1, 0), endian)


def test_feet_and_what_is_not_declared():
    assert parse_binary_header(binary(h3225=1, h3255=2), "big").measurement == "feet"
    header = parse_binary_header(binary(h3225=1), "big")
    assert (header.measurement, header.fixed_length, header.interval_us, header.num_samples) == ("", False, 0, 0)


def test_an_interval_with_its_sign_bit_set_is_negative():
    assert parse_binary_header(binary(h3217=-2), "big").interval_us == -2


EXTENDED = {"h3217": 4000, "H3221": 10, "i3269": 100_000, "d3273": 62.5, "Q3513": 7, "Q3521": 9600, "i3529": 2}


@pytest.mark.parametrize("endian", ORDER)
@pytest.mark.parametrize("revision", [(2, 0), (2, 1)])
def test_extended_fields_of_revision_2_replace_the_short_ones(endian, revision):
    header = parse_binary_header(binary(endian, revision, h3507=1, **EXTENDED), endian)
    assert (header.num_samples, header.interval_us) == (100_000, 62.5)
    assert (header.num_traces, header.first_trace, header.trailers, header.extra_trace_headers) == (7, 9600, 2, 1)


def test_fields_of_revision_2_are_not_read_in_revision_1():
    header = parse_binary_header(binary("big", (1, 0), h3507=1, **EXTENDED), "big")
    assert (header.num_samples, header.interval_us) == (10, 4000)
    assert (header.num_traces, header.first_trace, header.trailers, header.extra_trace_headers) == (0, 0, 0, 0)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
def test_an_extended_interval_that_is_none_leaves_the_short_one(value):
    assert parse_binary_header(binary("big", (2, 1), h3217=2000, d3273=value), "big").interval_us == 2000


@pytest.mark.parametrize("endian", ORDER)
def test_revision_2_0_keeps_the_number_of_additional_headers_in_four_bytes(endian):
    assert parse_binary_header(binary(endian, (2, 0), i3507=3), endian).extra_trace_headers == 3


def test_the_type_of_survey_of_revision_2_1_is_no_number_of_headers():
    assert parse_binary_header(binary("big", (2, 1), h3507=0, h3509=3), "big").extra_trace_headers == 0


@pytest.mark.parametrize(
    ("written", "understood"),
    [((0, 0), (0, 0)), ((1, 0), (1, 0)), ((0, 1), (1, 0)), ((0, 2), (1, 0)), ((2, 1), (2, 1)), ((0x24, 0x25), (1, 0))],
)
def test_a_revision_is_understood_and_revision_2_believed_only_where_it_is_meant(written, understood):
    assert parse_binary_header(binary(revision=written), "big").revision == understood


@pytest.mark.parametrize(
    ("constant", "pairwise"), [(0, False), (0x01020304, False), (0x02010403, True), (0x03040102, True)]
)
def test_the_byte_order_constant_tells_bytes_swapped_in_pairs(constant, pairwise):
    assert parse_binary_header(binary("big", (2, 0), I3297=constant), "big").pairwise_swapped is pairwise


@given(st.binary(min_size=400, max_size=400), st.sampled_from(sorted(ORDER)))
def test_any_400_bytes_are_parsed(block, endian):
    header = parse_binary_header(block, endian)
    assert header.num_samples >= 0
    assert header.revision[0] <= 2
