"""Files that segyio 1.9.14 reads wrongly or not at all, and that are read right here."""

import struct

import numpy as np
import pytest
import segyio

from seismic_assets.segy import SegyError, inspect_file, open_segy
from seismic_assets_tests.segy.building import assemble, patch, text_block, three_bytes, write_line

NUMBERS = np.array([[0, 1, -1, 2**23 - 1, -(2**23), 66_051, -66_051, 255, -256]] * 4)


@pytest.mark.filterwarnings("ignore:Unknown trace value format")
@pytest.mark.parametrize("endian", ["big", "little"])
@pytest.mark.parametrize(("code", "numbers"), [(7, NUMBERS), (15, NUMBERS & 0xFFFFFF)])
def test_three_byte_samples_are_exact(tmp_path, endian, code, numbers):
    path = assemble(tmp_path / "a.sgy", three_bytes(numbers), code, endian=endian)
    with open_segy(path) as reader:
        assert reader.traces().astype(int).tolist() == numbers.tolist()
    with segyio.open(str(path), ignore_geometry=True, endian=endian) as handle:
        assert np.array(handle.trace.raw[:]).tolist() != numbers.tolist(), "the trap is gone: segyio learnt it"


def test_a_variable_count_of_extended_text_headers_does_not_invent_traces(tmp_path):
    samples = np.random.default_rng(0).normal(size=(30, 20)).astype(np.float32)
    path = write_line(tmp_path / "a.sgy", samples, sample_format="ieee")  # 3,200 bytes are 10 traces
    content = path.read_bytes()
    path.write_bytes(content[:3600] + text_block("((SEG: EndText))") + content[3600:])
    patch(path, 3505, struct.pack(">h", -1))
    with open_segy(path) as reader:
        assert reader.traces().tobytes() == samples.tobytes()
    with segyio.open(str(path), ignore_geometry=True) as handle:
        assert handle.tracecount > 30, "the trap is gone: segyio learnt it"


def test_revision_2_with_additional_trace_headers_is_read(tmp_path):
    samples = np.random.default_rng(0).normal(size=(5, 20)).astype(np.float32)
    binary = {3501: ("u1", 2), 3507: ("i4", 1)}
    path = assemble(tmp_path / "a.sgy", samples, 5, binary=binary, extra_headers=1)
    with open_segy(path) as reader:
        assert reader.traces().tobytes() == samples.tobytes()
    with pytest.raises(RuntimeError), segyio.open(str(path), ignore_geometry=True):
        pass


def test_trace_headers_without_number_and_interval_of_samples_are_legal(tmp_path):
    samples = np.random.default_rng(0).normal(size=(5, 20)).astype(np.float32)
    path = assemble(tmp_path / "a.sgy", samples, 5)
    with open_segy(path) as reader:
        headers = reader.headers()
        assert (headers.num_samples.any(), headers.interval_us.any()) == (False, False)
        assert reader.traces().tobytes() == samples.tobytes()
    report = inspect_file(path)
    assert (report.admitted, report.samples, report.sample_interval_us) == (True, 20, 4000)


def test_ibm_floats_below_the_normal_range_are_not_garbled(tmp_path):
    words = np.array([[0xA1200001, 0x21200001, 0x1F123456, 0x41100000]], np.uint32)
    with open_segy(assemble(tmp_path / "a.sgy", words, 1)) as reader:
        found = reader.traces()[0].tolist()
    exact = [-0x200001 * 2.0**-148, 0x200001 * 2.0**-148, 0x123456 * 2.0**-156, 1.0]
    assert found == [float(np.float32(value)) for value in exact]
    assert min(abs(value) for value in found) > 0


def test_no_inline_and_crossline_numbers_are_no_obstacle(tmp_path):
    path = write_line(tmp_path / "a.sgy", inline=[0] * 6, crossline=[0] * 6, cdp=np.arange(6))
    with pytest.raises(RuntimeError, match="unable to find sorting"), segyio.open(str(path)):
        pass
    report = inspect_file(path)
    assert (report.admitted, report.traces, report.geometry.kind) == (True, 6, "2D")
    assert any("a 2D line, CDP 0 to 5" in problem for problem in report.problems)


def test_bytes_that_only_look_like_a_count_of_texts_are_refused_and_not_skipped(tmp_path):
    path = write_line(tmp_path / "a.sgy", count=40, num_samples=20)
    with (
        pytest.raises(SegyError, match="declares 2 extended text headers"),
        open_segy(patch(path, 3505, struct.pack(">h", 2))),
    ):
        pass
