"""What is said of tables."""

import json
from pathlib import Path

import polars as pl
import pytest

from seismic_assets.exporter.errors import NothingYetError
from seismic_assets.exporter.tables import TablesSource
from seismic_assets.lake import Lake
from seismic_assets_tests.exporter.building import values
from seismic_assets_tests.lake.building import ROWS, WHOLE, rows


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    lake.replace_file(ROWS, "a.sgy", rows(range(5)))
    lake.replace_file(ROWS, "b.sgy", rows(range(7)))
    lake.replace(WHOLE, pl.DataFrame({"name": ["x", "y"], "value": [1, 2]}))
    return lake


def of(seen: dict[str, float], figure: str, table: str = "rows") -> float | None:
    return seen.get(f"seismic_pipeline_table_{figure}{{table={table}}}")


def log_of(lake: Lake) -> Path:
    return max((lake.path(ROWS) / "_delta_log").glob("*.json"))


def test_rows_parts_and_bytes_are_those_of_the_current_version(lake: Lake) -> None:
    source = TablesSource([lake.root])
    source.look()
    lake.replace_file(ROWS, "a.sgy", rows(range(2)))

    seen = values(source.look())

    parts = [Path(part.path) for part in lake.segments(ROWS, ["a.sgy", "b.sgy"])]
    assert of(seen, "rows") == 9
    assert of(seen, "rows", "whole") == 2
    assert of(seen, "parts") == len(parts) == 2
    assert of(seen, "bytes") == sum(part.stat().st_size for part in parts)
    assert of(seen, "version") == lake.version(ROWS)


def test_age_is_that_of_the_last_commit(lake: Lake) -> None:
    path = log_of(lake)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        if "commitInfo" in line:
            line["commitInfo"]["timestamp"] -= 3_600_000
    path.write_text("\n".join(map(json.dumps, lines)))

    seen = values(TablesSource([lake.root]).look())

    assert 3600 <= (of(seen, "age_seconds") or 0) < 3700
    assert 0 <= (of(seen, "age_seconds", "whole") or 0) < 100


def test_data_is_never_read(lake: Lake) -> None:
    for part in lake.root.rglob("*.parquet"):
        part.write_bytes(b"no data")

    assert of(values(TablesSource([lake.root]).look()), "rows") == 12


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b'{"add": 3}\n', b'{"metaData": {"schemaString": "x"}}\n'])
def test_a_damaged_table_is_a_complaint_and_the_others_go_on(lake: Lake, damage: bytes) -> None:
    source = TablesSource([lake.root])
    source.look()
    for path in (lake.path(ROWS) / "_delta_log").glob("*.json"):
        path.write_bytes(damage)

    look = source.look()
    seen = values(look)

    assert len(look.complaints) == 1
    assert "table rows in" in look.complaints[0] and "\n" not in look.complaints[0]
    assert (of(seen, "readable"), of(seen, "readable", "whole")) == (0, 1)
    assert of(seen, "rows") is None
    assert of(seen, "rows", "whole") == 2


def test_a_table_that_is_restored_is_shown_again(lake: Lake) -> None:
    source, path = TablesSource([lake.root]), log_of(lake)
    whole = path.read_bytes()
    path.write_bytes(b"{")
    assert source.look().complaints
    path.write_bytes(whole)

    assert not source.look().complaints


def test_tables_of_several_folders_and_nothing_else_are_shown(lake: Lake, tmp_path: Path) -> None:
    served = Lake(tmp_path / "serving")
    served.replace(WHOLE, pl.DataFrame({"name": ["x"], "value": [1]}))
    (served.root / "whole").rename(served.root / "inference_log")
    (served.root / "audit").mkdir()
    (served.root / "keys.json").write_text("{}")

    seen = values(TablesSource([lake.root, served.root, tmp_path / "nowhere"]).look())

    assert {name for name in seen if "readable" in name} == {
        f"seismic_pipeline_table_readable{{table={table}}}" for table in ("rows", "whole", "inference_log")
    }


def test_without_a_table_there_is_nothing_yet(tmp_path: Path) -> None:
    with pytest.raises(NothingYetError):
        TablesSource([tmp_path / "lake"]).look()
