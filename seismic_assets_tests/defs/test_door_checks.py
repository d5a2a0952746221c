"""The checks at the door over real lakes, and once over SEG-Y files that land one after another."""

import dagster as dg
import numpy as np
import pytest

from seismic_assets.defs.bronze.assets import ingest
from seismic_assets.defs.monitoring.door import (
    DOOR_CHECKS,
    amplitude_like_before,
    classes_like_before,
    volume_like_before,
)
from seismic_assets.defs.partitions import SEGY_FILES
from seismic_assets.defs.resources import resources_of
from seismic_assets.frames import IngestOptions, ingest_files
from seismic_assets.lake import SEGY_CATALOGUE, TRACE_LABELS, TRACE_QUALITY, Lake
from seismic_assets.settings import Settings
from seismic_assets_tests.monitoring.test_sql import add_rows, frame_of
from seismic_assets_tests.segy.building import write_cube

TRACES = 20 * 20


@pytest.fixture
def settings(tmp_path) -> Settings:
    (tmp_path / "landing").mkdir()
    return Settings(landing_dir=tmp_path / "landing", storage_root=tmp_path / "storage")


@pytest.fixture
def lake(settings: Settings) -> Lake:
    return Lake(settings.lake_dir)


def admit(lake: Lake, *file_ids: str) -> None:
    """A catalogue of files that came a day after another, each of 20 inlines and 20 crosslines."""
    entries = [
        {"file_id": file_id, "relative": file_id, "admitted": True, "traces": TRACES, "stamp": [1, 2, 3],
         "judged_at": f"2026-05-{2 * day:02d}T10:00:00+00:00",
         "inline_min": 100, "inline_max": 119, "crossline_min": 300, "crossline_max": 319}
        for day, file_id in enumerate(file_ids, 1)
    ]  # fmt: skip
    lake.replace(SEGY_CATALOGUE, frame_of(SEGY_CATALOGUE, *entries))


def measure(lake: Lake, file_id: str, traces: int = TRACES, scale: float = 1.0) -> None:
    row = {"file_id": file_id, "status": "read", "traces": traces, "amplitude_scale": scale, "source_interval_us": 2000}
    add_rows(lake, TRACE_QUALITY, row)


def label(lake: Lake, file_id: str, share: float, inlines: int = 20) -> None:
    """A window of each trace of the first inlines: sand evenly among shale."""
    rows = [
        {"file_id": file_id, "trace_index": trace, "inline": 100 + trace // 20, "crossline": 300 + trace % 20,
         "class_name": "sand" if (trace * 7) % 20 < 20 * share else "shale"}
        for trace in range(20 * inlines)
    ]  # fmt: skip
    add_rows(lake, TRACE_LABELS, *rows)


def metadata(result: dg.AssetCheckResult) -> dict[str, object]:
    return {name: value.value for name, value in result.metadata.items()}


def test_a_file_like_the_others_passes_each_check(lake: Lake, settings: Settings) -> None:
    names = [f"{number}.sgy" for number in range(4)]
    admit(lake, *names)
    for name in names:
        measure(lake, name)
        label(lake, name, 0.25)

    results = [
        volume_like_before(lake=lake),
        amplitude_like_before(lake=lake, settings=settings),
        classes_like_before(lake=lake),
    ]

    assert [(each.passed, each.description) for each in results] == [(True, "")] * 3
    assert all(metadata(each) == {"verdict": "PASS", "new_files": 1, "findings": 0} for each in results)


