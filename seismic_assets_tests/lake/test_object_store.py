"""The lake in an object store: the same rows as on a disk, whoever is killed or in the way."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from seismic_assets.attributes import WindowGrid
from seismic_assets.frames import IngestOptions, ingest_files, write_attributes
from seismic_assets.lake import BRONZE_TRACES, TRACE_ATTRIBUTES, TRACE_QUALITY, Lake, LakeError, PartTask, audit_table
from seismic_assets.objects import ObjectAddress
from seismic_assets_tests.commands import seismic
from seismic_assets_tests.lake.building import ROWS, WHOLE, rows
from seismic_assets_tests.object_store import BUCKET, object_store, reached

GRID = WindowGrid(64, 32)
KILLS = 20


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with object_store(tmp_path_factory.mktemp("object_store")) as access:
        yield access


@pytest.fixture
def lake(store, request):
    with reached(store):
        yield Lake(ObjectAddress(BUCKET, request.node.name) / "lake")


@pytest.fixture(scope="module")
def surveys(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("surveys")
    made = seismic("survey", folder, "--surveys", "3", "--inlines", "12", "--crosslines", "20")
    assert made.returncode == 0, made.stderr
    return {path.name: path for path in sorted(folder.glob("*.sgy"))}


def fill(lake: Lake, surveys: dict[str, Path]) -> None:
    for _ in ingest_files(lake, surveys, IngestOptions(workers=2)):
        pass
    for _ in write_attributes(lake, list(surveys), GRID, workers=2):
        pass


def test_rows_are_replaced_added_deleted_and_read_as_on_a_disk(lake, tmp_path):
    for each in (lake, disk := Lake(tmp_path / "lake")):
        each.replace_file(ROWS, "a.sgy", rows(range(3), 1))
        each.replace_files(ROWS, ["b.sgy", "c.sgy"], [PartTask("b.sgy", lambda: [rows(range(5), 2)])], workers=2)
        each.append_files(ROWS, [PartTask("a.sgy", lambda: [rows(range(3, 6), 4)])])
        each.replace_file(ROWS, "d.sgy", rows(range(2), 9))
        each.delete_files(ROWS, ["d.sgy", "nobody.sgy"])
        each.delete_rows(ROWS, "value = 4 AND file_id = 'x.sgy'")
        each.replace(WHOLE, pl.DataFrame({"name": ["a", "b"], "value": [1, 2]}))

    assert lake.read(ROWS).equals(disk.read(ROWS))
    assert lake.read(WHOLE).equals(disk.read(WHOLE))
    assert lake.row_counts(ROWS) == disk.row_counts(ROWS) == {"a.sgy": 6, "b.sgy": 5}
    streamed = pl.concat(list(lake.stream(ROWS, "a.sgy")))  # parts that were appended come in any order
    assert streamed.sort("index").equals(disk.read(ROWS, ["a.sgy"], ["index", "value"]))
    assert sorted(lake.tables()) == sorted(disk.tables())
    assert lake.is_there() and lake.is_whole(ROWS)


def test_a_part_that_vanished_is_noticed(lake):
    lake.replace_file(ROWS, "a.sgy", rows(range(3)))
    from seismic_assets.objects.files import remove_files

    remove_files([lake.segments(ROWS, ["a.sgy"])[0].path])

    assert not lake.is_whole(ROWS)
    with pytest.raises(LakeError, match=r"materialise .* of a.sgy again"):
        list(lake.stream(ROWS, "a.sgy"))


def test_tidying_removes_what_no_table_needs(lake):
    for value in (1, 2, 3):
        lake.replace_file(ROWS, "a.sgy", rows(range(1000), value))
    before = lake.size()

    assert lake.tidy(0) == {ROWS.name: 2}

    assert lake.size() < before
    assert lake.read(ROWS)["value"].to_list() == [3] * 1000


def test_a_store_that_is_away_is_a_sentence_and_comes_back(lake):
    lake.replace_file(ROWS, "a.sgy", rows(range(3)))
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    from seismic_assets.objects.files import forget_store

    try:
        os.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
        forget_store()
        with pytest.raises(LakeError, match="check the network and the keys, the last good version is untouched"):
            lake.replace_file(ROWS, "a.sgy", rows(range(4)))
    finally:
        os.environ["AWS_ENDPOINT_URL"] = endpoint
        forget_store()
    assert lake.row_counts(ROWS) == {"a.sgy": 3}


def test_bronze_and_attributes_are_those_of_a_disk(lake, surveys, tmp_path):
    for each in (lake, disk := Lake(tmp_path / "lake")):
        fill(each, surveys)

    for table in (BRONZE_TRACES, TRACE_QUALITY, TRACE_ATTRIBUTES):
        assert lake.read(table).equals(disk.read(table))
    assert {key: len(parts) for key, parts in audit_table(lake, BRONZE_TRACES).items()} == dict.fromkeys(surveys, 1)


_WRITER = """
import sys
from pathlib import Path
from seismic_assets.attributes import WindowGrid
from seismic_assets.frames import IngestOptions, ingest_files, write_attributes
from seismic_assets.lake import Lake
from seismic_assets.objects import ObjectAddress

