"""Feast's own command line works in the repository, as any user of Feast expects."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import pytest

from seismic_assets.feature_store.repository import StorePlace, apply, open_store
from seismic_assets_tests.feature_store.building import NAMES, SPEC, make_lake, place_of, rows_of_file
from seismic_assets_tests.ports import free_port

FEAST = Path(sys.executable).with_name("feast")
pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> StorePlace:
    root = tmp_path_factory.mktemp("feast")
    place = place_of(root, make_lake(root))
    apply(place, SPEC)
    return place


def feast(place: StorePlace, *arguments: str) -> str:
    done = subprocess.run(
        [FEAST, "-c", place.folder, *arguments], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_views_are_listed(place: StorePlace) -> None:
    listed = feast(place, "feature-views", "list")

    assert all(view.name in listed for view in SPEC.views)


def test_an_application_by_feast_changes_nothing(place: StorePlace) -> None:
    feast(place, "apply")

    assert not apply(place, SPEC).removed


def test_what_it_materialises_can_be_looked_up(place: StorePlace) -> None:
    feast(place, "materialize-incremental", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    store, rows = open_store(place), rows_of_file("b.sgy", 4, 1)

    found = store.get_online_features(
        store.get_feature_service("seismic_classifier_v1"), rows.select("trace_id", "window_index").to_dicts()
    ).to_dict()

    values = np.array([found[name] for name in NAMES], np.float32).T
    np.testing.assert_array_equal(values, rows.select(NAMES).to_numpy())


def test_its_page_starts(place: StorePlace) -> None:
    port = free_port()
    page = subprocess.Popen(
        [FEAST, "-c", place.folder, "ui", "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert answered(f"http://127.0.0.1:{port}/").status_code == 200
    finally:
        os.killpg(page.pid, signal.SIGTERM)
        page.wait(timeout=60)


def answered(address: str) -> httpx.Response:
    until = time.monotonic() + 240
    while True:
        try:
            return httpx.get(address, timeout=10)
        except httpx.TransportError:
            assert time.monotonic() < until, "feast ui did not answer"
            time.sleep(1)
