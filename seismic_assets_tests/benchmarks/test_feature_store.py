"""The benchmark of the feature store: what was brought online is what is looked up, and every figure is there."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.feature_store import measured, show
from benchmarks.feature_store_lake import ACQUIRED, FILES, NAMES, WINDOWS_A_TRACE, Ground, keep, made, values_of
from benchmarks.feature_store_parts import Asked, part

pytestmark = pytest.mark.slow  # imports Feast
ROWS, SAME = 4 * FILES * WINDOWS_A_TRACE, 2 * FILES * WINDOWS_A_TRACE


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A tiny run, all in this process: Feast takes seconds to import."""

    return measured(tmp_path_factory.mktemp("benchmark"), ROWS, SAME, ROWS // 2, 20, part)


def test_every_path_has_its_rows_and_its_speed(figures: dict[str, Any]) -> None:
    rows = {key: figures[key]["rows"] for key in ("ours", "ours_on_the_same_rows", "feast_on_our_store", "stock")}

    assert rows == {"ours": ROWS, "ours_on_the_same_rows": SAME, "feast_on_our_store": SAME, "stock": SAME}
    assert figures["speedup_vs_stock"] == figures["ours"]["rows_per_s"] / figures["stock"]["rows_per_s"]
    assert figures["bytes_per_row"] > 4 * len(NAMES)
    assert figures["bytes_per_row_stock"] > figures["bytes_per_row"]
    assert json.loads(json.dumps(figures)) == figures


def test_look_ups_have_their_times(figures: dict[str, Any]) -> None:
    for name in ("lookup", "lookup_trace", "lookup_stock"):
        assert 0 < figures[f"{name}_p50_ms"] <= figures[f"{name}_p99_ms"]


def test_redis_has_its_figures_or_a_reason(figures: dict[str, Any]) -> None:
    if shutil.which("redis-server") is None:
        assert figures["redis"] is None
        assert "apt-get install redis-server" in figures["redis_missing"]
    else:
        assert figures["redis"]["rows"] == ROWS // 2
        assert figures["redis"]["bytes_per_row"] > 4 * len(NAMES)
        assert figures["redis_missing"] is None


def test_without_redis_there_is_a_table_too(
    figures: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    show({**figures, "redis": None, "redis_missing": "no redis-server is installed"})

    printed = capsys.readouterr().out
    assert f"{ROWS:,}" in printed
    assert "times the stock path" in printed
    assert "no redis-server is installed" in printed


def test_a_look_up_of_other_values_ends_the_benchmark(tmp_path: Path) -> None:
    """The figures are of look-ups that find what was written."""
    ground = made(Ground(tmp_path, 1))
    for number in range(FILES):
        keep(ground, number, ACQUIRED + timedelta(days=2))
    part("ours", Asked(ground, 1))

    with pytest.raises(AssertionError, match="not equal"):
        part("lookups", Asked(ground, 50))


def test_values_are_those_of_a_file_and_a_time() -> None:
    ground = Ground(Path(), 3)

    assert values_of(ground, 0).shape == (3, WINDOWS_A_TRACE, len(NAMES))
    np.testing.assert_array_equal(values_of(ground, 1), values_of(ground, 1))
    assert not np.array_equal(values_of(ground, 0), values_of(ground, 1))
