"""`materialise_stale` when something is wrong: it ends, and says what."""

from pathlib import Path

import numpy as np
import pytest

from seismic_assets.defs.build import build_definitions
from seismic_assets.driver import materialise_stale, open_instance
from seismic_assets.driver.outcome import RunOutcome
from seismic_assets.driver.summary import summarise
from seismic_assets.lake import (
    BRONZE_TRACES,
    DATASET_SPLIT,
    TRACE_ATTRIBUTES,
    TRACE_LABELS,
    Lake,
    LakeError,
    trace_features_table,
)
from seismic_assets.segy import write_segy
from seismic_assets.settings import Settings
from seismic_assets_tests.surveys import add_labelled

pytestmark = [pytest.mark.slow]


def write_line(path: Path, gain: float = 1.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    place = np.arange(12)
    traces = np.random.default_rng(len(path.name)).normal(size=(12, 100)).cumsum(axis=1) * gain
    where = {"inline": place * 0 + 7, "crossline": 100 + place, "cdp_x": 25.0 * place, "cdp_y": 25.0 * place}
    write_segy(path, traces.astype(np.float32), **where, sample_interval_us=4000, sample_format="ieee")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    write_line(tmp_path / "landing" / "a.sgy")
    write_line(tmp_path / "landing" / "bb.sgy")
    return Settings(landing_dir=tmp_path / "landing", storage_root=tmp_path / "storage", knowledge=False)


def test_a_lake_that_cannot_be_written_ends_the_run_once_with_the_reason(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Lake.replace_files

    def full(self, table, *arguments, **options):
        if table is BRONZE_TRACES:
            raise LakeError("table bronze_traces cannot be written (no space); free space")
        return write(self, table, *arguments, **options)

    monkeypatch.setattr(Lake, "replace_files", full)
    lines: list[str] = []
    outcome = materialise_stale(settings, open_instance(settings), lines.append)
    assert len(lines) == len(set(lines)) <= 4
    assert any("free space" in sentence for sentence in outcome.errors)

    monkeypatch.undo()
    again = materialise_stale(settings, open_instance(settings), lines.append)
    assert again.errors == []
    assert Lake(settings.lake_dir).row_counts(BRONZE_TRACES) == {"a.sgy": 12, "bb.sgy": 12}


def test_a_check_that_failed_for_a_file_that_is_gone_passes_again(settings: Settings) -> None:
    for name, gain in (("ccc.sgy", 1.0), ("loud.sgy", 1e6)):
        write_line(settings.landing_dir / name, gain)
    outcome = materialise_stale(settings, open_instance(settings), lambda _: None)
    assert any("loud.sgy: its amplitudes are" in note for note in outcome.notes)

    (settings.landing_dir / "loud.sgy").unlink()
    outcome = materialise_stale(settings, open_instance(settings), lambda _: None)
    assert not any("loud.sgy" in note for note in outcome.notes)
    recorded = RunOutcome()
    summarise(settings, build_definitions(settings), open_instance(settings), recorded)
    assert not any("loud.sgy" in note for note in recorded.notes)


def test_amplitudes_that_no_feature_could_hold_are_broken_traces_and_no_error(settings: Settings) -> None:
    write_line(settings.landing_dir / "huge.sgy", 1e30)
    outcome = materialise_stale(settings, open_instance(settings), lambda _: None)
    assert outcome.errors == []
    assert any(
        "huge.sgy: 12 of 12 traces are dead or have samples that are not finite" in note for note in outcome.notes
    )
    (settings.landing_dir / "huge.sgy").unlink()
    materialise_stale(settings, open_instance(settings), lambda _: None)
    assert not (settings.reports_dir / "quality" / "huge.sgy.md").exists()
    assert (settings.reports_dir / "quality" / "a.sgy.md").exists()


def windows_of(settings: Settings) -> dict[str, int]:
    lake = Lake(settings.lake_dir)
    tables = (TRACE_ATTRIBUTES, TRACE_LABELS, trace_features_table(()))
    return {table.name: sum(lake.row_counts(table).values()) for table in tables} | {
        "split": lake.read(DATASET_SPLIT).height
    }


@pytest.mark.slow
def test_a_wrong_setting_taken_back_leaves_everything_as_it_was(tmp_path: Path) -> None:
    for seed in (1, 2):
        add_labelled(tmp_path / "landing", seed)
    settings = Settings(
        knowledge=False,
        landing_dir=tmp_path / "landing",
        storage_root=tmp_path / "storage",
        split_block=4,
        split_buffer=1,
        min_class_windows=5,
        tuning_trials=0,
        model_families=("decision_tree",),
        class_floor=0.0,
    )
    first = materialise_stale(settings, open_instance(settings), lambda _: None)
    assert first.errors == []
    before = windows_of(settings)

    wrong = settings.model_copy(update={"window_samples": 8, "window_step": 64, "min_class_windows": 10_000})
    refused = materialise_stale(wrong, open_instance(wrong), lambda _: None)
    assert any("dataset_split" in error for error in refused.errors)
    assert not any("tuning_study" in error or "seismic_classifier" in error for error in refused.errors)

    again = materialise_stale(settings, open_instance(settings), lambda _: None)
    assert again.errors == []
    assert windows_of(settings) == before
    assert materialise_stale(settings, open_instance(settings), lambda _: None).assets == {}
