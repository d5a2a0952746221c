"""Valid files with random damage are read with the right counts or refused with a reason: never garbage, never a crash.

The traces and samples of a file are those it had, unless the damage is in the fields that say them and what they say
now fits the file's size to the byte.
"""

import os
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.segy import SegyError, inspect_file, open_segy, take_stock
from seismic_assets_tests.segy.building import assemble, patch, text_block, write_cube

INLINE, CROSSLINE = np.repeat(np.arange(11, 16), 6), np.tile(np.arange(100, 106), 5)
SAMPLES = np.random.default_rng(1).normal(scale=1000, size=(30, 24)).astype(np.float32)
HEADERS = {
    9: ("i4", INLINE),
    21: ("i4", CROSSLINE),
    71: ("i2", -100),
    115: ("u2", 24),
    117: ("i2", 4000),
    181: ("i4", 62_000_000 + 2500 * CROSSLINE),
    185: ("i4", 600_000_000 + 2500 * INLINE),
    189: ("i4", INLINE),
    193: ("i4", CROSSLINE),
}
# Where a file says how many traces and samples it has and how they are coded, positions from 1.
COUNTING = (
    set(range(3221, 3223))  # samples
    | set(range(3225, 3227))  # format
    | set(range(3269, 3273))  # samples of revision 2
    | set(range(3297, 3301))  # byte order
    | set(range(3501, 3533))  # revision, texts, additional headers, traces, first trace, trailers
)
KINDS = ["cube", "texts", "little", "revision 2"]


def build(kind, path):
    if kind == "cube":
        write_cube(path, num_samples=24)
    elif kind == "texts":
        texts = [text_block("C 1 MORE TEXT"), text_block("((SEG: EndText))")]
        assemble(path, SAMPLES, 5, binary={3501: ("u1", 1), 3505: ("i2", 2)}, texts=texts, trace=HEADERS)
    elif kind == "little":
        assemble(path, SAMPLES.astype(np.int16), 3, endian="little", binary={3505: ("i2", 0)}, trace=HEADERS)
    else:
        binary = {3501: ("u1", 2), 3502: ("u1", 1), 3507: ("i2", 1), 3513: ("u8", 30)}
        extended = {240 + 161: ("f8", 6e5 + 25.0 * CROSSLINE), 240 + 169: ("f8", 6e6 + 25.0 * INLINE)}
        assemble(path, SAMPLES, 5, binary=binary, trace=HEADERS | extended, extra_headers=1)
    return path


class Whole(bytes):
    """The bytes of a valid file, which a failing test need not print."""

    def __repr__(self):
        return f"<{len(self):,} bytes of a valid file>"


@pytest.fixture(scope="module", params=KINDS)
def valid(request, tmp_path_factory):
    path = build(request.param, tmp_path_factory.mktemp("valid") / "a.sgy")
    report = inspect_file(path)
    assert (report.admitted, report.traces, report.samples) == (True, 30, 24)
    return Whole(path.read_bytes())


def check(folder, content, *, counting):
    """Look at a damaged file as the product does, and return its report."""
    path = folder / "damaged.sgy"
    path.write_bytes(content)
    with np.errstate(divide="raise", invalid="raise"):
        report = inspect_file(path)
        try:
            with open_segy(path) as reader:
                traces, headers, layout = reader.traces(), reader.headers(), reader.layout
        except SegyError as error:
            assert not report.admitted
            assert report.problems == (error.reason,)
    if not report.admitted:
        assert (report.traces, report.samples, report.geometry) == (0, 0, None)
        (reason,) = report.problems
        assert len(reason) > 30
        assert ";" in reason, "what to do stands behind a semicolon"
        return report
    assert traces.shape == (report.traces, report.samples) == (layout.num_traces, layout.num_samples)
    assert len(headers.inline) == report.traces
    assert min(report.traces, report.samples, report.sample_interval_us) > 0
    end = layout.data_offset + report.traces * layout.trace_bytes
    assert end <= len(content)
    if not counting:
        assert (report.traces, report.samples) == (30, 24)
        assert end == len(content)
    return report


