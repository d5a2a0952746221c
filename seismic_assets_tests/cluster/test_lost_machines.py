"""Machines of a Ray cluster that are killed or cut off in the middle: the work is done all the same, once."""

import os
import shutil
import threading

import pytest

from benchmarks.ray_nodes import ray_nodes
from seismic_assets.cluster import RayPool
from seismic_assets.lake import Lake, PartTask
from seismic_assets_tests.lake.building import ROWS, rows

pytestmark = pytest.mark.load
PARTS, FILES = 24, ("a.sgy", "b.sgy")


def slow_rows(number: int):
    def make():
        import time

        for block in range(4):
            time.sleep(0.2)
            yield rows(range(100 * number + 25 * block, 100 * number + 25 * (block + 1)), float(number))

    return make


def written_meanwhile(nodes, folder, harm) -> Lake:
    """A table that was written while a machine came to harm."""
    pool = RayPool(nodes.address, token=nodes.token)
    assert pool.run(len, [[1], [2, 3]]) == [1, 2]  # all are up
    lake = Lake(folder / "lake")
    tasks = [PartTask(FILES[number % 2], slow_rows(number)) for number in range(PARTS)]
    timer = threading.Timer(3.0, harm)
    timer.start()
    counts = lake.replace_files(ROWS, FILES, tasks, pool)
    assert timer.finished.is_set()
    assert counts == dict.fromkeys(FILES, 100 * PARTS // 2)
    return lake


def expected(folder) -> Lake:
    lake = Lake(folder / "expected")
    tasks = [PartTask(FILES[number % 2], lambda n=number: slow_rows(n)()) for number in range(PARTS)]
    lake.replace_files(ROWS, FILES, tasks, 8)
    return lake


def test_a_machine_killed_in_the_middle_changes_nothing(tmp_path, capfd):
    with ray_nodes(2) as nodes:
        lake = written_meanwhile(nodes, tmp_path, lambda: nodes.kill(0))

    assert lake.read(ROWS).equals(expected(tmp_path).read(ROWS))
    assert capfd.readouterr().out == ""  # what is printed there is for programs


def test_machines_in_networks_of_their_own_and_one_cut_off(tmp_path):
    if os.geteuid() != 0 or shutil.which("ip") is None:
        if os.environ.get("CI"):
            pytest.fail("networks of their own need root and iproute2; CI must run this")
        pytest.skip("networks of their own need root and iproute2")
    with ray_nodes(2, namespaces=True) as nodes:
        lake = written_meanwhile(nodes, tmp_path, lambda: nodes.cut_off(0))

    assert lake.read(ROWS).equals(expected(tmp_path).read(ROWS))
