"""Files of SEG-Y revision 2 and 2.1, put together here, as hardly any program writes all of it."""

import numpy as np
import pytest

from seismic_assets.segy import (
    EmptySegyError,
    SegyError,
    TruncatedSegyError,
    UnsupportedSegyError,
    inspect_file,
    open_segy,
    read_layout,
)
from seismic_assets_tests.segy.building import assemble, text_block

SAMPLES = np.random.default_rng(2).normal(size=(12, 20)).astype(np.float32)
ENDIANS = ["big", "little"]


def revision_2(path, minor=1, *, binary=None, samples=SAMPLES, **others):
    fields = {3501: ("u1", 2), 3502: ("u1", minor)} | (binary or {})
    return assemble(path, samples, 5, binary=fields, **others)


def check_samples(path):
    with open_segy(path) as reader:
        assert reader.layout.revision[0] == 2
        assert reader.traces().tobytes() == SAMPLES.tobytes()
        return reader.layout


@pytest.mark.parametrize("endian", ENDIANS)
@pytest.mark.parametrize("minor", [0, 1])
def test_a_plain_file_is_read(tmp_path, endian, minor):
    layout = check_samples(revision_2(tmp_path / "a.sgy", minor, endian=endian))
    assert (layout.revision, layout.num_traces, layout.notes) == ((2, minor), 12, ())


@pytest.mark.parametrize("endian", ENDIANS)
def test_extended_samples_and_interval_replace_the_short_fields(tmp_path, endian):
    binary = {3217: ("i2", 1), 3221: ("u2", 1), 3269: ("i4", 20), 3273: ("f8", 500.0)}
    layout = check_samples(revision_2(tmp_path / "a.sgy", endian=endian, binary=binary))
    assert (layout.num_samples, layout.sample_interval_us) == (20, 500)


def test_traces_longer_than_two_bytes_can_say_are_read(tmp_path):
    samples = np.arange(2 * 70_000, dtype=np.float32).reshape(2, -1)
    path = revision_2(tmp_path / "a.sgy", samples=samples, binary={3221: ("u2", 0), 3269: ("i4", 70_000)})
    with open_segy(path) as reader:
        assert (reader.traces() == samples).all()
    assert inspect_file(path).admitted


@pytest.mark.parametrize("interval", [62.5, 1e12, np.inf])
def test_an_interval_that_is_no_whole_number_of_microseconds_is_refused(tmp_path, interval):
    path = revision_2(tmp_path / "a.sgy", binary={3273: ("f8", interval)})
    with pytest.raises(UnsupportedSegyError, match="no whole number of microseconds; resample it"):
        read_layout(path)


@pytest.mark.parametrize("endian", ENDIANS)
@pytest.mark.parametrize("kind", ["i2", "i4"])
@pytest.mark.parametrize(("extra", "own"), [(1, 0), (1, 1), (3, 3), (2, 0)])
def test_additional_trace_headers_are_passed_over(tmp_path, endian, kind, extra, own):
    minor = 0 if kind == "i4" else 1
    path = revision_2(
        tmp_path / "a.sgy",
        minor,
        endian=endian,
        binary={3507: (kind, extra)},
        trace={189: ("i4", np.arange(12)), 240 + 157: ("i2", own)},
        extra_headers=extra,
    )
    layout = check_samples(path)
    assert (layout.extra_trace_headers, layout.header_bytes, layout.num_traces) == (extra, 240 * (1 + extra), 12)
    with open_segy(path) as reader:
        assert reader.headers().inline.tolist() == list(range(12))


@pytest.mark.parametrize(("extra", "own"), [(2, 1), (-1, 0), (101, 0), (1, 7)])
def test_a_varying_number_of_additional_headers_is_refused(tmp_path, extra, own):
    path = revision_2(tmp_path / "a.sgy", binary={3507: ("i2", extra)}, trace={240 + 157: ("i2", own)}, extra_headers=2)
    with pytest.raises(UnsupportedSegyError, match=r"additional trace headers .*rewrite it as SEG-Y revision 1"):
        read_layout(path)


