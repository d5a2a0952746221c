"""Whatever the bytes are, an inspection ends in a right report or in a refusal that says why."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.segy import inspect_file
from seismic_assets_tests.segy.building import write_line

TRACES, SAMPLES = 5, 12
TRACE_BYTES = 240 + 4 * SAMPLES
SIZE = 3600 + TRACES * TRACE_BYTES


@pytest.fixture(scope="module")
def valid(tmp_path_factory):
    return write_line(tmp_path_factory.mktemp("valid") / "a.sgy", count=TRACES, num_samples=SAMPLES).read_bytes()


def inspect_bytes(folder, content):
    path = folder / "b.sgy"
    path.write_bytes(content)
    return inspect_file(path)


def check(report, size):
    if not report.admitted:
        assert (report.traces, report.samples, report.geometry) == (0, 0, None)
        assert len(report.problems) == 1
        assert len(report.problems[0]) > 20
        assert ";" in report.problems[0], "a refusal names its remedy after a semicolon"
        return
    width = {"4": 4, "2": 2, "8": 8, "1": 1}[report.format[0]]
    extended = (size - 3600 - report.traces * (240 + report.samples * width)) / 3200
    assert extended == int(extended) >= 0, "the counts account for every byte"
    assert min(report.traces, report.samples, report.sample_interval_us) > 0


def test_a_report_of_a_written_file_holds_its_facts(tmp_path):
    inline, crossline = np.repeat([3, 4], 3), np.tile([7, 9, 11], 2)
    report = inspect_file(
        write_line(tmp_path / "a.sgy", inline=inline, crossline=crossline, start_ms=100, sample_format="ieee")
    )
    assert (report.admitted, report.traces, report.samples, report.sample_interval_us) == (True, 6, 10, 4000)
    assert (report.format, report.endian, report.revision, report.start_ms) == ("4-byte IEEE float", "big", "1.0", 100)
    geometry = report.geometry
    assert (geometry.kind, geometry.inline, geometry.crossline) == ("3D", (3, 4), (7, 11))
    assert (geometry.inlines, geometry.crosslines, geometry.traces_per_position) == (2, 3, 1)
    assert (geometry.x, geometry.y) == ((6e5, 6.1e5), (6e6, 6.1e6))


def test_kinds_of_geometry_and_shared_positions(tmp_path):
    line = inspect_file(write_line(tmp_path / "line.sgy"))
    heap = inspect_file(write_line(tmp_path / "heap.sgy", crossline=[5] * 6, cdp=[0] * 6))
    assert (line.geometry.kind, heap.geometry.kind) == ("2D", "none")
    assert (line.geometry.traces_per_position, heap.geometry.traces_per_position) == (1, 6)


def test_a_report_is_plain_json(tmp_path):
    report = inspect_file(write_line(tmp_path / "a.sgy"))
    assert json.loads(json.dumps(report.as_dict()))["geometry"]["crossline"] == [100, 105]


def test_a_missing_file_gives_a_report_and_no_exception(tmp_path):
    check(inspect_file(tmp_path / "missing.sgy"), 0)


def test_a_file_cut_anywhere_is_refused_or_holds_whole_traces(tmp_path, valid):
    for size in [*range(0, 3600, 97), *range(3595, SIZE + 1)]:
        report = inspect_bytes(tmp_path, valid[:size])
        traces, rest = divmod(size - 3600, TRACE_BYTES)
        assert report.admitted == (traces > 0 and rest == 0)
        assert report.traces == (traces if report.admitted else 0)
        check(report, size)


# The fields that decide about the layout, and any byte of the three kinds of header.
positions = st.one_of(
    st.integers(3216, 3226),
    st.integers(3500, 3530),
    st.integers(3200, 3599),
    st.integers(0, 3599),
    st.integers(3600, 3839),
)


@settings(max_examples=400, deadline=None)
@given(flips=st.lists(st.tuples(positions, st.integers(0, 255)), min_size=1, max_size=6))
def test_random_bytes_in_the_headers_end_in_a_report_or_a_refusal(tmp_path_factory, valid, flips):
    content = bytearray(valid)
    for position, value in flips:
        content[position] = value
    check(inspect_bytes(tmp_path_factory.getbasetemp(), content), SIZE)


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200), size=st.integers(0, 9000))
def test_bytes_that_are_no_segy_are_refused_or_consistent(tmp_path_factory, content, size):
    repeated = (content * (size // max(len(content), 1) + 1))[:size]
    check(inspect_bytes(tmp_path_factory.getbasetemp(), repeated), len(repeated))
