import os
import struct

import numpy as np
import pytest

from seismic_assets.segy import UnreadableSegyError, open_segy
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
        for read in (reader.traces, reader.headers):
            with pytest.raises(UnreadableSegyError, match=r"traces 0-49 cannot be read .*the file changed"):
                read()
