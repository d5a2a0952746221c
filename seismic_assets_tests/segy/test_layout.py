import struct

import pytest

from seismic_assets.segy import (
    EmptySegyError,
    NotSegyError,
    TruncatedSegyError,
    UnreadableSegyError,
    UnsupportedSegyError,
    read_layout,
)
from seismic_assets_tests.ordinary_user import open_folder, ordinary_user
from seismic_assets_tests.segy.building import patch, text_block, write_line


@pytest.fixture
def line(tmp_path):
    return write_line(tmp_path / "line.sgy", count=6, num_samples=10)


def test_the_layout_of_a_written_file_is_what_was_written(line):
    layout = read_layout(line)
    assert (layout.endian, layout.format_code, layout.revision) == ("big", 1, (1, 0))
    assert (layout.num_traces, layout.num_samples, layout.sample_interval_us) == (6, 10, 4000)
    assert (layout.data_offset, layout.trace_bytes) == (3600, 240 + 40)
    assert layout.notes == ()


@pytest.mark.parametrize(("size", "kind"), [(0, NotSegyError), (3599, NotSegyError), (3600, EmptySegyError)])
def test_a_file_without_a_trace_is_refused(line, size, kind):
    line.write_bytes(line.read_bytes()[:size])
    with pytest.raises(kind, match=r"line.sgy"):
        read_layout(line)


def test_a_truncated_file_is_refused_with_the_trace_and_the_missing_bytes(line):
    line.write_bytes(line.read_bytes()[:-7])
    with pytest.raises(TruncatedSegyError, match=r"ends 7 bytes before the end of trace 6.*copy or export it again"):
        read_layout(line)


@pytest.mark.parametrize("code", [0, 13, 14, 99, -1])
def test_an_unknown_sample_format_is_no_segy(line, code):
    patch(line, 3225, struct.pack(">h", code))
    with pytest.raises(NotSegyError, match="no known sample format in bytes 3225-3226"):
        read_layout(line)


@pytest.mark.parametrize("order", [">h", "<h"])
def test_a_sample_format_of_the_standard_that_is_not_decoded_is_named(line, order):
    patch(line, 3225, struct.pack(order, 4))
    with pytest.raises(UnsupportedSegyError, match=r"sample format 4 \(4-byte fixed point with gain\).*convert it"):
        read_layout(line)


def test_the_number_of_samples_of_the_first_trace_stands_in_and_is_noted(line):
    layout = read_layout(patch(line, 3221, bytes(2)))
    assert (layout.num_samples, layout.num_traces) == (10, 6)
    assert "no number of samples in the binary header; 10 of the first trace is used" in layout.notes


def test_no_samples_per_trace_anywhere_is_refused(line):
    patch(line, 3221, bytes(2))
    patch(line, 3600 + 115, bytes(2))
    with pytest.raises(NotSegyError, match="bytes 3221-3222 nor in its first trace; correct"):
        read_layout(line)


def test_more_than_32767_samples_are_unsigned(tmp_path):
    assert read_layout(write_line(tmp_path / "long.sgy", count=1, num_samples=40_000)).num_samples == 40_000


def test_the_sample_interval_of_the_first_trace_stands_in_and_is_noted(line):
    layout = read_layout(patch(line, 3217, bytes(2)))
    assert layout.sample_interval_us == 4000
    assert "of the first trace is used" in layout.notes[0]


def test_two_different_sample_intervals_are_noted(line):
    layout = read_layout(patch(line, 3217, struct.pack(">h", 2000)))
    assert layout.sample_interval_us == 2000
    assert "the first trace says 4000 us" in layout.notes[0]


def test_no_sample_interval_at_all_is_refused(line):
    patch(line, 3217, bytes(2))
    patch(line, 3600 + 117, bytes(2))
    with pytest.raises(UnsupportedSegyError, match=r"no valid sample interval in bytes 3217-3218.*correct"):
        read_layout(line)


def with_texts(line, declared, *texts):
    content = line.read_bytes()
    line.write_bytes(content[:3600] + b"".join(texts) + content[3600:])
    return patch(line, 3505, struct.pack(">h", declared))


