"""What is said of the disk."""

import shutil
from pathlib import Path

import pytest

from seismic_assets.exporter.errors import NothingYetError
from seismic_assets.exporter.storage import StorageSource
from seismic_assets_tests.exporter.building import values


def test_the_disk_is_that_of_the_storage_root_and_the_lake_is_all_its_files(tmp_path: Path) -> None:
    part = tmp_path / "lake" / "table" / "file_id=a"
    part.mkdir(parents=True)
    (part / "1.parquet").write_bytes(b"x" * 1000)
    (tmp_path / "lake" / "table" / "old.parquet").write_bytes(b"x" * 234)
    (tmp_path / "lake" / "outside").symlink_to(tmp_path)

    seen = values(StorageSource(tmp_path, tmp_path / "lake").look())

    usage = shutil.disk_usage(tmp_path)
    assert seen["seismic_pipeline_storage_used_bytes"] == pytest.approx(usage.used, rel=0.05)
    assert seen["seismic_pipeline_storage_free_bytes"] == pytest.approx(usage.free, rel=0.05)
    assert 1234 <= seen["seismic_pipeline_lake_bytes"] < 1234 + 500  # the link itself, and not what it leads to


def test_without_a_lake_the_disk_is_shown(tmp_path: Path) -> None:
    seen = values(StorageSource(tmp_path, tmp_path / "lake").look())

    assert "seismic_pipeline_lake_bytes" not in seen
    assert seen["seismic_pipeline_storage_free_bytes"] > 0


def test_without_a_storage_root_there_is_nothing_yet(tmp_path: Path) -> None:
    with pytest.raises(NothingYetError):
        StorageSource(tmp_path / "later", tmp_path / "later" / "lake").look()
