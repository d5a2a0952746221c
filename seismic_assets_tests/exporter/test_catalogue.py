"""What is said of files."""

from pathlib import Path

import polars as pl
import pytest

from seismic_assets.exporter.catalogue import CatalogueSource
from seismic_assets.exporter.errors import NothingYetError, SourceError
from seismic_assets.lake import SEGY_CATALOGUE, Lake
from seismic_assets_tests.exporter.building import values


def write(lake: Lake, *admitted: bool) -> None:
    empty = lake.read(SEGY_CATALOGUE)
    rows = [{"file_id": f"{number}.sgy", "admitted": each} for number, each in enumerate(admitted)]
    lake.replace(SEGY_CATALOGUE, pl.DataFrame(rows, schema=empty.schema))


def test_files_are_known_admitted_or_quarantined(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    source = CatalogueSource(lake.root)
    write(lake, True, True, False)
    first = values(source.look())
    write(lake, True, False, False, False)
    second = values(source.look())

    def counts(seen: dict[str, float]) -> list[float]:
        return [seen[f"seismic_pipeline_files_{name}"] for name in ("known", "admitted", "quarantined")]

    assert counts(first) == [3, 2, 1]
    assert counts(second) == [4, 1, 3]


def test_a_catalogue_without_files_is_one(tmp_path: Path) -> None:
    write(Lake(tmp_path))

    assert set(values(CatalogueSource(tmp_path).look()).values()) == {0}


def test_without_a_catalogue_there_is_nothing_yet(tmp_path: Path) -> None:
    with pytest.raises(NothingYetError):
        CatalogueSource(tmp_path).look()


@pytest.mark.parametrize("pattern", ["*.parquet", "_delta_log/*.json"])
def test_a_damaged_catalogue_is_said(tmp_path: Path, pattern: str) -> None:
    lake = Lake(tmp_path)
    write(lake, True)
    for path in lake.path(SEGY_CATALOGUE).glob(pattern):
        path.write_bytes(b"{")

    with pytest.raises(SourceError, match=r"the catalogue .* cannot be read"):
        CatalogueSource(lake.root).look()


def test_a_catalogue_whose_rows_are_gone_is_said(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    write(lake, True)
    for part in lake.path(SEGY_CATALOGUE).glob("*.parquet"):
        part.unlink()

    with pytest.raises(SourceError, match=r"FileNotFoundError"):
        CatalogueSource(lake.root).look()
