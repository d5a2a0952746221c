"""Every sample format of the standard, against a reference that works sample by sample."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seismic_assets.segy import FORMAT_NAMES, open_segy
from seismic_assets.segy.formats import FORMATS, REFUSED_FORMATS, decode, encode_ibm
from seismic_assets_tests.segy.building import STORED, assemble, swapped, three_bytes

ENDIANS = ["big", "little"]
# The ends of every type, what float32 rounds, and ordinary numbers.
NUMBERS = {
    2: [0, 1, -1, 2**24, 2**24 + 1, -(2**24) - 1, 2**31 - 1, -(2**31), 123_456_789],
    3: [0, 1, -1, 2**15 - 1, -(2**15), 258],
    5: [0.0, -0.0, 1.5, -1e-45, 3.4028235e38, np.inf, -np.inf, np.nan],
    6: [0.0, -0.0, 1.5, 0.1, 1e-60, 1e60, -np.inf, np.nan],
    7: [0, 1, -1, 2**23 - 1, -(2**23), 66_051],
    8: [0, 1, -1, 127, -128],
    9: [0, -1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), -(2**63) + 1],
    10: [0, 1, 2**24, 2**24 + 1, 2**31, 2**32 - 1],
    11: [0, 1, 2**15, 2**16 - 1, 258],
    12: [0, 1, 2**53 + 1, 2**63, 2**64 - 1],
    15: [0, 1, 2**23, 2**24 - 1, 66_051],
    16: [0, 1, 128, 255],
}
LETTERS = {2: "i", 3: "h", 5: "f", 6: "d", 8: "b", 9: "q", 10: "I", 11: "H", 12: "Q", 16: "B"}


def packed(number, code, endian) -> bytes:
    """One sample as the standard stores it, by the struct module."""
    if code in (7, 15):
        return int(number).to_bytes(3, endian, signed=code == 7)
    return struct.pack((">" if endian == "big" else "<") + LETTERS[code], number)


def decoded(stored: bytes, num_samples: int, code: int, endian: str, header_bytes: int = 240):
    """Samples of a single trace, and how many were rounded."""
    record = np.frombuffer(bytes(header_bytes) + stored, np.uint8)[None]
    out = np.full((1, num_samples), 7, np.float32)
    return out[0], decode(record, header_bytes, FORMATS[code], endian, out)


def ibm_by_formula(words: np.ndarray) -> np.ndarray:
    """The definition in float64, which holds every IBM value exactly, rounded to float32 once."""
    fraction = (words & 0xFFFFFF).astype(np.float64) / 2.0**24
    exponent = ((words >> 24) & 0x7F).astype(np.float64) - 64
    with np.errstate(over="ignore"):
        return (np.where(words >> 31, -1.0, 1.0) * fraction * 16.0**exponent).astype(np.float32)


def test_every_format_of_the_standard_is_decoded_or_refused_by_name():
    assert set(FORMATS) == {1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16} == set(FORMAT_NAMES)
    assert set(REFUSED_FORMATS) == {4}
    assert {code: each.num_bytes for code, each in FORMATS.items()} == {
        code: np.dtype(kind).itemsize for code, kind in STORED.items()
    }


@pytest.mark.parametrize("endian", ENDIANS)
@pytest.mark.parametrize("code", NUMBERS)
def test_a_format_is_decoded_to_the_nearest_float32_and_counts_what_it_rounds(code, endian):
    numbers = NUMBERS[code]
    found, rounded = decoded(b"".join(packed(each, code, endian) for each in numbers), len(numbers), code, endian)
    with np.errstate(over="ignore"):
        expected = np.array([np.float32(each) for each in numbers])
    if code == 5:
        numbers = expected.tolist()
    assert np.array_equal(found, expected, equal_nan=True)
    assert (np.signbit(found) == np.signbit(expected)).all()
    pairs = [(number, float(value)) for number, value in zip(numbers, expected, strict=True) if not np.isnan(value)]
    assert rounded == sum(number != value for number, value in pairs), "python compares integers and floats exactly"


@pytest.mark.parametrize("endian", ENDIANS)
@pytest.mark.parametrize("code", [7, 15])
@given(numbers=st.lists(st.integers(0, 2**24 - 1), min_size=1, max_size=30))
def test_three_byte_integers_are_exact(code, endian, numbers):
    if code == 7:
        numbers = [number - 2**23 for number in numbers]
    found, rounded = decoded(b"".join(packed(each, code, endian) for each in numbers), len(numbers), code, endian)
    assert (found.astype(int).tolist(), rounded) == (numbers, 0)


words = hnp.arrays(np.uint32, st.integers(1, 50), elements=st.integers(0, 2**32 - 1))
ordinary = hnp.arrays(np.uint32, st.integers(1, 50), elements=st.integers(39 << 24, (97 << 24) - 1))
special = hnp.arrays(
    np.uint32,
    st.integers(1, 50),
    elements=st.sampled_from(
        [
            0,
            0x80000000,
            0x45000000,
            0xC1000000,
            0x7F000000,
            1,
            0x00FFFFFF,
            0x7FFFFFFF,
            0xFFFFFFFF,
            0x26FFFFFF,
            0x21200000,
            0xA1200001,
            0x1B100000,
            0x60FFFFFF,
            0x61100000,
            0x61000001,
            0x41100000,
            0xC276A000,
        ]
    ),
)


@given(words=st.one_of(words, ordinary, special), endian=st.sampled_from(ENDIANS))
def test_ibm_floats_are_those_of_the_formula_to_the_last_bit(words, endian):
    found, rounded = decoded(swapped(words[None], endian).tobytes(), len(words), 1, endian)
    assert (found.view(np.uint32) == ibm_by_formula(words).view(np.uint32)).all()
    assert rounded == 0


def test_ibm_floats_of_the_textbook():
    known = {0xC276A000: -118.625, 0x41100000: 1.0, 0x40800000: 0.5, 0: 0.0, 0x60FFFFFF: 3.4028235e38}
    found, _ = decoded(np.array(list(known), ">u4").tobytes(), len(known), 1, "big")
    assert found.tolist() == [float(np.float32(value)) for value in known.values()]


def test_ibm_floats_below_the_normal_range_of_float32_are_not_garbled():
    # segyio 1.9.14 reads the first word as -6e-45.
    found, _ = decoded(struct.pack(">3I", 0xA1200001, 0x1B100000, 0x00000001), 3, 1, "big")
    assert found[0] == np.float32(-0x200001 * 2.0**-148)  # -5.877475e-39
    assert found[1] == np.float32(16.0**-38)
    assert found[2] == 0.0


def test_ibm_floats_beyond_float32_become_infinite():
    found, _ = decoded(struct.pack(">3I", 0x61100000, 0xFFFFFFFF, 0x41100000), 3, 1, "big")
    assert found.tolist() == [np.inf, -np.inf, 1.0]


def test_an_unnormalised_ibm_zero_does_not_change_its_neighbours():
    found, _ = decoded(struct.pack(">4I", 0x7F000000, 0x42640000, 0x00000000, 0x80000000), 4, 1, "big")
    assert found.tolist() == [0.0, 100.0, 0.0, 0.0]


@given(
    hnp.arrays(
        np.float32,
        st.integers(1, 50),
        elements=st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=True),
    )
)
def test_encoded_ibm_floats_come_back_within_their_fraction(samples):
    words = encode_ibm(samples)
    back = ibm_by_formula(words)
    with np.errstate(over="ignore"):
        assert (np.abs(back.astype(np.float64) - samples) <= np.abs(samples.astype(np.float64)) * 2.0**-21).all()
    assert ((words == 0) == (samples == 0)).all()
    assert ((words & 0x00F00000 != 0) | (words == 0)).all(), "normalised: the first hexadecimal digit is not zero"


@given(
    hnp.arrays(np.int32, st.integers(1, 50), elements=st.integers(-(2**21), 2**21)),
    st.integers(-60, 60),
)
def test_numbers_of_21_bits_survive_encoding_exactly(numbers, power):
    samples = np.ldexp(numbers.astype(np.float64), power).astype(np.float32)
    assert ibm_by_formula(encode_ibm(samples)).tolist() == samples.tolist()


def test_encoding_rounds_to_the_nearest_and_carries():
    largest = np.float32(16.0 * (1 - 2.0**-24))  # 24 ones: fits one hexadecimal digit before the point exactly
    halfway = np.float32(1 + 2.0**-23)  # its last bit is 3 places beyond what IBM keeps of a leading 1
    assert encode_ibm(np.array([largest, halfway, -1.0, -0.0])).tolist() == [0x41FFFFFF, 0x41100000, 0xC1100000, 0]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_ibm_floats_cannot_hold_is_refused(value):
    with pytest.raises(ValueError, match="neither NaN nor infinity; write IEEE floats"):
        encode_ibm(np.array([[1.0, value]], np.float32))


@pytest.mark.parametrize("endian", ENDIANS)
@pytest.mark.parametrize("code", FORMATS)
def test_a_file_of_each_format_is_read_with_all_its_traces(tmp_path, code, endian):
    numbers = np.random.default_rng(code).integers(0, 100, (9, 13))
    samples = numbers.astype(STORED[code]) if code not in (1, 7, 15) else three_bytes(numbers)
    if code == 1:
        samples = encode_ibm(numbers.astype(np.float32))
    with open_segy(assemble(tmp_path / "a.sgy", samples, code, endian=endian)) as reader:
        assert (reader.layout.endian, reader.layout.format_code, reader.num_traces) == (endian, code, 9)
        assert (reader.traces() == numbers).all()
        block = reader.read(2, 99)
    assert (block.samples == numbers[2:]).all()
    assert block.rounded == 0


def test_a_block_says_how_many_samples_were_rounded(tmp_path):
    samples = np.array([[2**24, 2**24 + 1, 0], [2**31 - 1, 5, 2**25 + 4]], "i4")
    with open_segy(assemble(tmp_path / "a.sgy", samples, 2)) as reader:
        assert [reader.read(0, 2).rounded, reader.read(0, 1).rounded] == [2, 1]