positions = st.one_of(
    st.integers(0, 3199),
    st.integers(3200, 3599),
    st.integers(3600, 25_000),
    st.sampled_from(sorted(position - 1 for position in COUNTING)),
)
damage = st.lists(st.tuples(positions, st.integers(0, 255)), min_size=1, max_size=8)


@settings(max_examples=120, deadline=None)
@given(flips=damage)
def test_random_bytes_anywhere_end_in_the_right_counts_or_a_refusal(tmp_path_factory, valid, flips):
    content = bytearray(valid)
    for position, value in flips:
        content[position % len(valid)] = value
    damaged = {at + 1 for at in range(3200, 3600) if content[at] != valid[at]}
    check(tmp_path_factory.getbasetemp(), content, counting=damaged & COUNTING)


@settings(max_examples=50, deadline=None)
@given(start=st.integers(3600, 14_000), filling=st.binary(min_size=1, max_size=900))
def test_a_stretch_of_random_bytes_over_traces_ends_in_the_right_counts_or_a_refusal(
    tmp_path_factory, valid, start, filling
):
    content = (valid[:start] + filling + valid[start + len(filling) :])[: len(valid)]
    check(tmp_path_factory.getbasetemp(), content, counting=False)


@settings(max_examples=40, deadline=None)
@given(size=st.integers(0, 20_000))
def test_a_file_cut_anywhere_holds_whole_traces_or_is_refused(tmp_path_factory, valid, size):
    size = min(size, len(valid))
    path = tmp_path_factory.getbasetemp() / "whole.sgy"
    path.write_bytes(valid)
    with open_segy(path) as reader:
        layout = reader.layout
    report = check(tmp_path_factory.getbasetemp(), valid[:size], counting=True)
    whole, rest = divmod(size - layout.data_offset, layout.trace_bytes)
    declares = layout.revision[0] == 2  # the number of its traces, which cut files do not have
    assert report.admitted == (whole > 0 and rest == 0 and (whole == 30 or not declares))
    assert report.traces == (whole if report.admitted else 0)


@settings(max_examples=40, deadline=None)
@given(tail=st.binary(min_size=1, max_size=700))
def test_bytes_behind_the_last_trace_are_refused_or_a_whole_trace(tmp_path_factory, valid, tail):
    report = check(tmp_path_factory.getbasetemp(), valid + tail, counting=True)
    assert report.traces in (0, 30 + 1)


contradictions = st.fixed_dictionaries(
    {},
    optional={
        (3217, "h"): st.integers(-(2**15), 2**15 - 1),
        (3221, "H"): st.sampled_from([0, 1, 2, 12, 23, 24, 25, 48, 54, 84, 65_535]),
        (3225, "h"): st.integers(-1, 17),
        (3269, "i"): st.sampled_from([0, 24, 25, -1, 2**31 - 1]),
        (3273, "d"): st.sampled_from([0.0, 4000.0, 0.5, 1e300, float("inf"), float("nan"), -1.0]),
        (3501, "B"): st.sampled_from([0, 1, 2, 3, 255]),
        (3502, "B"): st.sampled_from([0, 1, 2, 255]),
        (3505, "h"): st.sampled_from([-1, 0, 1, 2, 3, 32_767, -32_768]),
        (3507, "h"): st.sampled_from([0, 1, 2, 100, 101, -1, 32_767]),
        (3513, "Q"): st.sampled_from([0, 29, 30, 31, 2**64 - 1]),
        (3521, "Q"): st.sampled_from([0, 1, 3600, 3840, 10_000, 2**63, 2**64 - 1]),
        (3529, "i"): st.sampled_from([0, 1, 2, -1, 2**31 - 1, -(2**31)]),
    },
)


@settings(max_examples=120, deadline=None)
@given(fields=contradictions, order=st.sampled_from("><"))
def test_contradictory_fields_end_in_counts_that_fit_the_size_or_a_refusal(tmp_path_factory, valid, fields, order):
    content = bytearray(valid)
    for (position, kind), value in fields.items():
        struct.pack_into(order + kind, content, position - 1, value)
    counting = {position for position, _ in fields} - {3217, 3273}
    report = check(tmp_path_factory.getbasetemp(), content, counting=counting)
    assert report.sample_interval_us < 2**31


