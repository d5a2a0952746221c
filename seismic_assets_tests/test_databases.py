"""A deployment whose histories are all in PostgreSQL, with MLflow behind a server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from seismic_assets_tests.commands import run, seismic
from seismic_assets_tests.databases import databases

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with databases(tmp_path_factory.mktemp("mlflow")) as settings:
        yield settings


def test_from_files_to_predictions_with_every_history_in_postgresql(tmp_path: Path, servers: dict[str, str]) -> None:
    landing, storage = tmp_path / "landing", tmp_path / "storage"
    seismic("survey", landing, "--surveys", "2", "--inlines", "24", "--crosslines", "40")

    done = run(landing, storage, **servers)

    assert done.returncode == 0, done.stderr
    made = {each["asset"]: each for each in json.loads(done.stdout)["assets"]}
    assert made["predictions"]["files"] == 2
    assert [path.relative_to(storage) for path in storage.rglob("*.db")] == []
    assert not list((storage / "mlflow").rglob("*"))

    again = json.loads(run(landing, storage, **servers).stdout)
    assert again["assets"] == []

    listed = seismic("model", "list", "--json", "--storage-root", storage, **servers)
    assert [(each["version"], each["stage"]) for each in json.loads(listed.stdout)] == [("1", "production")]

    file = next(landing.glob("*.sgy"))
    predicted = seismic("predict", file, "--out", tmp_path / "out", "--storage-root", storage, **servers)
    assert predicted.returncode == 0, predicted.stderr
    assert list((tmp_path / "out").rglob("*.parquet"))
