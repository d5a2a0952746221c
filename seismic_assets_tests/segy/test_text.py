import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.segy import open_segy
from seismic_assets.segy.text import (
    begins_stanza,
    decode_text,
    ends_texts,
    looks_like_text,
    stanza_names,
    text_header,
)
from seismic_assets_tests.segy.building import text_block, write_line

CODES = [("cp500", "EBCDIC"), ("ascii", "ASCII")]


@pytest.mark.parametrize(("code", "name"), CODES)
def test_text_is_read_in_the_code_it_was_written_in(code, name):
    encoding, text = decode_text(text_block("C 1 CLIENT: NOBODY, AREA: F3  LINE 42", code))
    assert (encoding, text.rstrip()) == (name, "C 1 CLIENT: NOBODY, AREA: F3  LINE 42")


letters = st.text(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz0123456789 .,:-/=()"))


@pytest.mark.parametrize(("code", "name"), CODES)
@given(text=st.tuples(letters, st.integers(0, 3100)).map(lambda pair: " " * pair[1] + "C 1 LINE " + pair[0][:80]))
def test_any_written_text_comes_back(code, name, text):
    assert decode_text(text_block(text, code)) == (name, text.ljust(3200))


def test_a_block_without_text_is_none():
    assert decode_text(bytes(3200)) == ("none", "")
    header = text_header(bytes(3200), [])
    assert (header.encoding, header.lines, header.extended, header.stanzas) == ("none", (), (), ())


def test_lines_have_80_characters_and_lose_their_blanks_and_the_empty_ones_at_the_end():
    first = "".join(f"C{number:2d} LINE{' ' * number}{number}".ljust(80) for number in range(1, 4))
    header = text_header(text_block(first), [])
    assert header.lines == ("C 1 LINE 1", "C 2 LINE  2", "C 3 LINE   3")


def test_control_characters_do_not_reach_a_terminal():
    header = text_header(b"C 1 A\x1b[31mRED\x07\x00B".ljust(3200), [])
    assert header.lines == ("C 1 A [31mRED  B",)


@pytest.mark.parametrize("code", ["cp500", "ascii"])
def test_text_with_zeros_in_it_is_text_and_samples_are_not(code):
    assert looks_like_text(b"C 1 NAME".decode().encode(code) + bytes(3000))
    assert not looks_like_text(bytes(3200))
    assert not looks_like_text(bytes(range(256)) * 12)


@pytest.mark.parametrize("code", ["cp500", "ascii"])
def test_stanzas_are_named_and_the_last_one_ends_the_texts(code):
    block = text_block("((SEG: Location Data))\nx = 5\n((  Company:  Own  Data ))", code)
    assert begins_stanza(block)
    assert stanza_names(block) == ("SEG: Location Data", "Company: Own Data")
    assert not ends_texts(block)
    assert ends_texts(text_block("((SEG: EndText))", code))
    assert ends_texts(text_block("(( seg : endtext ))", code))
    assert not begins_stanza(text_block("C 1 (( no stanza ))", code))


def test_a_stanza_s_name_is_found_before_a_document_s_bytes():
    block = text_block("((SEG: Measurement Units ver 1.0))")[:200] + bytes(range(256)) * 11 + bytes(184)
    assert stanza_names(block)[0] == "SEG: Measurement Units ver 1.0"


def test_a_reader_gives_first_and_extended_texts(tmp_path):
    path = write_line(tmp_path / "a.sgy", text=["a survey", "of nothing"])
    content = bytearray(path.read_bytes())
    content[3504:3506] = (2).to_bytes(2, "big")
    extended = text_block("((SEG: Location Data))") + text_block("C 1 PLAIN ASCII", "ascii")
    path.write_bytes(content[:3600] + extended + content[3600:])
    with open_segy(path) as reader:
        header = reader.text()
    assert header.encoding == "EBCDIC"
    assert header.lines[:2] == ("C 1 a survey", "C 2 of nothing")
    assert len(header.lines) == 40
    assert header.extended == ("((SEG: Location Data))", "C 1 PLAIN ASCII")
    assert header.stanzas == ("SEG: Location Data",)


@given(st.binary(max_size=3200))
def test_any_bytes_are_shown_without_an_exception(block):
    header = text_header(block.ljust(3200, b"\x00"), [block])
    assert all(line.isprintable() for line in header.lines)
