"""The features of a trace are the same whether the pipeline, the batch predictor or the API computed them."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from fastapi.testclient import TestClient

from seismic_assets.defs.resources import registry_of
from seismic_assets.inference import Predictor
from seismic_assets.inference.app import create_app
from seismic_assets.segy import open_segy
from seismic_assets.settings import Settings
from seismic_assets_tests.commands import run, seismic
from seismic_assets_tests.surveys import add_labelled

pytestmark = [pytest.mark.slow]
TRACES = slice(100, 140)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("same")
    add_labelled(folder / "landing", 1)
    result = run(folder / "landing", folder / "storage", split_block="4", split_buffer="1", min_class_windows="5")
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="module")
def traces(root: Path) -> np.ndarray:
    with open_segy(root / "landing/survey_001.sgy") as reader:
        return reader.traces(TRACES.start, TRACES.stop)


def pipeline_rows(root: Path, table: str) -> pl.DataFrame:
    rows = pl.read_delta(str(root / "storage/lake" / table)).sort("trace_index", "window_index")
    return rows.filter(pl.col("trace_index").is_between(TRACES.start, TRACES.stop - 1))


def answer(root: Path, traces: np.ndarray) -> dict:
    registry = registry_of(Settings(storage_root=root / "storage"))
    with TestClient(create_app(registry.aliased)) as client:
        response = client.post("/predict", json={"traces": traces.tolist(), "return_features": True})
    assert response.status_code == 200, response.text
    return json.loads(response.text)


def test_pipeline_batch_and_api_give_the_same_features(root: Path, traces: np.ndarray) -> None:
    _, bundle = registry_of(Settings(storage_root=root / "storage")).aliased()
    names = list(bundle.manifest.feature_names)
    assert len(names) == 40
    pipeline = pipeline_rows(root, "trace_features").select(names).to_numpy()
    batch = Predictor(bundle).features(traces, bundle.manifest.sample_interval_us)
    served = [window["features"] for trace in answer(root, traces)["predictions"] for window in trace["windows"]]
    api = np.array([[window[name] for name in names] for window in served])

    scale = np.abs(pipeline).max(axis=0)
    assert len(pipeline) == len(batch) == len(api) == (TRACES.stop - TRACES.start) * 4
    np.testing.assert_allclose(batch / scale, pipeline / scale, atol=1e-5)
    np.testing.assert_allclose(api / scale, pipeline / scale, atol=1e-5)


def test_pipeline_command_and_api_give_the_same_classes(root: Path, traces: np.ndarray, tmp_path: Path) -> None:
    out = tmp_path / "predicted.parquet"
    result = seismic("predict", root / "landing/survey_001.sgy", "-o", out, "--storage-root", root / "storage")
    assert result.returncode == 0, result.stderr
    command = pl.read_parquet(out).filter(pl.col("trace_index").is_between(TRACES.start, TRACES.stop - 1))
    windows = [window for trace in answer(root, traces)["predictions"] for window in trace["windows"]]

    pipeline = pipeline_rows(root, "predictions")["predicted_class"].to_list()

    assert command["predicted_class"].to_list() == pipeline
    assert [window["predicted_class"] for window in windows] == pipeline
