import numpy as np
import pytest

from seismic_assets.lake import BRONZE_TRACES, to_array
from seismic_assets_tests.frames.building import BROKEN, COUNT, DEAD, bronze_lake, traces


@pytest.fixture(scope="module")
def bronze(tmp_path_factory):
    lake, figures = bronze_lake(tmp_path_factory.mktemp("bronze"))
    return lake.read(BRONZE_TRACES), figures


def test_bronze_holds_the_samples_of_the_file_to_the_last_bit(bronze):
    assert to_array(bronze[0]["samples"]).tobytes() == traces().tobytes()


def test_bronze_holds_the_headers(bronze):
    rows = bronze[0]
    assert rows["trace_index"].to_list() == list(range(COUNT))
    assert rows["crossline"].to_list() == list(range(200, 200 + COUNT))
    assert rows["cdp_x"].to_list() == (np.arange(COUNT) * 25.0).tolist()
    assert rows.select("inline", "sample_interval_us", "start_ms", "num_samples").unique().rows() == [
        (5, 2000, 40, 100)
    ]


def test_dead_and_broken_traces_are_marked(bronze):
    rows, figures = bronze
    assert rows.filter("is_dead")["trace_index"].to_list() == sorted(set(DEAD) - set(BROKEN))
    assert rows.filter("has_nan")["trace_index"].to_list() == sorted(BROKEN)
    assert (figures.dead_traces, figures.nan_traces, figures.traces) == (3, 3, COUNT)
