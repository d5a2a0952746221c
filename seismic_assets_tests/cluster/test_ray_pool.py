"""A pool of Ray's workers: results in order, errors of their own type, tables equal to those of threads."""

import subprocess
import sys

import cloudpickle
import numpy as np
import pytest

from benchmarks.ray_nodes import ray_nodes
from seismic_assets.attributes import FeatureSet, WindowGrid, feature_names, fit_embedder
from seismic_assets.cluster import RayPool
from seismic_assets.frames import IngestOptions, ingest_files, surroundings_of, write_attributes, write_features
from seismic_assets.lake import (
    BRONZE_TRACES,
    Lake,
    LakeError,
    PartTask,
    RowsRefusedError,
    batch_array,
    trace_attributes_table,
    trace_features_table,
)
from seismic_assets_tests.commands import seismic
from seismic_assets_tests.lake.building import ROWS, rows
from seismic_assets_tests.ports import free_port

pytestmark = pytest.mark.slow
GRID = WindowGrid(64, 32)


@pytest.fixture(scope="module")
def pool():
    with ray_nodes(2) as nodes:
        yield RayPool(nodes.address, token=nodes.token)


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> Lake:
    """A lake with the traces of two surveys."""
    folder = tmp_path_factory.mktemp("surveys")
    assert seismic("survey", folder, "--surveys", "2", "--inlines", "12", "--crosslines", "20").returncode == 0
    made = Lake(tmp_path_factory.mktemp("storage") / "lake")
    for _ in ingest_files(made, {path.name: path for path in sorted(folder.glob("*.sgy"))}, IngestOptions(workers=2)):
        pass
    return made


def test_results_come_in_the_order_of_the_items(pool):
    assert pool.run(lambda number: number * number, list(range(20))) == [number * number for number in range(20)]


def test_nothing_to_do_is_nothing_done():
    assert RayPool("127.0.0.1:1").run(len, []) == []


def test_what_a_piece_raises_is_raised_with_its_own_type(pool):
    def refuse(number: int) -> int:
        if number == 3:
            raise LakeError("table x cannot be read; materialise it again")
        return number

    with pytest.raises(LakeError, match="table x cannot be read"):
        pool.run(refuse, list(range(6)))


def test_a_piece_that_fails_leaves_no_part_behind(pool, tmp_path):
    def broken():
        yield rows(range(3))
        raise OSError(28, "No space left on device")

    lake = Lake(tmp_path / "lake")
    tasks = [PartTask("a.sgy", lambda: [rows(range(5))]), PartTask("a.sgy", broken)]
    with pytest.raises(LakeError, match="No space left"):
        lake.replace_files(ROWS, ["a.sgy"], tasks, pool)

    assert not list(tmp_path.rglob("*.parquet"))


def test_a_file_whose_rows_are_refused_has_none_and_the_others_do(pool, tmp_path):
    def refused():
        yield rows(range(3))
        raise RowsRefusedError("a.sgy")

    lake = Lake(tmp_path / "lake")
    tasks = [
        PartTask("a.sgy", lambda: [rows(range(5))]),
        PartTask("a.sgy", refused),
        PartTask("b.sgy", lambda: [rows([7])]),
    ]

    assert lake.replace_files(ROWS, ["a.sgy", "b.sgy"], tasks, pool) == {"a.sgy": 0, "b.sgy": 1}
    assert len(list(tmp_path.rglob("*.parquet"))) == 1


@pytest.mark.parametrize("features", [FeatureSet("extended"), FeatureSet("lateral")], ids=["extended", "lateral"])
def test_attributes_and_features_are_those_of_threads(pool, lake, features):
    file_ids = lake.file_ids(BRONZE_TRACES)
    traces = batch_array(lake.segments(BRONZE_TRACES, file_ids)[0].group(0, ["samples"])["samples"].combine_chunks())
    embedder = fit_embedder([traces[:, :64].copy()], 8)
    attributes = trace_attributes_table(features.attributes)
    made = trace_features_table(feature_names(8, features))
    found = []
    for workers in (2, pool):
        counts = dict(write_attributes(lake, file_ids, GRID, workers, feature_set=features))
        counts |= dict(write_features(lake, file_ids, embedder, 32, workers, feature_set=features))
        found.append((counts, lake.read(attributes), lake.read(made)))

    assert found[0][0] == found[1][0] and sum(found[0][0].values()) > 0
    assert found[0][1].equals(found[1][1]) and found[0][2].equals(found[1][2])


def test_neighbours_are_sent_without_the_traces_that_are_held(lake):
    around = surroundings_of(lake, lake.file_ids(BRONZE_TRACES), FeatureSet("lateral"))
    before = len(cloudpickle.dumps(around))
    next(iter(around.values())).around(np.arange(50))

    assert len(cloudpickle.dumps(around)) == before


@pytest.mark.parametrize("address", ["127.0.0.1:PORT", "nobody", "auto"])
def test_nobody_there_is_a_sentence(address):
    address = address.replace("PORT", str(free_port()))
    script = (
        "import sys; from seismic_assets.cluster import *\n"
        "try: RayPool(sys.argv[1], token='x' * 32).run(len, [[]])\n"
        "except ClusterError as error: print(error)"
    )
    command = [sys.executable, "-c", script, address]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=90).stdout

    assert told.startswith(f"the Ray cluster {address} does not answer (")
    assert "correct SEISMIC_RAY_ADDRESS" in told
