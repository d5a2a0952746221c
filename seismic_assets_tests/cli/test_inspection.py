"""`seismic inspect` on real files, in words, JSON and pictures."""

import json
from pathlib import Path

import pytest
from PIL import Image

from seismic_assets.cli.preview import section_text
from seismic_assets.segy import middle_section, open_segy
from seismic_assets_tests.commands import seismic

pytestmark = pytest.mark.real_data


def test_the_words_say_what_the_headers_say(real_data: Path) -> None:
    text = seismic("inspect", real_data / "segy/real/f3.sgy").stdout

    for part in (
        "text header, EBCDIC",
        "C 2 This file is a cropped copy of the F3 block in the Dutch North Sea",
        "binary header 4,000 us, trace headers 4,000 us",
        "binary header 75 samples, trace headers 462 samples",
        "2-byte integer (code 3), big-endian",
        "3D, sorted by inline",
        "23 from 111 to 133 (byte 189)",
        "x 620181.9 to 620622.1, y 6074232.9 to 6074794.5, scalar -10",
        "25.00 apart",
        "Note: trace headers declare 462 samples",
    ):
        assert part in text


def test_the_json_holds_what_programs_ask_for(real_data: Path) -> None:
    result = seismic("inspect", real_data / "segy/reference/small-ps.sgy", "--json")
    report = json.loads(result.stdout)

    assert result.returncode == 0
    expected = {"admitted": True, "traces": 24, "samples": 10, "sample_interval_us": 4000, "endian": "big"}
    assert expected.items() <= report.items()
    assert (report["format"], report["format_code"], report["revision"]) == ("4-byte IBM float", 1, "0.0")
    geometry = report["geometry"]
    assert (geometry["kind"], geometry["offsets"], geometry["traces_per_position"]) == ("3D", 2, 2)
    assert report["text"]["encoding"] == "EBCDIC"
    assert report["binary"]["interval_us"] == {"binary_header": 4000, "trace_headers": [0, 0]}
    assert report["amplitudes"]["traces"] == 24
    assert isinstance(report["problems"], list)


def test_an_irregular_file_is_read_and_said_to_be_one(real_data: Path) -> None:
    result = seismic("inspect", real_data / "segy/reference/zfp_small-irregular.sgy")
    assert result.returncode == 0
    assert "1 positions of the inline/crossline grid have no trace" in result.stdout


def test_a_line_without_inline_and_crossline_is_said_to_be_one(real_data: Path) -> None:
    result = seismic("inspect", real_data / "segy/real/31_81_PR.sgy")
    assert result.returncode == 0
    assert "a 2D line, CDP 101 to 634" in result.stdout


def test_a_picture_is_written_beside_the_words(real_data: Path, tmp_path: Path) -> None:
    picture = tmp_path / "line.png"
    result = seismic("inspect", real_data / "segy/real/penobscot_xl1155.sgy", "--picture", picture)
    assert result.returncode == 0
    assert Image.open(picture).size == (1100, 500)


def test_a_picture_into_a_folder_that_is_not_there_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    result = seismic("inspect", tmp_path / "a.sgy", "--picture", tmp_path / "no" / "a.png")
    assert result.returncode == 2
    assert "does not exist" in result.stderr


def test_a_byte_outside_the_trace_header_is_refused(real_data: Path) -> None:
    result = seismic("inspect", real_data / "segy/real/f3.sgy", "--inline-byte", "238")
    assert result.returncode == 2
    assert "237" in result.stderr


def test_other_bytes_are_read_where_the_command_line_says(real_data: Path) -> None:
    report = json.loads(
        seismic("inspect", real_data / "segy/real/31_81_PR.sgy", "--json", "--crossline-byte", "21").stdout
    )
    assert report["geometry"]["crossline"] == [101, 634]
    assert report["header_bytes"]["crossline"] == 21


def test_the_terminal_shows_blue_above_red_below_and_white_at_zero(real_data: Path) -> None:
    with open_segy(real_data / "segy/real/F3_very_small.sgy") as reader:
        section = middle_section(reader)
    text = section_text(section, width=20, height=10)

    lines = text.plain.rstrip("\n").split("\n")
    assert len(lines) == 10
    assert {len(line) for line in lines} == {min(20, len(section.traces))}
    colours = {span.style.color.triplet for span in text.spans}
    assert all(255 in (colour.red, colour.blue) for colour in colours)
    assert any(colour.red == 255 > colour.blue for colour in colours)
    assert any(colour.blue == 255 > colour.red for colour in colours)


def test_the_file_itself_is_never_written_over(tmp_path: Path, real_data: Path) -> None:
    path = tmp_path / "line.sgy"
    path.write_bytes((real_data / "segy/real/f3.sgy").read_bytes())
    before = path.read_bytes()
    assert seismic("inspect", path, "--picture", path).returncode == 2
    refused = seismic("predict", path, "-o", path, "--storage-root", tmp_path / "store")
    assert refused.returncode == 2
    assert "SEG-Y file itself" in refused.stderr
    assert path.read_bytes() == before


def test_tidy_of_a_folder_that_is_no_storage_root_is_refused(tmp_path: Path) -> None:
    result = seismic("tidy", "--storage-root", tmp_path)
    assert result.returncode == 2
    assert "no storage root" in result.stderr
