import os
import struct
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from seismic_assets.segy import ChangedSegyError, UnreadableSegyError, open_segy
from seismic_assets_tests.segy.building import patch, write_line


def test_blocks_are_the_whole_file_in_order(tmp_path):
    path = write_line(tmp_path / "a.sgy", count=25, num_samples=8)
    with open_segy(path) as reader:
        whole_headers, whole = reader.headers(), reader.traces()
        blocks = list(reader.blocks(7))
    assert [len(traces) for _, traces in blocks] == [7, 7, 7, 4]
    assert (np.concatenate([traces for _, traces in blocks]) == whole).all()
    for name in ("trace_index", "crossline", "cdp_x", "start_ms"):
        joined = np.concatenate([getattr(headers, name) for headers, _ in blocks])
        assert (joined == getattr(whole_headers, name)).all()
    assert whole_headers.trace_index.tolist() == list(range(25))


def test_a_range_past_the_end_is_cut(tmp_path):
    with open_segy(write_line(tmp_path / "a.sgy", count=5)) as reader:
        assert reader.traces(3, 99).shape == (2, 10)
        assert reader.headers(3, 99).trace_index.tolist() == [3, 4]


def test_the_time_scalar_applies_to_the_start(tmp_path):
    path = write_line(tmp_path / "a.sgy", count=1, start_ms=25)
    with open_segy(patch(path, 3600 + 215, struct.pack(">h", -10))) as reader:
        assert reader.start_ms == 2.5


def test_a_scalar_of_zero_means_one(tmp_path):
    path = write_line(tmp_path / "a.sgy", count=1, cdp_x=[12.34], cdp_y=[56.78])
    with open_segy(patch(path, 3600 + 71, bytes(2))) as reader:
        headers = reader.headers()
    assert (headers.cdp_x[0], headers.cdp_y[0]) == (1234, 5678)


def test_a_file_that_shrinks_while_it_is_read_is_reported_in_a_sentence(tmp_path):
    path = write_line(tmp_path / "a.sgy", count=50)
    with open_segy(path) as reader:
        os.truncate(path, 3700)
        for read in (reader.traces, reader.headers, reader.header_bytes, lambda: list(reader.blocks())):
            with pytest.raises(ChangedSegyError, match=r"became shorter while it was read, at trace 0; copy it again"):
                read()


def test_a_range_before_the_cut_of_a_shrunken_file_is_still_right(tmp_path):
    path = write_line(tmp_path / "a.sgy", count=50)
    with open_segy(path) as reader:
        before = reader.traces(0, 10)
        os.truncate(path, 3600 + 20 * 280)
        assert (reader.traces(0, 10) == before).all()
        with pytest.raises(ChangedSegyError):
            reader.traces(10, 21)


@pytest.mark.parametrize("change", ["overwritten", "grown", "replaced", "touched"])
def test_a_file_that_changes_while_it_is_open_is_noticed(tmp_path, change):
    path = write_line(tmp_path / "a.sgy", count=5)
    os.utime(path, ns=(10**18, 10**18))
    with open_segy(path) as reader:
        reader.check_unchanged()
        if change == "overwritten":
            with path.open("r+b") as stream:
                stream.seek(4000)
                stream.write(b"x")
        if change == "grown":
            with path.open("ab") as stream:
                stream.write(bytes(280))
        if change == "replaced":
            write_line(path, count=5)
        if change == "touched":
            path.touch()
        with pytest.raises(ChangedSegyError, match="changed while it was read; it is read again"):
            reader.check_unchanged()
        assert reader.traces().shape == (5, 10)


def test_a_file_that_vanishes_while_it_is_open_is_noticed_and_can_be_read_on(tmp_path):
    path = write_line(tmp_path / "a.sgy", count=5)
    with open_segy(path) as reader:
        path.unlink()
        assert reader.traces().shape == (5, 10)
        with pytest.raises(UnreadableSegyError, match="does not exist"):
            reader.check_unchanged()


def test_samples_are_written_into_the_array_that_is_given(tmp_path):
    out = np.full((8, 10), 99, np.float32)
    with open_segy(write_line(tmp_path / "a.sgy", count=6)) as reader:
        found = reader.traces(1, 6, out)
        assert np.shares_memory(found, out)
        assert (found == reader.traces(1, 6)).all()
        assert (out[5:] == 99).all()
        assert np.shares_memory(reader.read(0, 6, out).samples, out)


def test_traces_longer_than_one_read_are_whole(tmp_path, monkeypatch):
    path = write_line(tmp_path / "a.sgy", count=7, num_samples=100)
    with open_segy(path) as reader:
        whole, headers = reader.traces(), reader.headers()
    for size in (1, 640, 641, 2000):
        monkeypatch.setattr("seismic_assets.segy.reader._READ_BYTES", size)
        with open_segy(path) as reader:
            assert (reader.traces() == whole).all()
            assert (reader.read(2, 7).headers.crossline == headers.crossline[2:]).all()


def test_a_scan_hands_over_every_byte_once_and_in_order(tmp_path, monkeypatch):
    path = write_line(tmp_path / "a.sgy", count=7)
    monkeypatch.setattr("seismic_assets.segy.reader._READ_BYTES", 1000)
    taken = []
    with open_segy(path) as reader:
        crosslines = np.concatenate(
            [headers.crossline for headers in reader.scan(lambda part: taken.append(bytes(part)))]
        )
        assert (crosslines == reader.headers().crossline).all()
    assert b"".join(taken) == path.read_bytes()


def test_threads_read_from_one_reader_without_disturbing_each_other(tmp_path, monkeypatch):
    monkeypatch.setattr("seismic_assets.segy.reader._READ_BYTES", 3000)
    path = write_line(tmp_path / "a.sgy", count=400)
    with open_segy(path) as reader, ThreadPoolExecutor(4) as pool:
        whole = reader.traces()
        starts = range(0, 400, 5)
        for start, found in zip(starts, pool.map(lambda at: reader.traces(at, at + 50), starts), strict=True):
            assert (found == whole[start : start + 50]).all()


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.sgy")
    with pytest.raises(UnreadableSegyError, match=r"pipe, socket or device"), open_segy(tmp_path / "pipe.sgy"):
        pass