lake = Lake(ObjectAddress.parse(sys.argv[1]))
files = {Path(path).name: Path(path) for path in sys.argv[2:]}
print("ready", flush=True)
while True:
    for name, path in files.items():
        list(ingest_files(lake, {name: path}, IngestOptions(workers=2)))
        list(write_attributes(lake, [name], WindowGrid(64, 32), workers=2))
"""


def writer(lake: Lake, files: dict[str, Path]) -> subprocess.Popen:
    started = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(lake.root), *map(str, files.values())], stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None and started.stdout.readline() == "ready\n"
    return started


@pytest.mark.slow
def test_a_writer_killed_twenty_times_loses_no_row_and_doubles_none(lake, surveys, tmp_path):
    fill(lake, surveys)
    fill(disk := Lake(tmp_path / "lake"), surveys)
    random.seed(7)
    versions = [lake.version(TRACE_ATTRIBUTES)]
    for _ in range(KILLS):
        started = writer(lake, surveys)
        time.sleep(random.uniform(0.05, 1.5))
        os.kill(started.pid, signal.SIGKILL)
        started.wait()
        for table in (BRONZE_TRACES, TRACE_QUALITY, TRACE_ATTRIBUTES):
            assert lake.read(table).equals(disk.read(table))
        versions.append(lake.version(TRACE_ATTRIBUTES))
    assert versions[-1] > versions[0]  # it was killed at work, not before
    lake.tidy(0)
    for table in (BRONZE_TRACES, TRACE_QUALITY, TRACE_ATTRIBUTES):
        assert lake.read(table).equals(disk.read(table))


_REPLACER = """
import sys
from seismic_assets.lake import Lake
from seismic_assets.objects import ObjectAddress
from seismic_assets_tests.lake.building import ROWS, rows

lake = Lake(ObjectAddress.parse(sys.argv[1]))
for number in range(int(sys.argv[3])):
    lake.replace_file(ROWS, sys.argv[2], rows(range(number + 1), number))
"""


def test_writers_of_several_files_do_not_undo_each_other(lake):
    lake.replace_file(ROWS, "first.sgy", rows(range(7), 7))
    names = ["a.sgy", "b.sgy", "c.sgy"]
    started = [subprocess.Popen([sys.executable, "-c", _REPLACER, str(lake.root), name, "6"]) for name in names]

    assert [process.wait(timeout=120) for process in started] == [0, 0, 0]

    assert lake.row_counts(ROWS) == {"first.sgy": 7, **dict.fromkeys(names, 6)}
    assert lake.version(ROWS) == 19
