"""`seismic run` on real folders, good and bad, as a process."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seismic_assets.lake import BRONZE_TRACES, DATASET_SPLIT, Lake, trace_features_table
from seismic_assets.registry import ModelRegistry
from seismic_assets.settings import Settings
from seismic_assets_tests.commands import SEISMIC, environment, run, seismic
from seismic_assets_tests.surveys import add_labelled, add_unlabelled

pytestmark = [pytest.mark.slow]
SMALL = {"split_block": "4", "split_buffer": "1", "min_class_windows": "5"}


def registry(storage: Path) -> ModelRegistry:
    settings = Settings(storage_root=storage)
    return ModelRegistry(
        settings.mlflow_uri, settings.mlflow_artifacts, settings.mlflow_experiment, settings.registered_model
    )


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "landing"
    add_labelled(folder, 1)
    add_labelled(folder, 2)
    return folder


@pytest.fixture(scope="module")
def storage(landing: Path) -> Path:
    """A storage root that one run filled."""
    root = landing.parent / "storage"
    result = run(landing, root, **SMALL)
    assert result.returncode == 0, result.stderr
    outcome = json.loads(result.stdout)
    assert outcome["succeeded"]
    assert outcome["scores"]["model"]["f1_macro"] > outcome["scores"]["majority"]["f1_macro"]
    assert outcome["scores"]["model"]["f1_macro"] > outcome["scores"]["shuffled"]["f1_macro"]
    return root


def test_a_run_reaches_a_report_and_predictions_in_delta_and_parquet(storage: Path) -> None:
    assert (storage / "reports/evaluation/v1/index.html").read_text().startswith("<!doctype html>")
    parquet = pl.read_parquet(storage / "reports/predictions/survey_001.sgy.parquet")
    delta = pl.read_delta(str(storage / "lake/predictions")).filter(pl.col("file_id") == "survey_001.sgy")
    assert parquet.height == delta.height == 24 * 32 * 4
    assert parquet.columns[:10] == [
        "file_id",
        "trace_index",
        "inline",
        "crossline",
        "window_index",
        "start_ms",
        "end_ms",
        "predicted_class",
        "predicted_class_name",
        "confidence",
    ]
    probabilities = parquet.select("^prob_.*$").drop_nulls().to_numpy()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_a_second_run_finds_nothing_to_do(landing: Path, storage: Path) -> None:
    result = run(landing, storage, **SMALL)

    assert result.returncode == 0
    assert json.loads(result.stdout)["assets"] == []


def test_the_same_input_and_seed_give_the_same_model_to_the_last_digit(landing: Path, storage: Path) -> None:
    again = landing.parent / "again"

    assert run(landing, again, **SMALL).returncode == 0

    first, second = registry(storage).aliased()[1], registry(again).aliased()[1]
    assert first.content_digest() == second.content_digest()
    assert first.graphs["model"] == second.graphs["model"]


def test_killed_at_any_moment_and_run_again_it_ends_with_the_same_tables(landing: Path, storage: Path) -> None:
    killed = landing.parent / "killed"
    command = [SEISMIC, "run", "--landing-dir", str(landing), "--storage-root", str(killed)]
    # Moments that fall into ingest, features and training on a machine of any speed: when a table appears.
    for marker in ("bronze_traces", "trace_labels", "trace_features"):
        process = subprocess.Popen(
            command,
            env=environment(**SMALL),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 120
        while not (killed / "lake" / marker).exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    result = run(landing, killed, **SMALL)

    assert result.returncode == 0, result.stderr
    for table in (BRONZE_TRACES, DATASET_SPLIT, trace_features_table(())):
        whole, resumed = Lake(storage / "lake"), Lake(killed / "lake")
        columns = pl.scan_delta(str(whole.path(table))).collect_schema().names()
        frames = [pl.read_delta(str(lake.path(table))).select(columns).sort(table.key) for lake in (whole, resumed)]
        assert frames[0].equals(frames[1]), table.name
    assert registry(killed).aliased()[1].content_digest() == registry(storage).aliased()[1].content_digest()


def test_predict_writes_the_rows_of_the_production_model(landing: Path, storage: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"

    result = seismic("predict", landing / "survey_002.sgy", "-o", out, "--storage-root", storage)

    assert result.returncode == 0, result.stderr
    rows = pl.read_parquet(out)
    stored = pl.read_parquet(storage / "reports/predictions/survey_002.sgy.parquet")
    assert rows["predicted_class"].equals(stored["predicted_class"])
    np.testing.assert_allclose(rows["confidence"].to_numpy(), stored["confidence"].to_numpy(), atol=1e-6)


def test_predict_without_a_model_says_how_to_get_one(landing: Path, tmp_path: Path) -> None:
    result = seismic(
        "predict", landing / "survey_001.sgy", "-o", tmp_path / "x.parquet", "--storage-root", tmp_path / "new"
    )

    assert result.returncode == 2
    assert "no version of SeismicClassifier is in production" in result.stderr
    assert "seismic run" in result.stderr
    assert not (tmp_path / "x.parquet").exists()


def test_unlabelled_files_end_at_bronze_with_a_plain_statement(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    add_unlabelled(tmp_path / "landing", 5)

    result = run(tmp_path / "landing", tmp_path / "storage")

    outcome = json.loads(result.stdout)
    assert result.returncode == 0
    assert any("nothing to train on" in note for note in outcome["notes"])
    done = {each["asset"] for each in outcome["assets"]}
    assert {"bronze_traces", "trace_quality"} <= done
    assert not {"seismic_classifier", "predictions"} & done


@pytest.mark.real_data
def test_real_files_without_labels_end_at_bronze_and_quality(real_data: Path, tmp_path: Path) -> None:
    result = run(real_data / "segy/real", tmp_path / "storage")

    outcome = json.loads(result.stdout)
    assert result.returncode == 0
    assert outcome["admitted"] == 5
    rows = {each["asset"]: each["rows"] for each in outcome["assets"]}
    assert rows["bronze_traces"] == 414 + 414 + 121 + 534 + 601
    assert any("nothing to train on" in note for note in outcome["notes"])


@pytest.mark.real_data
def test_a_folder_of_malformed_files_is_quarantined_file_by_file(real_data: Path, tmp_path: Path) -> None:
    result = run(real_data / "segy/malformed", tmp_path / "storage")

    outcome = json.loads(result.stdout)
    reasons = dict(outcome["quarantined"])
    assert set(reasons) == {"broken.sgy", "text.sgy", "interval-neg-bin-pos-trace.sgy"}
    assert all(len(reason) > 20 for reason in reasons.values())


def sentence(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode != 0
    assert "Traceback" not in result.stderr + result.stdout
    return " ".join(result.stderr.split())


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    assert "does not exist; create it or set SEISMIC_LANDING_DIR" in sentence(run(tmp_path / "no", tmp_path / "s"))


def test_an_empty_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()

    assert "holds no SEG-Y file" in sentence(run(tmp_path / "landing", tmp_path / "s"))


def test_a_wrong_setting_is_named_with_what_is_allowed(tmp_path: Path) -> None:
    result = run(tmp_path, tmp_path / "s", window_step="many")

    assert "SEISMIC_WINDOW_STEP='many' is not allowed" in sentence(result)


def test_a_folder_of_nothing_readable_fails_with_the_reasons(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "notes.sgy").write_text("not a survey")

    result = run(tmp_path / "landing", tmp_path / "s")

    assert result.returncode == 1
    assert "is not SEG-Y" in json.loads(result.stdout)["quarantined"][0][1]


def test_labels_that_match_no_trace_are_named_with_the_remedy(tmp_path: Path) -> None:
    add_labelled(tmp_path / "landing", 1)
    (tmp_path / "landing" / "far.pts").write_text("9000 9000 100\n")
    with (tmp_path / "landing" / "labels.yaml").open("a") as stream:
        stream.write("- {kind: picks, class: normal, path: far.pts}\n")

    result = run(tmp_path / "landing", tmp_path / "s", **SMALL)

    assert result.returncode == 1
    assert "far.pts: its labels match no sample of any file" in result.stderr.replace("\n", " ")


def test_an_unknown_class_stops_before_any_label_is_written(tmp_path: Path) -> None:
    add_labelled(tmp_path / "landing", 1)
    (tmp_path / "landing" / "salt.pts").write_text("100 300 100\n")
    with (tmp_path / "landing" / "labels.yaml").open("a") as stream:
        stream.write("- {kind: picks, class: salt, path: salt.pts}\n")

    result = run(tmp_path / "landing", tmp_path / "s")

    text = result.stderr.replace("\n", " ")
    assert result.returncode == 1
    assert "labels.yaml" in text and "salt" in text and "line" in text
    assert not (tmp_path / "s/lake/trace_labels").exists()


def test_a_class_with_too_few_windows_is_named_with_the_remedy(tmp_path: Path) -> None:
    add_labelled(tmp_path / "landing", 1)

    result = run(tmp_path / "landing", tmp_path / "s", split_block="4", split_buffer="1", min_class_windows="100000")

    assert result.returncode == 1
    assert "needed in each" in result.stderr.replace("\n", " ")
