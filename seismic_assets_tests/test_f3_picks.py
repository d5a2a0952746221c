"""The interpreter's picks on F3 inline 339: nine facies, scored on crossline blocks that no model was fitted on."""

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seismic_assets.labels import read_label_config, read_picks
from seismic_assets.segy import write_segy
from seismic_assets_tests.commands import run

INTERVAL_US = 4000


def write_picked_amplitudes(picks: Path, landing: Path) -> None:
    """The picks' amplitudes as one line of SEG-Y, zero where there is no pick, with the picks beside it as labels."""
    shutil.copytree(picks, landing)
    config = read_label_config(landing, ("unused", "names"))
    assert config is not None
    rows = pl.concat([read_picks(source.path, source.columns) for source in config.sources])
    crosslines = np.unique(rows["crossline"].to_numpy())
    samples = (rows["time_ms"].to_numpy() / (INTERVAL_US / 1000)).astype(int)
    amplitudes = np.zeros((len(crosslines), samples.max() + 1), np.float32)
    amplitudes[np.searchsorted(crosslines, rows["crossline"].to_numpy()), samples] = rows["amplitude"].to_numpy()
    zeros = np.zeros(len(crosslines))
    write_segy(
        landing / "f3_inline_339.sgy",
        amplitudes,
        inline=np.full(len(crosslines), 339),
        crossline=crosslines,
        cdp_x=zeros,
        cdp_y=zeros,
        sample_interval_us=INTERVAL_US,
    )


@pytest.fixture(scope="module")
def landing(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("f3") / "landing"
    write_picked_amplitudes(real_data / "labelled/f3_il339", folder)
    return folder


def scores(landing: Path, storage: Path, **settings: str) -> dict[str, dict[str, float]]:
    """Scores on the test blocks: windows of 16 samples every 2, crosslines apart."""
    result = run(
        landing,
        storage,
        window_samples="16",
        window_step="2",
        embedding_components="16",
        split_buffer="4",
        **settings,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)["scores"]


@pytest.mark.slow
@pytest.mark.real_data
def test_picks_train_a_model_that_knows_unseen_crossline_blocks(landing: Path, tmp_path: Path) -> None:
    found = scores(landing, tmp_path)

    assert found["model"]["f1_macro"] >= 0.47, found
    assert found["shuffled"]["f1_macro"] <= 0.16, found
    assert found["majority"]["f1_macro"] < 0.16, found


@pytest.mark.slow
@pytest.mark.real_data
def test_the_traces_beside_say_more_than_a_trace_alone(landing: Path, tmp_path: Path) -> None:
    """Part of it is where there are picks at all: beyond them this line holds zeros."""
    found = scores(landing, tmp_path, feature_set="lateral")

    assert found["model"]["f1_macro"] >= 0.60, found
    assert found["shuffled"]["f1_macro"] <= 0.16, found


@pytest.mark.slow
@pytest.mark.real_data
def test_time_as_a_declared_feature_tells_the_facies_of_one_line(landing: Path, tmp_path: Path) -> None:
    found = scores(landing, tmp_path, feature_set="extended", time_feature="true")

    assert found["model"]["f1_macro"] >= 0.86, found