@pytest.mark.parametrize("text", [b"\x40" * 3200, bytes(3200), text_block("((SEG: Location Data))", "ascii")])
def test_extended_text_headers_move_the_first_trace(line, text):
    layout = read_layout(with_texts(line, 2, text, text))
    assert (layout.extended_headers, layout.data_offset, layout.num_traces) == (2, 3600 + 6400, 6)


@pytest.mark.parametrize("code", ["cp500", "ascii"])
def test_a_variable_number_of_extended_text_headers_is_read_up_to_the_end_mark(line, code):
    texts = [text_block(text, code) for text in ("C 1 MORE TEXT", "((SEG: Location Data))", "((SEG: EndText))")]
    layout = read_layout(with_texts(line, -1, *texts))
    assert (layout.extended_headers, layout.data_offset, layout.num_traces) == (3, 3600 + 9600, 6)


def test_a_stanza_may_hold_a_document_before_the_end_mark(line):
    document = text_block("((SEG: Picture))")[:80] + bytes(range(256)) * 12 + bytes(48)
    layout = read_layout(with_texts(line, -1, document, text_block("((SEG: EndText))")))
    assert (layout.extended_headers, layout.num_traces) == (2, 6)


def test_a_variable_number_of_extended_text_headers_without_end_mark_is_refused(line):
    for texts in ([], [text_block("C 1 MORE")], [text_block("((SEG: Location Data))")]):
        with pytest.raises(UnsupportedSegyError, match=r"none is marked \(\(SEG: EndText\)\).*fixed number"):
            read_layout(with_texts(line, -1, *texts))


def test_more_text_than_any_end_mark_allows_is_refused_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr("seismic_assets.segy.layout._MOST_TEXTS", 3)
    line = with_texts(write_line(tmp_path / "a.sgy"), -1, *[text_block("C 1 TEXT")] * 5)
    with pytest.raises(UnsupportedSegyError, match=r"none is marked \(\(SEG: EndText\)\).*fixed number"):
        read_layout(line)


def test_more_extended_text_headers_declared_than_there_are_is_refused(line):
    with pytest.raises(
        UnsupportedSegyError, match=r"declares 3 extended .* number 2 is not text; correct their number"
    ):
        read_layout(with_texts(line, 3, text_block("C 1 TEXT")))


def test_fewer_extended_text_headers_declared_than_there_are_is_refused(tmp_path):
    line = write_line(tmp_path / "a.sgy", count=40, num_samples=20)  # 3,200 bytes are 10 traces: the size fits
    full = text_block("C 1 A LONG LINE OF TEXT ABOUT NOTHING IN PARTICULAR ".ljust(80, "*") * 40)
    with pytest.raises(UnsupportedSegyError, match=r"has text where its first trace header should be.*correct"):
        read_layout(with_texts(line, 0, full))


def test_bytes_swapped_in_pairs_are_refused(line):
    patch(line, 3501, b"\x02\x01")
    with pytest.raises(UnsupportedSegyError, match=r"swapped in pairs .*; copy it byte by byte"):
        read_layout(patch(line, 3297, struct.pack(">I", 0x02010403)))


def test_a_file_without_read_permission_is_refused_with_the_remedy():
    with open_folder() as folder:
        line = write_line(folder / "line.sgy")
        line.chmod(0)
        with ordinary_user(), pytest.raises(UnreadableSegyError, match="no permission to read it; grant read access"):
            read_layout(line)


def test_a_missing_file_and_a_folder_are_unreadable(tmp_path):
    for path, reason in ((tmp_path / "missing.sgy", "does not exist; check the path"), (tmp_path, "is a folder")):
        with pytest.raises(UnreadableSegyError, match=reason):
            read_layout(path)


def test_a_wrong_number_of_samples_in_the_binary_header_is_named_where_the_traces_say_better(line):
    with pytest.raises(TruncatedSegyError, match=r"whole traces of the 10 samples .* correct bytes 3221-3222"):
        read_layout(patch(line, 3221, struct.pack(">h", 11)))


def test_a_few_bytes_too_many_are_named(line):
    line.write_bytes(line.read_bytes() + b"\r\n\x1a")
    with pytest.raises(TruncatedSegyError, match="or has 3 bytes too many after trace 6"):
        read_layout(line)
