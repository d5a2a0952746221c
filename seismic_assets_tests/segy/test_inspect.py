"""What an inspection reports of files that can be read; of damaged ones see test_damaged_files."""

import json
import os

import numpy as np
import pytest

from seismic_assets.segy import ChangedSegyError, inspect_file, open_segy
from seismic_assets.segy.inspect import sample_traces, scan_headers
from seismic_assets_tests.segy.building import patch, write_cube, write_line


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
    report = inspect_file(tmp_path / "missing.sgy")
    assert (report.admitted, report.traces, report.samples, report.geometry) == (False, 0, 0, None)
    assert report.problems == ("does not exist; check the path",)


def test_a_report_holds_what_the_binary_header_and_the_trace_headers_say(tmp_path):
    path = patch(write_cube(tmp_path / "a.sgy", text=["a cube"]), 3217, (2000).to_bytes(2, "big"))
    patch(path, 3255, (2).to_bytes(2, "big"))
    report = inspect_file(path)
    assert report.binary == {
        "interval_us": {"binary_header": 2000, "trace_headers": [4000, 4000]},
        "samples": {"binary_header": 10, "trace_headers": [10, 10]},
        "sorting_code": 0,
        "measurement": "feet",
        "fixed_length": True,
        "extended_text_headers": 0,
        "extra_trace_headers": 0,
        "coordinate_scalars": [-100],
        "data_offset": 3600,
    }
    assert (report.format_code, report.text.encoding, report.text.lines[0]) == (1, "EBCDIC", "C 1 a cube")
    assert (report.amplitudes.traces, report.amplitudes.dead) == (30, 0)
    assert "30 of 30 traces declare another sample interval than 2000 us (4000 to 4000 us)" in report.problems


def test_a_plain_cube_has_no_problems(tmp_path):
    report = inspect_file(write_cube(tmp_path / "a.sgy"))
    assert report.problems == ()
    assert (report.geometry.sorting, report.geometry.crossline_step) == ("inline", 2)
    assert report.geometry.bin_size == pytest.approx(25)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"inline": np.repeat([1, 2, 3, 4, 4], 6)}, "6 traces repeat the inline, crossline and offset of another"),
        ({"crossline": np.tile([1, 2, 3, 4, 5, 7], 5)}, "5 positions of the inline/crossline grid have no trace"),
        ({"sample_interval_us": 8000}, "a sample interval of 8000 us is outside the usual 500 to 4000 us"),
        ({"cdp_x": 1e4 * np.random.default_rng(0).random(30)}, "coordinates do not follow inline and crossline"),
        (
            {name: np.arange(30) // 6 * 0 + (np.arange(30) > 2) for name in ("inline", "crossline", "cdp_x", "cdp_y")},
            "3 traces have neither inline and crossline nor coordinates",
        ),
        ({"traces": np.eye(30, 10, dtype=np.float32)}, "20 of 30 sampled traces are dead"),
        (
            {"traces": np.full((30, 2), [np.nan, 1], np.float32), "sample_format": "ieee"},
            "30 samples of 30 sampled traces are not finite",
        ),
    ],
)
def test_what_is_unusual_is_a_problem_in_a_sentence(tmp_path, changes, sentence):
    report = inspect_file(write_cube(tmp_path / "a.sgy", **changes))
    assert report.admitted
    assert any(problem.startswith(sentence) for problem in report.problems), report.problems


def test_a_file_that_shrinks_during_an_inspection_is_refused_and_not_a_crash(tmp_path):
    path = write_cube(tmp_path / "a.sgy")
    with open_segy(path) as reader:
        os.truncate(path, 3700)
        for look in (scan_headers, sample_traces):
            with pytest.raises(ChangedSegyError, match="became shorter"):
                look(reader)
