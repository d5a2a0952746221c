"""Everything in an object store: files land there, the tables and the model are there, and are those of a disk."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from seismic_assets.lake import Lake
from seismic_assets.objects import ObjectAddress
from seismic_assets_tests.commands import environment, run, seismic
from seismic_assets_tests.object_store import BUCKET, client_of, object_store, reached, variables_of

pytestmark = pytest.mark.slow
# When a thing was done, and what follows from the names of parts, differs between any two runs.
_OF_THE_RUN = ("judged_at", "decided_at", "timestamp", "stamp", "identity")
# As docs/operator.md says for programs of one's own.
_JOIN = """
import sys
from datetime import UTC, datetime

import pandas as pd
from feast import FeatureStore
from seismic_assets.settings import load_settings

load_settings()
asked = pd.DataFrame([{"trace_id": int(sys.argv[2]), "window_index": 0, "event_timestamp": datetime.now(UTC)}])
features = ["seismic_energy_frequency_features:energy", "seismic_labels:class_name"]
print(FeatureStore(sys.argv[1]).get_historical_features(entity_df=asked, features=features).to_df()["energy"][0])
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with object_store(tmp_path_factory.mktemp("object_store")) as access:
        yield access


@pytest.fixture(scope="module")
def landing(tmp_path_factory, store) -> Path:
    """A folder of surveys, and the same in the store."""
    folder = tmp_path_factory.mktemp("landing")
    made = seismic("survey", folder, "--surveys", "2", "--inlines", "24", "--crosslines", "40")
    assert made.returncode == 0, made.stderr
    for path in folder.iterdir():
        client_of(store).upload_file(str(path), BUCKET, f"landing/{path.name}")
    return folder


@pytest.fixture(scope="module")
def variables(store, landing, tmp_path_factory) -> dict[str, str]:
    """Settings of a deployment whose files land in the store and whose tables are there."""
    named = {name.removeprefix("SEISMIC_").lower(): value for name, value in variables_of(store).items()}
    return {
        **named,
        "landing_dir": f"s3://{BUCKET}/landing",
        "storage_root": f"s3://{BUCKET}/storage",
        "state_dir": str(tmp_path_factory.mktemp("state")),
    }


@pytest.fixture(scope="module")
def ran(variables) -> dict:
    found = seismic("run", "--json", **variables)
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def tables_of(lake: Lake) -> dict[str, pl.DataFrame]:
    frames = {name: pl.read_delta(str(place)).drop(*_OF_THE_RUN, strict=False) for name, place in lake.tables().items()}
    return {name: frame.sort(frame.columns) for name, frame in frames.items()}


def test_the_tables_are_those_of_a_disk(ran, landing, store, tmp_path):
    of_disk = run(landing, tmp_path / "storage")
    assert of_disk.returncode == 0, of_disk.stderr

    with reached(store):
        found = tables_of(Lake(ObjectAddress(BUCKET, "storage/lake")))

    expected = tables_of(Lake(tmp_path / "storage" / "lake"))
    assert found.keys() == expected.keys() and found["predictions"].height > 0
    assert [name for name in expected if not found[name].equals(expected[name])] == []
    assert ran["scores"] == json.loads(of_disk.stdout)["scores"]


def test_no_table_is_left_on_the_disk_and_the_model_is_in_the_store(ran, variables, store):
    keys = [each["Key"] for each in client_of(store).list_objects_v2(Bucket=BUCKET)["Contents"]]

    of_tables = [path for path in Path(variables["state_dir"]).rglob("*.parquet") if "reports" not in path.parts]
    assert of_tables == []
    assert any(key.startswith("storage/mlflow/artifacts/") and key.endswith(".onnx") for key in keys)


def test_a_second_run_finds_nothing_to_do_and_a_new_object_is_taken_up(ran, variables, store, landing):
    again = seismic("run", "--json", **variables)
    assert [each["asset"] for each in json.loads(again.stdout)["assets"]] == []

    client_of(store).upload_file(str(landing / "survey_001.sgy"), BUCKET, "landing/more/third.sgy")
    more = seismic("run", "--json", **variables)

    assert more.returncode == 0, more.stderr
    assert json.loads(more.stdout)["admitted"] == 3
    rows = seismic("sql", "select file_id, count(*) n from predictions group by file_id", "--json", **variables)
    assert len(json.loads(rows.stdout)["rows"] if "rows" in rows.stdout else json.loads(rows.stdout)) == 3


def test_the_model_predicts_a_file(ran, variables, landing, tmp_path):
    predicted = seismic("predict", landing / "survey_002.sgy", "--out", tmp_path / "out.parquet", **variables)

    assert predicted.returncode == 0, predicted.stderr
    assert pl.read_parquet(tmp_path / "out.parquet").height > 0


def test_features_are_found_by_the_command_and_by_a_script_that_joins_through_feast(ran, variables, tmp_path):
    with_store = {**variables, "feature_store": "true"}
    assert seismic("run", "--json", **with_store).returncode == 0
    asked = ("--file", "survey_001.sgy", "--trace-index", "3", "--feature", "energy", "--json")
    got = seismic("features", "get", *asked, **with_store)
    assert got.returncode == 0, got.stderr
    (tmp_path / "join.py").write_text(_JOIN)

    trace = json.loads(got.stdout)["trace_id"]
    joined = subprocess.run(
        [sys.executable, tmp_path / "join.py", Path(variables["state_dir"]) / "feature_store", str(trace)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(**with_store),
        timeout=300,
    )

    assert joined.returncode == 0, joined.stderr
    told = json.loads(got.stdout)["windows"][0]["features"]["energy"]
    assert float(joined.stdout) == pytest.approx(told, rel=1e-6)  # both are of a float32


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"storage_root": "s3://nowhere/x"}, "there is no such bucket; make it, or correct the address"),
        ({"landing_dir": "s3://nowhere/x"}, "there is no such bucket; make it, or correct the address"),
        ({"storage_root": "s3://Wrong_Name/x"}, "write s3://BUCKET/FOLDER"),
        ({"s3_endpoint": "http://127.0.0.1:9"}, "check SEISMIC_S3_ENDPOINT and the network"),
        ({"s3_endpoint": "127.0.0.1:9"}, "give http://HOST:PORT or https://HOST"),
        ({"s3_secret_access_key": ""}, "give both or neither"),
        ({"storage_root": f"s3://{BUCKET}/landing/x"}, "must not lie in SEISMIC_LANDING_DIR"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_no_harm(variables, wrong, sentence, tmp_path):
    found: subprocess.CompletedProcess[str] = seismic("run", **{**variables, "state_dir": str(tmp_path / "s"), **wrong})

    assert found.returncode == 2
    assert sentence in " ".join(found.stderr.split())
    assert "Traceback" not in found.stderr
