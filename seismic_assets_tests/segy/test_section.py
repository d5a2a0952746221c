import io

import numpy as np
import pytest
from PIL import Image

from seismic_assets.segy import clip_of, middle_section, open_segy, section_png, write_segy


def write_numbers(path, inline, crossline, cdp=None):
    count = len(inline)
    traces = np.arange(count, dtype=np.float32)[:, None] + np.zeros(20, np.float32)
    write_segy(
        path,
        traces,
        inline=inline,
        crossline=crossline,
        cdp_x=np.zeros(count),
        cdp_y=np.zeros(count),
        cdp=np.zeros(count, int) if cdp is None else cdp,
        sample_interval_us=4000,
        start_ms=100,
    )
    return path


def section_of(path):
    with open_segy(path) as reader:
        return middle_section(reader)


def test_the_inline_through_the_middle_of_a_volume_is_shown(tmp_path):
    inline, crossline = np.divmod(np.arange(35), 7)
    section = section_of(write_numbers(tmp_path / "a.sgy", 10 + inline, 100 + crossline))
    assert (section.title, section.axis) == ("inline 12", "crossline")
    assert section.numbers.tolist() == list(range(100, 107))
    assert section.traces[:, 0].tolist() == list(range(14, 21))
    assert (section.start_ms, section.sample_interval_us) == (100, 4000)


def test_of_a_volume_sorted_by_crossline_the_crossline_is_shown(tmp_path):
    crossline, inline = np.divmod(np.arange(35), 7)
    section = section_of(write_numbers(tmp_path / "a.sgy", 10 + inline, 100 + crossline))
    assert (section.title, section.axis) == ("crossline 102", "inline")


def test_a_line_without_numbers_is_shown_by_cdp_and_else_by_trace(tmp_path):
    nothing = np.zeros(9, int)
    by_cdp = section_of(write_numbers(tmp_path / "a.sgy", nothing, nothing, cdp=np.arange(500, 509)))
    by_trace = section_of(write_numbers(tmp_path / "b.sgy", nothing, nothing))
    assert (by_cdp.axis, by_cdp.numbers[0], len(by_cdp.traces)) == ("CDP", 500, 9)
    assert (by_trace.axis, by_trace.numbers.tolist()) == ("trace", list(range(9)))


def test_a_file_of_one_trace_has_a_section(tmp_path):
    assert section_of(write_numbers(tmp_path / "a.sgy", [5], [6])).traces.shape == (1, 20)


def test_colours_end_where_few_samples_lie_beyond(tmp_path):
    traces = np.linspace(-100, 100, 2001, dtype=np.float32)[None]
    assert clip_of(traces) == pytest.approx(98.5, abs=0.2)
    assert clip_of(np.zeros((2, 3), np.float32)) == 1.0
    assert clip_of(np.full((2, 3), np.nan, np.float32)) == 1.0


@pytest.mark.parametrize("value", [0.0, np.nan, 1e30])
def test_a_picture_is_drawn_of_any_amplitudes(tmp_path, value):
    path = tmp_path / "a.sgy"
    place = np.arange(4)
    write_segy(
        path,
        np.full((4, 9), value, np.float32),
        inline=place * 0,
        crossline=place,
        cdp_x=place,
        cdp_y=place,
        sample_interval_us=2000,
        sample_format="ieee",
    )
    picture = Image.open(io.BytesIO(section_png(section_of(path), "a.sgy")))
    assert picture.size == (1100, 500)
