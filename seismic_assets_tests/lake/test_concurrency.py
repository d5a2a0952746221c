"""Writers side by side, and writers that die."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from seismic_assets.lake import Lake
from seismic_assets_tests.lake.building import ROWS, rows

_WRITER = """
import sys
from pathlib import Path
from seismic_assets.lake import Lake
from seismic_assets_tests.lake.building import ROWS, rows

lake = Lake(Path(sys.argv[1]))
for file_id in sys.argv[2:]:
    lake.replace_file(ROWS, file_id, rows(range(int(file_id[1]))))
"""
_KILLED = """
import sys
from pathlib import Path
from seismic_assets.lake import Lake
from seismic_assets_tests.lake.building import ROWS, rows

def blocks():
    yield rows(range(100000), 2)
    print("half way", flush=True)
    sys.stdin.read()

Lake(Path(sys.argv[1])).replace_file(ROWS, "a.sgy", blocks())
"""


def test_eight_threads_on_distinct_files_lose_nothing_and_create_the_table_once(tmp_path):
    lake = Lake(tmp_path)
    ids = [f"t{thread}-{number}.sgy" for thread in range(8) for number in range(3)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda file_id: lake.replace_file(ROWS, file_id, rows(range(int(file_id[1]) + 1))), ids))
    assert lake.row_counts(ROWS) == {file_id: int(file_id[1]) + 1 for file_id in ids}


def test_threads_that_delete_and_write_distinct_files_do_not_disturb_each_other(tmp_path):
    lake = Lake(tmp_path)
    for number in range(8):
        lake.replace_file(ROWS, f"old{number}.sgy", rows([number]))
    with ThreadPoolExecutor(8) as pool:
        for number in range(8):
            pool.submit(lake.delete_files, ROWS, [f"old{number}.sgy"])
            pool.submit(lake.replace_file, ROWS, f"new{number}.sgy", rows([number]))
    assert lake.file_ids(ROWS) == [f"new{number}.sgy" for number in range(8)]


def test_eight_processes_on_distinct_files_lose_nothing(tmp_path):
    ids = [[f"p{process}-{number}.sgy" for number in range(3)] for process in range(1, 9)]
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path), *own]) for own in ids]
    assert [writer.wait() for writer in writers] == [0] * 8
    assert Lake(tmp_path).row_counts(ROWS) == {file_id: int(file_id[1]) for own in ids for file_id in own}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a kill that cannot be caught")
def test_a_writer_killed_half_way_leaves_the_last_good_version(tmp_path):
    lake = Lake(tmp_path)
    lake.replace_file(ROWS, "a.sgy", rows(range(3), 1))
    writer = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout.readline() == "half way\n"
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate()
    assert lake.read(ROWS)["value"].to_list() == [1] * 3
    assert lake.row_counts(ROWS) == {"a.sgy": 3}
    lake.replace_file(ROWS, "a.sgy", rows(range(2), 3))
    assert lake.read(ROWS)["value"].to_list() == [3] * 2