def test_a_file_of_another_size_is_a_warning(lake: Lake) -> None:
    admit(lake, "a.sgy", "b.sgy", "c.sgy", "new.sgy")
    for name in ("a.sgy", "b.sgy", "c.sgy"):
        measure(lake, name)
    measure(lake, "new.sgy", traces=TRACES // 4)

    result = volume_like_before(lake=lake)

    assert not result.passed
    assert result.severity is dg.AssetCheckSeverity.WARN
    assert result.description == (
        "new.sgy has 100 traces, 75% less than the median of the 3 files before it (400); see whether it is whole, and "
        "one file."
    )
    assert metadata(result) == {"verdict": "FAIL", "new_files": 1, "findings": 1}


def test_a_file_of_another_gain_is_a_warning_unless_amplitudes_are_normalised(lake: Lake, settings: Settings) -> None:
    admit(lake, "a.sgy", "b.sgy", "c.sgy", "new.sgy")
    for name in ("a.sgy", "b.sgy", "c.sgy"):
        measure(lake, name)
    measure(lake, "new.sgy", scale=2.0)

    told = amplitude_like_before(lake=lake, settings=settings)
    normalised = amplitude_like_before(lake=lake, settings=settings.model_copy(update={"normalise": "robust"}))

    assert not told.passed
    assert "new.sgy: its amplitudes are 2 times the median of the 3 files before it" in str(told.description)
    assert metadata(told)["verdict"] == "WARN"
    assert normalised.passed
    assert "which does not count: each file is divided by its scale." in str(normalised.description)


def test_a_file_of_other_classes_is_a_warning(lake: Lake) -> None:
    admit(lake, "a.sgy", "b.sgy", "c.sgy", "new.sgy")
    for name in ("a.sgy", "b.sgy", "c.sgy"):
        label(lake, name, 0.25)
    label(lake, "new.sgy", 0.45)

    result = classes_like_before(lake=lake)

    assert not result.passed
    assert result.description == (
        "new.sgy: 45.0% of its labelled windows are sand, against 25.0% in the median of the 3 labelled files before "
        "it; see whether it was interpreted alike."
    )


def test_labels_in_a_corner_of_a_file_give_no_verdict(lake: Lake) -> None:
    admit(lake, "a.sgy", "b.sgy", "c.sgy", "new.sgy")
    for name in ("a.sgy", "b.sgy", "c.sgy"):
        label(lake, name, 0.25)
    label(lake, "new.sgy", 1.0, inlines=5)

    result = classes_like_before(lake=lake)

    assert result.passed
    assert "100 of its traces have labels, in 4 of 16 parts of it; it takes 100 in 6." in str(result.description)


def test_a_line_is_cut_into_parts_along_itself(lake: Lake) -> None:
    names = ["a.sgy", "b.sgy", "c.sgy", "new.sgy"]
    admit(lake, *names)
    line = lake.read(SEGY_CATALOGUE).to_dicts()
    lake.replace(
        SEGY_CATALOGUE,
        frame_of(SEGY_CATALOGUE, *[{**entry, "inline_max": 100, "crossline_max": 699} for entry in line]),
    )
    for name in names:
        share = 0.9 if name == "new.sgy" else 0.1
        rows = [
            {"file_id": name, "trace_index": trace, "inline": 100, "crossline": 300 + trace,
             "class_name": "sand" if trace % 10 < 10 * share else "shale"}
            for trace in range(400)
        ]  # fmt: skip
        add_rows(lake, TRACE_LABELS, *rows)

    assert not classes_like_before(lake=lake).passed


def test_the_first_files_have_nothing_to_be_compared_with(lake: Lake, settings: Settings) -> None:
    names = [f"{number}.sgy" for number in range(5)]
    admit(lake, *names)
    same_look = [{**entry, "judged_at": "2026-05-01T10:00:00+00:00"} for entry in lake.read(SEGY_CATALOGUE).to_dicts()]
    lake.replace(SEGY_CATALOGUE, frame_of(SEGY_CATALOGUE, *same_look))
    for name in names:
        measure(lake, name, traces=10 ** (1 + int(name[0])))
        label(lake, name, 0.25)

    result = volume_like_before(lake=lake)

    assert result.passed
    assert str(result.description).startswith("0.sgy: no verdict on its traces: 0 files came before it")
    assert str(result.description).endswith("The same holds for 2 more.")
    assert amplitude_like_before(lake=lake, settings=settings).passed
    assert classes_like_before(lake=lake).passed


def test_an_empty_lake_passes(lake: Lake, settings: Settings) -> None:
    assert volume_like_before(lake=lake).passed
    assert amplitude_like_before(lake=lake, settings=settings).passed
    assert classes_like_before(lake=lake).passed


def test_files_that_could_not_be_read_or_are_gone_are_no_history(lake: Lake) -> None:
    admit(lake, "a.sgy", "b.sgy", "new.sgy")
    for name in ("a.sgy", "b.sgy", "gone.sgy"):
        measure(lake, name)
    measure(lake, "new.sgy", traces=10)

    result = volume_like_before(lake=lake)

    assert result.passed
    assert "2 files came before it" in str(result.description)


def write(settings: Settings, name: str, gain: float = 1.0, inlines: int = 6) -> None:
    samples = np.random.default_rng(1).normal(size=(inlines * 5, 64)).astype(np.float32) * gain
    write_cube(
        settings.landing_dir / name, inlines=inlines, crosslines=5, traces=samples, sample_interval_us=2000,
        sample_format="ieee",
    )  # fmt: skip


def test_the_checks_run_with_the_asset_in_the_run_of_a_file(settings: Settings, lake: Lake) -> None:
    """Real files, the real ingest in a run of Dagster; only the times of arrival are set."""
    names = ["a.sgy", "b.sgy", "c.sgy", "new.sgy"]
    for name in names:
        write(settings, name, *((50.0, 3) if name == "new.sgy" else ()))
    admit(lake, *names)
    list(ingest_files(lake, {name: settings.landing_dir / name for name in names[:3]}, IngestOptions()))
    instance = dg.DagsterInstance.ephemeral()
    instance.add_dynamic_partitions(str(SEGY_FILES.name), names)
    checks = [check for check in DOOR_CHECKS if check is not classes_like_before]

    run = dg.materialize(
        [ingest, *checks], instance=instance, partition_key="new.sgy", resources=resources_of(settings)
    )

    results = {each.check_name: each for each in run.get_asset_check_evaluations()}
    assert run.success
    assert {name: each.passed for name, each in results.items()} == {
        "volume_like_before": False,
        "amplitude_like_before": False,
    }
    assert "new.sgy has 15 traces, 50% less" in str(results["volume_like_before"].description)
    assert "its amplitudes are 48.7 times" in str(results["amplitude_like_before"].description)