def test_the_type_of_survey_of_revision_2_1_does_not_add_headers(tmp_path):
    assert check_samples(revision_2(tmp_path / "a.sgy", binary={3509: ("i2", 1)})).extra_trace_headers == 0


def test_the_offset_of_the_first_trace_is_followed(tmp_path):
    gap = bytes(500)
    layout = check_samples(revision_2(tmp_path / "a.sgy", binary={3521: ("u8", 4100)}, texts=[gap]))
    assert (layout.data_offset, layout.num_traces) == (4100, 12)


@pytest.mark.parametrize(("offset", "kind"), [(3599, UnsupportedSegyError), (2**63, EmptySegyError)])
def test_an_offset_within_the_headers_or_behind_the_end_is_refused(tmp_path, offset, kind):
    with pytest.raises(kind):
        read_layout(revision_2(tmp_path / "a.sgy", binary={3521: ("u8", offset)}))


def test_data_trailers_are_no_traces(tmp_path):
    binary = {3529: ("i4", 2)}
    path = revision_2(tmp_path / "a.sgy", binary=binary, tail=text_block("((SEG: A))") + text_block("((SEG: EndText))"))
    assert check_samples(path).num_traces == 12


def test_trailers_of_unknown_number_end_where_the_declared_traces_do(tmp_path):
    binary = {3529: ("i4", -1), 3513: ("u8", 12)}
    path = revision_2(tmp_path / "a.sgy", binary=binary, tail=text_block("((SEG: EndText))"))
    assert check_samples(path).num_traces == 12


def test_more_trailers_than_there_are_bytes_are_refused(tmp_path):
    with pytest.raises(EmptySegyError):
        read_layout(revision_2(tmp_path / "a.sgy", binary={3529: ("i4", 2**31 - 1)}))


@pytest.mark.parametrize(("declared", "right"), [(12, True), (0, True), (11, False), (13, False), (2**64 - 1, False)])
def test_the_declared_number_of_traces_must_be_that_of_the_size(tmp_path, declared, right):
    path = revision_2(tmp_path / "a.sgy", binary={3513: ("u8", declared)})
    if right:
        assert check_samples(path).num_traces == 12
    else:
        with pytest.raises(TruncatedSegyError, match=rf"12 traces where bytes 3513-3520 declare {declared:,}; copy"):
            read_layout(path)


def test_extended_texts_and_everything_else_at_once(tmp_path):
    texts = [text_block("((SEG: Location Data))"), text_block("((SEG: EndText))")]
    path = revision_2(
        tmp_path / "a.sgy",
        endian="little",
        binary={3505: ("i2", -1), 3507: ("i2", 1), 3513: ("u8", 12), 3521: ("u8", 3600 + 6400), 3529: ("i4", 1)},
        texts=texts,
        trace={240 + 161: ("f8", 5e5 + np.arange(12)), 240 + 169: ("f8", 6e6)},
        extra_headers=1,
        tail=bytes(3200),
    )
    layout = check_samples(path)
    assert (layout.extended_headers, layout.data_offset, layout.extra_trace_headers) == (2, 10_000, 1)
    report = inspect_file(path)
    assert (report.admitted, report.revision, report.geometry.x) == (True, "2.1", (5e5, 5e5 + 11))
    assert report.text.stanzas == ("SEG: Location Data", "SEG: EndText")


@pytest.mark.parametrize("cut", [1, 240, 241, 500, 559])
def test_a_cut_file_with_additional_headers_is_refused(tmp_path, cut):
    path = revision_2(tmp_path / "a.sgy", binary={3507: ("i2", 1)}, extra_headers=1)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(SegyError, match="before the end of trace 12"):
        read_layout(path)
