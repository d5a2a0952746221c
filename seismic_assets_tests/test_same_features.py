"""The features of a trace are the same: made by the pipeline, the batch predictor or the API, or looked up."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from fastapi.testclient import TestClient

from seismic_assets.attributes import FeatureSet, Surroundings, Traces
from seismic_assets.deployment import registry_of, store_place_of
from seismic_assets.inference import Predictor
from seismic_assets.segy import open_segy
from seismic_assets.serving.app import create_app
from seismic_assets.serving.config import ServiceConfig
from seismic_assets.settings import Settings
from seismic_assets_tests.commands import run, seismic
from seismic_assets_tests.surveys import add_labelled

pytestmark = [pytest.mark.slow]
TRACES = slice(100, 140)
SENT = slice(64, 192)  # whole inlines of 32 traces, so that the traces around are among them
SETS = [FeatureSet("classic"), FeatureSet("extended"), FeatureSet("lateral", time=True)]


@pytest.fixture(scope="module", params=SETS, ids=lambda feature_set: feature_set.name)
def feature_set(request: pytest.FixtureRequest) -> FeatureSet:
    """The features that the model is made with."""
    return request.param


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, feature_set: FeatureSet) -> Path:
    """A landing folder and a storage root with a model in production, found without a search."""
    folder = tmp_path_factory.mktemp("same")
    add_labelled(folder / "landing", 1)
    result = run(
        folder / "landing",
        folder / "storage",
        split_block="4",
        split_buffer="1",
        min_class_windows="5",
        tuning_trials="0",
        feature_set=feature_set.name,
        time_feature=str(feature_set.time),
        feature_store="true",
    )
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="module")
def survey(root: Path) -> Traces:
    """All traces of the file, with their times and the traces around, from memory."""
    with open_segy(root / "landing/survey_001.sgy") as reader:
        samples, headers = reader.traces(), reader.headers()
        around = Surroundings.of_array(headers.inline, headers.crossline, samples).around(headers.trace_index)
        return Traces(samples, reader.sample_interval_us, headers.start_ms, around)


def pipeline_rows(root: Path, table: str) -> pl.DataFrame:
    rows = pl.read_delta(str(root / "storage/lake" / table)).sort("trace_index", "window_index")
    return rows.filter(pl.col("trace_index").is_between(TRACES.start, TRACES.stop - 1))


def answered(root: Path, feature_set: FeatureSet) -> list[dict[str, Any]]:
    """What the API says of the windows of `TRACES`."""
    with open_segy(root / "landing/survey_001.sgy") as reader:
        samples, headers = reader.traces(SENT.start, SENT.stop), reader.headers(SENT.start, SENT.stop)
    body: dict[str, Any] = {"traces": samples.tolist(), "return_features": True}
    if feature_set.needs_neighbours:
        body |= {"inline": headers.inline.tolist(), "crossline": headers.crossline.tolist()}
    if feature_set.time:
        body["start_ms"] = float(headers.start_ms[0])
    registry = registry_of(Settings(storage_root=root / "storage"))
    with TestClient(create_app(registry.aliased)) as client:
        response = client.post("/predict", json=body)
    assert response.status_code == 200, response.text
    traces = json.loads(response.text)["predictions"][TRACES.start - SENT.start : TRACES.stop - SENT.start]
    return [window for trace in traces for window in trace["windows"]]


def looked_up(root: Path) -> list[dict[str, Any]]:
    """What the API says of the windows of `TRACES` whose features it looks up."""
    settings = Settings(storage_root=root / "storage")
    body = {"file_id": "survey_001.sgy", "trace_index": list(range(TRACES.start, TRACES.stop)), "return_features": True}
    config = ServiceConfig(features=store_place_of(settings))
    with TestClient(create_app(registry_of(settings).aliased, config=config)) as client:
        response = client.post("/predict", json=body)
    assert response.status_code == 200, response.text
    return [window for trace in response.json()["predictions"] for window in trace["windows"]]


def test_what_is_looked_up_is_what_the_traces_give(root: Path, feature_set: FeatureSet) -> None:
    sent, stored = answered(root, feature_set), looked_up(root)

    assert len(sent) == len(stored) > 0
    for name in sent[0]["features"]:
        values = np.array([[window["features"][name] for window in windows] for windows in (sent, stored)])
        np.testing.assert_allclose(values[1], values[0], rtol=1e-5, atol=1e-5 * np.abs(values[0]).max())
    assert [window["predicted_class"] for window in stored] == [window["predicted_class"] for window in sent]
    for name in ("start_ms", "end_ms"):
        assert {window[name] for window in stored} == {window[name] for window in sent}


def test_pipeline_batch_and_api_give_the_same_features(root: Path, survey: Traces, feature_set: FeatureSet) -> None:
    _, bundle = registry_of(Settings(storage_root=root / "storage")).aliased()
    names = list(bundle.manifest.feature_names)
    assert tuple(names) == feature_set.names(32)
    pipeline = pipeline_rows(root, "trace_features").select(names).to_numpy()
    batch = Predictor(bundle).features(survey.of(np.arange(TRACES.start, TRACES.stop)))
    served = [window["features"] for window in answered(root, feature_set)]
    api = np.array([[window[name] for name in names] for window in served])

    scale = np.abs(pipeline).max(axis=0)
    assert scale.min() > 0
    assert len(pipeline) == len(batch) == len(api) == (TRACES.stop - TRACES.start) * 4
    np.testing.assert_allclose(batch / scale, pipeline / scale, atol=1e-5)
    np.testing.assert_allclose(api / scale, pipeline / scale, atol=1e-5)


def test_pipeline_command_and_api_give_the_same_classes(root: Path, feature_set: FeatureSet, tmp_path: Path) -> None:
    out = tmp_path / "predicted.parquet"
    result = seismic("predict", root / "landing/survey_001.sgy", "-o", out, "--storage-root", root / "storage")
    assert result.returncode == 0, result.stderr
    command = pl.read_parquet(out).filter(pl.col("trace_index").is_between(TRACES.start, TRACES.stop - 1))

    pipeline = pipeline_rows(root, "predictions")["predicted_class"].to_list()

    assert command["predicted_class"].to_list() == pipeline
    assert [window["predicted_class"] for window in answered(root, feature_set)] == pipeline