trace_fields = st.dictionaries(
    st.tuples(st.integers(0, 29), st.sampled_from([21, 37, 71, 109, 115, 117, 189, 193, 181, 215])),
    st.integers(-(2**15), 2**15 - 1),
    min_size=1,
    max_size=20,
)


@settings(max_examples=40, deadline=None)
@given(fields=trace_fields)
def test_contradictory_trace_headers_do_not_change_the_counts(tmp_path_factory, valid, fields):
    path = tmp_path_factory.getbasetemp() / "whole.sgy"
    path.write_bytes(valid)
    with open_segy(path) as reader:
        layout = reader.layout
    content = bytearray(valid)
    for (trace, position), value in fields.items():
        at = layout.data_offset + trace * layout.trace_bytes + position - 1
        struct.pack_into(">h" if layout.endian == "big" else "<h", content, at, value)
    report = check(tmp_path_factory.getbasetemp(), content, counting=False)
    assert report.admitted or "lengths" in report.problems[0]


@settings(max_examples=50, deadline=None)
@given(content=st.binary(max_size=400), size=st.integers(0, 12_000))
def test_bytes_that_are_no_segy_are_refused_or_consistent(tmp_path_factory, content, size):
    repeated = (content * (size // max(len(content), 1) + 1))[:size]
    check(tmp_path_factory.getbasetemp(), repeated, counting=True)


@settings(max_examples=40, deadline=None)
@given(size=st.integers(0, 14_000), start=st.integers(0, 29), stop=st.integers(0, 30))
def test_a_file_cut_while_it_is_open_gives_its_traces_or_a_sentence(tmp_path_factory, valid, size, start, stop):
    path = tmp_path_factory.getbasetemp() / "shrinking.sgy"
    path.write_bytes(valid)
    start, stop = sorted((start, stop))
    with open_segy(path) as reader:
        whole, layout = reader.traces(), reader.layout
        os.truncate(path, min(size, len(valid)))
        there = layout.data_offset + stop * layout.trace_bytes <= min(size, len(valid))
        if there or start == stop:
            assert (reader.traces(start, stop) == whole[start:stop]).all()
        else:
            with pytest.raises(SegyError, match="became shorter while it was read"):
                reader.traces(start, stop)
        with pytest.raises(SegyError, match="changed while it was read"):
            if size < len(valid):
                reader.check_unchanged()
            else:
                raise SegyError(path, "changed while it was read: no, it was not cut at all")


@pytest.mark.parametrize("content", [b"\x00", b"\xff"])
def test_a_file_overwritten_while_it_is_open_is_read_without_a_crash_and_noticed(tmp_path, valid, content):
    path = tmp_path / "a.sgy"
    path.write_bytes(valid)
    os.utime(path, ns=(10**18, 10**18))
    with open_segy(path) as reader:
        with path.open("r+b") as stream:
            stream.write(content * len(valid))
        assert reader.traces().shape == (30, 24)
        assert len(reader.headers().inline) == 30
        with pytest.raises(SegyError, match="changed while it was read"):
            reader.check_unchanged()


def test_damaged_files_are_quarantined_and_the_others_admitted(tmp_path):
    for kind in KINDS:
        build(kind, tmp_path / f"{kind}.sgy")
        content = build(kind, tmp_path / f"{kind} cut.sgy").read_bytes()
        (tmp_path / f"{kind} cut.sgy").write_bytes(content[:-1])
        patch(build(kind, tmp_path / f"{kind} code.sgy"), 3225, b"\x63\x63")
    stock = take_stock(tmp_path)
    assert {entry.relative for entry in stock.admitted} == {f"{kind}.sgy" for kind in KINDS}
    assert len(stock.quarantined) == 2 * len(KINDS)
    assert all(entry.digest and entry.reason and entry.judged_at for entry in stock.quarantined)
