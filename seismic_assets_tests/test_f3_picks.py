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


@pytest.mark.slow
@pytest.mark.real_data
def test_picks_train_a_model_that_knows_unseen_crossline_blocks(real_data: Path, tmp_path: Path) -> None:
    write_picked_amplitudes(real_data / "labelled/f3_il339", tmp_path / "landing")

    result = run(
        tmp_path / "landing",
        tmp_path / "storage",
        window_samples="16",
        window_step="2",
        embedding_components="16",
        split_buffer="4",
    )

    assert result.returncode == 0, result.stderr
    scores = json.loads(result.stdout)["scores"]
    assert scores["model"]["f1_macro"] >= 0.47, scores
    assert scores["shuffled"]["f1_macro"] <= 0.16, scores
    assert scores["majority"]["f1_macro"] < 0.16, scores
