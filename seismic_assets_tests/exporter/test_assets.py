"""What is said of assets and their checks."""

import time
from pathlib import Path

from seismic_assets.exporter.assets import AssetsSource, ChecksSource
from seismic_assets.exporter.graph import Graph
from seismic_assets.exporter.history import History
from seismic_assets_tests.exporter.building import GRAPH, run, values

FAILED = "seismic_pipeline_asset_check_failed{asset=%s,check=%s,severity=%s}"


def test_an_asset_shows_when_it_was_last_made_and_one_that_never_was_shows_nothing(ran: Path) -> None:
    source = AssetsSource(History(ran), GRAPH)
    first = values(source.look())
    run(ran, "catalogue", fail=True)
    failed = values(source.look())
    before = time.time()
    run(ran, "catalogue")
    again = values(source.look())

    name = "seismic_pipeline_asset_last_success_timestamp_seconds{asset=catalogue,group=raw}"
    assert list(first) == [name]
    assert first[name] == failed[name] < before <= again[name] <= time.time()


def test_a_check_that_fails_shows_its_severity_and_vanishes_when_it_passes(ran: Path) -> None:
    source = ChecksSource(History(ran), GRAPH)
    run(ran, "catalogue", "traces", unsound=True)
    failing = values(source.look())
    run(ran, "catalogue")
    mended = values(source.look())

    assert failing[FAILED % ("catalogue", "sound", "error")] == 1
    assert failing[FAILED % ("traces", "finite", "warn")] == 1
    assert failing["seismic_pipeline_asset_checks{status=failed}"] == 2
    assert FAILED % ("catalogue", "sound", "error") not in mended
    assert mended["seismic_pipeline_asset_checks{status=passed}"] == 1
    assert mended["seismic_pipeline_asset_checks{status=failed}"] == 1


def test_a_check_that_was_planned_and_not_made_leaves_the_verdict_before(ran: Path) -> None:
    run(ran, "catalogue", unsound=True)
    run(ran, "catalogue", fail=True)

    seen = values(ChecksSource(History(ran), GRAPH).look())

    assert seen[FAILED % ("catalogue", "sound", "error")] == 1


def test_a_graph_without_assets_shows_none(ran: Path) -> None:
    assert values(AssetsSource(History(ran), Graph()).look()) == {}
    assert set(values(ChecksSource(History(ran), Graph()).look()).values()) == {0}
