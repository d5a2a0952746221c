"""Settings that say how files are read, from the landing folder to predictions, as processes."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from fastapi.testclient import TestClient

from seismic_assets.deployment import registry_of
from seismic_assets.lake import BRONZE_TRACES, SEGY_CATALOGUE, TRACE_ATTRIBUTES, TRACE_QUALITY, Lake, to_array
from seismic_assets.segy import open_segy, write_segy
from seismic_assets.serving.app import create_app
from seismic_assets.settings import Settings
from seismic_assets_tests.commands import run, seismic
from seismic_assets_tests.surveys import add_labelled

pytestmark = [pytest.mark.slow]
SMALL = {"split_block": "4", "split_buffer": "1", "min_class_windows": "5"}


def copied(source: Path, target: Path, *, every_us: int | None = None, gain: float = 1.0, inline: int = 5000) -> None:
    """A survey under other inline numbers, its amplitudes times a gain, declared at another sample interval."""
    with open_segy(source) as reader:
        headers, traces, interval = reader.headers(), reader.traces(), reader.sample_interval_us
    write_segy(
        target,
        traces * np.float32(gain),
        inline=headers.inline + inline,
        crossline=headers.crossline,
        cdp_x=headers.cdp_x,
        cdp_y=headers.cdp_y + 1e5,
        sample_interval_us=every_us or interval,
        sample_format="ieee",
    )


def move_field(path: Path, source: int, target: int) -> None:
    """Move a 4-byte field of every trace header, leaving zeros behind."""
    content = np.frombuffer(path.read_bytes(), np.uint8).copy()
    with open_segy(path) as reader:
        records = content[3600:].reshape(reader.num_traces, reader.layout.trace_bytes)
    records[:, target - 1 : target + 3] = records[:, source - 1 : source + 3]
    records[:, source - 1 : source + 3] = 0
    path.write_bytes(content.tobytes())


@pytest.mark.slow
def test_a_file_of_another_interval_is_resampled_where_the_settings_allow_it(tmp_path: Path) -> None:
    landing, storage = tmp_path / "landing", tmp_path / "storage"
    first = add_labelled(landing, 1)
    add_labelled(landing, 2)
    copied(first, landing / "fine.sgy", every_us=2000)

    refused = json.loads(run(landing, storage, **SMALL).stdout)
    assert [name for name, _ in refused["quarantined"]] == ["fine.sgy"]
    assert "SEISMIC_RESAMPLE=true" in refused["quarantined"][0][1]

    result = run(landing, storage, resample="true", **SMALL)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["quarantined"] == []
    rows = Lake(storage / "lake").read(BRONZE_TRACES, ["fine.sgy"])
    assert rows.select("sample_interval_us", "num_samples").unique().rows() == [(4000, 80)]
    quality = Lake(storage / "lake").read(TRACE_QUALITY, ["fine.sgy"]).row(0, named=True)
    assert (quality["source_interval_us"], quality["sample_interval_us"], quality["num_samples"]) == (2000, 4000, 80)
    predictions = pl.read_delta(str(storage / "lake/predictions")).filter(pl.col("file_id") == "fine.sgy")
    assert predictions["predicted_class"].null_count() == quality["dead_traces"] < 0.02 * predictions.height
    out = tmp_path / "fine.parquet"
    alone = seismic("predict", landing / "fine.sgy", "-o", out, "--storage-root", storage, resample="true")
    assert alone.returncode == 0, alone.stderr
    ours = predictions.sort("trace_index", "window_index")["predicted_class"].to_list()
    assert pl.read_parquet(out)["predicted_class"].to_list() == ours


def test_positions_in_other_bytes_are_proposed_and_read_where_the_settings_say(tmp_path: Path) -> None:
    landing, storage = tmp_path / "landing", tmp_path / "storage"
    path = add_labelled(landing, 1)
    (landing / "labels.yaml").unlink()
    with open_segy(path) as reader:
        expected = reader.headers()
    move_field(path, 189, 9)
    move_field(path, 193, 21)

    plain = seismic("inspect", path, "--json")
    report = json.loads(plain.stdout)
    assert plain.returncode == 0
    assert (report["proposal"]["inline"], report["proposal"]["crossline"]) == (9, 21)
    assert "SEISMIC_INLINE_BYTE=9 and SEISMIC_CROSSLINE_BYTE=21" in " ".join(report["problems"])

    assert run(landing, storage, **SMALL).returncode == 0
    lake = Lake(storage / "lake")
    assert lake.read(BRONZE_TRACES)["inline"].unique().to_list() == [0]

    again = run(landing, storage, inline_byte="9", crossline_byte="21", **SMALL)
    assert again.returncode == 0, again.stderr
    rows = lake.read(BRONZE_TRACES)
    assert rows["inline"].to_list() == expected.inline.tolist()
    assert rows["crossline"].to_list() == expected.crossline.tolist()
    assert lake.read(SEGY_CATALOGUE)["header_bytes"].to_list() == ["9,21,181,185"]


@pytest.mark.slow
def test_normalised_amplitudes_make_a_survey_and_its_loud_copy_the_same_to_the_model(tmp_path: Path) -> None:
    landing, storage = tmp_path / "landing", tmp_path / "storage"
    source = add_labelled(landing, 1)
    copied(source, landing / "loud.sgy", gain=4096.0)  # a power of two: nothing but the exponent changes

    result = run(landing, storage, normalise="robust", **SMALL)
    assert result.returncode == 0, result.stderr
    lake = Lake(storage / "lake")
    scales = dict(lake.read(TRACE_QUALITY, columns=["file_id", "amplitude_scale"]).iter_rows())
    assert scales["loud.sgy"] == pytest.approx(4096 * scales["survey_001.sgy"], rel=1e-5)
    quiet, loud = (lake.read(TRACE_ATTRIBUTES, [name])["rms_amplitude"] for name in ("survey_001.sgy", "loud.sgy"))
    np.testing.assert_allclose(quiet.to_numpy(), loud.to_numpy(), rtol=1e-4)
    predicted = pl.read_delta(str(storage / "lake/predictions")).sort("file_id", "trace_index", "window_index")
    # Lists, as a dead trace has None, and None is None.
    classes = {name: rows["predicted_class"].to_list() for (name,), rows in predicted.group_by("file_id")}
    alike = [ours == theirs for ours, theirs in zip(classes["loud.sgy"], classes["survey_001.sgy"], strict=True)]
    assert np.mean(alike) > 0.99

    out = tmp_path / "loud.parquet"
    assert seismic("predict", landing / "loud.sgy", "-o", out, "--storage-root", storage).returncode == 0
    assert pl.read_parquet(out)["predicted_class"].to_list() == classes["loud.sgy"]

    rows = lake.read(BRONZE_TRACES, ["loud.sgy"]).filter(~pl.col("is_dead")).head(20)
    traces = to_array(rows["samples"])
    registry = registry_of(Settings(storage_root=storage))
    with TestClient(create_app(registry.aliased)) as client:
        without = client.post("/predict", json={"traces": traces.tolist()})
        scaled = client.post("/predict", json={"traces": traces.tolist(), "amplitude_scale": scales["loud.sgy"]})
        assert client.get("/model_info").json()["normalise"] == "robust"
    assert without.status_code == 422
    assert "give the amplitude scale" in without.text
    windows = [window["predicted_class"] for trace in scaled.json()["predictions"] for window in trace["windows"]]
    served = predicted.filter(
        (pl.col("file_id") == "loud.sgy") & pl.col("trace_index").is_in(rows["trace_index"].implode())
    )
    assert windows == served["predicted_class"].to_list()
