"""Traces of different lengths are refused even where the file's size would fit traces of one length."""

import struct

import numpy as np
import pytest

from seismic_assets.segy import UnsupportedSegyError, inspect_file, open_segy, take_stock
from seismic_assets.segy.inspect import scan_headers
from seismic_assets_tests.segy.building import assemble, write_line


def of_lengths(path, lengths, declared, endian="big"):
    """A file of IEEE floats whose traces have these lengths, each saying its own."""
    samples = np.zeros((1, declared), np.float32)
    content = assemble(path, samples, 5, endian=endian).read_bytes()[:3600]
    order = ">" if endian == "big" else "<"
    for number, length in enumerate(lengths):
        header = bytearray(240)
        struct.pack_into(f"{order}i", header, 188, 5)
        struct.pack_into(f"{order}i", header, 192, 100 + number)
        struct.pack_into(f"{order}Hh", header, 114, length, 4000)
        content += bytes(header) + np.linspace(1, 2, length, dtype=f"{order}f4").tobytes()
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("endian", ["big", "little"])
@pytest.mark.parametrize("lengths", [[40, 60, 50], [50, 40, 60, 50], [110, 1, 50, 100, 0x20]])
def test_a_file_whose_size_fits_one_length_by_chance_is_refused(tmp_path, lengths, endian):
    path = of_lengths(tmp_path / "a.sgy", lengths, 50, endian)
    if (path.stat().st_size - 3600) % (240 + 200):
        lengths[-1] += 110 - (sum(lengths) + 60 * len(lengths)) % 110
        of_lengths(path, lengths, 50, endian)
    said = rf"different lengths \({min(lengths)} to {max(lengths)} samples\).*; export it with traces of one length"
    with open_segy(path) as reader, pytest.raises(UnsupportedSegyError, match=said):
        scan_headers(reader)
    report = inspect_file(path)
    assert not report.admitted
    assert (report.traces, report.geometry) == (0, None)


def test_such_a_file_is_quarantined_with_its_digest(tmp_path):
    of_lengths(tmp_path / "a.sgy", [40, 60, 50], 50)
    (entry,) = take_stock(tmp_path).quarantined
    assert "traces of different lengths (40 to 60 samples)" in entry.reason
    assert entry.digest


def test_such_a_file_is_refused_even_where_headers_read_in_the_wrong_place_declare_nothing(tmp_path):
    # Read as two traces of 50, the second one's number of samples is read from zeros of its header.
    report = inspect_file(of_lengths(tmp_path / "a.sgy", [40, 60], 50))
    assert not report.admitted
    assert "(40 to 60 samples)" in report.problems[0]


def test_one_length_that_every_trace_declares_needs_no_note(tmp_path):
    report = inspect_file(of_lengths(tmp_path / "a.sgy", [50] * 5, 50))
    assert (report.admitted, report.traces) == (True, 5)
    assert not any("declare" in problem for problem in report.problems)


@pytest.mark.parametrize(("declared", "said"), [([99] * 6, "99"), ([9, 10, 11, 10, 10, 10], "9 to 11")])
def test_another_number_in_trace_headers_than_the_size_bears_out_is_a_note(tmp_path, declared, said):
    samples = np.random.default_rng(0).normal(size=(6, 10)).astype(np.float32)
    path = assemble(tmp_path / "a.sgy", samples, 5, trace={115: ("u2", declared)})
    report = inspect_file(path)
    assert (report.admitted, report.traces, report.samples) == (True, 6, 10)
    (note,) = [problem for problem in report.problems if "declare" in problem]
    assert note.startswith(f"trace headers declare {said} samples; the 10 of the binary header are used")
    assert report.binary["samples"] == {"binary_header": 10, "trace_headers": [min(declared), max(declared)]}


def test_trace_headers_that_declare_nothing_are_legal(tmp_path):
    samples = np.random.default_rng(0).normal(size=(6, 10)).astype(np.float32)
    report = inspect_file(assemble(tmp_path / "a.sgy", samples, 5))
    assert (report.admitted, report.traces, report.samples, report.sample_interval_us) == (True, 6, 10, 4000)
    assert not any("declare" in problem for problem in report.problems)
    assert report.binary["samples"]["trace_headers"] == report.binary["interval_us"]["trace_headers"] == [0, 0]


def test_traces_of_another_interval_are_counted_in_a_note(tmp_path):
    samples = np.zeros((4, 10), np.float32)
    path = assemble(tmp_path / "a.sgy", samples, 5, trace={117: ("i2", [4000, 2000, 0, 1000])})
    notes = inspect_file(path).problems
    assert "2 of 4 traces declare another sample interval than 4000 us (1000 to 4000 us)" in notes


def test_a_zero_among_different_lengths_is_no_variable_file(tmp_path):
    path = write_line(tmp_path / "a.sgy", count=3)
    content = bytearray(path.read_bytes())
    content[3600 + 114 : 3600 + 116] = bytes(2)
    content[3600 + 280 + 114 : 3600 + 280 + 116] = (11).to_bytes(2, "big")
    path.write_bytes(content)
    assert inspect_file(path).admitted
