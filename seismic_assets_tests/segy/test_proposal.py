import struct

import numpy as np
import pytest

from seismic_assets.segy import HeaderMap, inspect_file, open_segy
from seismic_assets.segy.proposal import propose_positions
from seismic_assets_tests.segy.building import assemble, write_line

INLINES, CROSSLINES = np.repeat(np.arange(200, 212), 20), np.tile(np.arange(900, 940, 2), 12)


def trace_headers(fields, endian="big"):
    records = np.zeros((len(next(iter(fields.values()))), 240), np.uint8)
    for position, values in fields.items():
        stored = np.asarray(values).astype(">i4" if endian == "big" else "<i4")
        records[:, position - 1 : position + 3] = stored.view(np.uint8).reshape(-1, 4)
    return records


@pytest.mark.parametrize("endian", ["big", "little"])
@pytest.mark.parametrize(("inline", "crossline"), [(9, 21), (17, 13), (17, 25), (5, 181), (221, 225), (237, 1)])
def test_the_bytes_of_inline_and_crossline_are_found(endian, inline, crossline):
    proposal = propose_positions(trace_headers({inline: INLINES, crossline: CROSSLINES}, endian), endian)
    assert (proposal.inline, proposal.crossline) == (inline, crossline)
    assert (proposal.inlines, proposal.crosslines) == ((12, 200, 211), (20, 900, 938))


def test_the_number_that_stays_is_the_inline():
    proposal = propose_positions(trace_headers({9: CROSSLINES.reshape(12, 20).T.ravel(), 21: INLINES}), "big")
    assert proposal is None or proposal.inline != 21
    swapped = {9: np.tile(np.arange(12), 20), 21: np.repeat(np.arange(20), 12)}
    proposal = propose_positions(trace_headers(swapped), "big")
    assert (proposal.inline, proposal.crossline) == (21, 9)


def test_running_numbers_and_coordinates_are_not_proposed():
    count = len(INLINES)
    fields = {1: np.arange(count), 5: np.arange(1, count + 1), 73: 62_000_000 + 25 * CROSSLINES}
    assert propose_positions(trace_headers(fields), "big") is None
    proposal = propose_positions(trace_headers(fields | {9: INLINES, 21: CROSSLINES}), "big")
    assert (proposal.inline, proposal.crossline) == (9, 21)


def test_a_2d_line_has_no_proposal():
    count = np.arange(300)
    line = {1: count, 5: count + 1, 9: 1000 + count // 2, 21: 101 + count, 73: 4_000_000 + 12 * count, 77: 100 + count}
    assert propose_positions(trace_headers(line), "big") is None


def test_constants_a_heap_of_traces_and_a_few_traces_have_none():
    assert propose_positions(trace_headers({9: np.full(50, 7), 21: np.full(50, 3)}), "big") is None
    random = np.random.default_rng(1).integers(0, 5, (2, 400))
    assert propose_positions(trace_headers({9: random[0], 21: random[1]}), "big") is None
    assert propose_positions(trace_headers({9: [1, 1, 2], 21: [1, 2, 1]}), "big") is None


def test_a_survey_with_holes_and_a_cut_last_line_is_still_found():
    kept = np.delete(np.arange(len(INLINES) - 7), np.arange(3, 150, 11))
    proposal = propose_positions(trace_headers({9: INLINES[kept], 21: CROSSLINES[kept]}), "big")
    assert (proposal.inline, proposal.crossline) == (9, 21)


def volume(path, inline=9, crossline=21):
    samples = np.random.default_rng(0).normal(size=(len(INLINES), 8)).astype(np.float32)
    return assemble(path, samples, 5, trace={inline: ("i4", INLINES), crossline: ("i4", CROSSLINES)})


def test_an_inspection_proposes_settings_that_then_read_the_volume(tmp_path):
    path = volume(tmp_path / "a.sgy")
    report = inspect_file(path)
    assert (report.admitted, report.geometry.inlines) == (True, 1)
    assert (report.proposal.inline, report.proposal.crossline) == (9, 21)
    (problem,) = [each for each in report.problems if "look like" in each]
    assert "inline and crossline are empty (bytes 189 and 193)" in problem
    assert "SEISMIC_INLINE_BYTE=9 and SEISMIC_CROSSLINE_BYTE=21" in problem

    again = inspect_file(path, HeaderMap(inline=9, crossline=21))
    assert again.proposal is None
    assert (again.geometry.kind, again.geometry.inlines, again.geometry.crosslines) == ("3D", 12, 20)
    with open_segy(path, HeaderMap(inline=9, crossline=21)) as reader:
        assert (reader.headers().inline == INLINES).all()


def test_constant_numbers_at_the_standard_bytes_do_not_hide_the_others(tmp_path):
    path = volume(tmp_path / "a.sgy", 17, 13)
    content = bytearray(path.read_bytes())
    for trace in range(len(INLINES)):
        struct.pack_into(">i", content, 3600 + trace * 272 + 188, 5)
    path.write_bytes(content)
    report = inspect_file(path)
    assert (report.proposal.inline, report.proposal.crossline) == (17, 13)
    assert any("are the same in all traces (bytes 189 and 193)" in problem for problem in report.problems)


def test_a_file_with_numbers_in_place_has_no_proposal(tmp_path):
    assert inspect_file(write_line(tmp_path / "a.sgy", count=30)).proposal is None


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["real/31_81_PR", "reference/shot-gather", "reference/zfp_small-2d", "real/f3"])
def test_real_lines_and_gathers_have_no_proposal(real_data, name):
    assert inspect_file(real_data / f"segy/{name}.sgy").proposal is None


def test_coordinates_of_a_grid_along_the_axes_are_not_taken_for_its_numbers():
    fields = {9: INLINES, 21: CROSSLINES, 73: 100_000 + 25 * INLINES, 185: 200_000 + 25 * CROSSLINES}
    proposal = propose_positions(trace_headers(fields), "big")
    assert (proposal.inline, proposal.crossline) == (9, 21)
