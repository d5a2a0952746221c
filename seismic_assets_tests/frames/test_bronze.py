import numpy as np
import pytest

from seismic_assets.lake import BRONZE_TRACES, to_array
from seismic_assets_tests.frames.building import BROKEN, COUNT, DEAD, bronze_lake, traces


@pytest.fixture(scope="module")
def bronze(tmp_path_factory):
    lake, quality = bronze_lake(tmp_path_factory.mktemp("bronze"))
    return lake.read(BRONZE_TRACES), quality


def test_bronze_holds_the_samples_of_the_file_to_the_last_bit(bronze):
    assert to_array(bronze[0]["samples"]).tobytes() == traces().tobytes()


def test_bronze_holds_the_headers(bronze):
    rows = bronze[0]
    assert rows["trace_index"].to_list() == list(range(COUNT))
    assert rows["crossline"].to_list() == list(range(200, 200 + COUNT))
    assert rows["cdp"].to_list() == list(range(1000, 1000 + COUNT))
    assert rows["offset"].to_list() == list(range(0, 50 * COUNT, 50))
    assert rows["cdp_x"].to_list() == (np.arange(COUNT) * 25.0).tolist()
    assert rows.select("inline", "sample_interval_us", "start_ms", "num_samples").unique().rows() == [
        (5, 2000, 40, 100)
    ]


def test_dead_and_broken_traces_are_marked(bronze):
    rows, quality = bronze
    assert rows.filter("is_dead")["trace_index"].to_list() == sorted(set(DEAD) - set(BROKEN))
    assert rows.filter("has_nan")["trace_index"].to_list() == sorted(BROKEN)
    assert (quality["dead_traces"], quality["nan_traces"], quality["traces"]) == (3, 3, COUNT)
