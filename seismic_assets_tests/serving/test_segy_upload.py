"""A SEG-Y file is uploaded, and a table comes back."""

import csv
import io
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal
from starlette.testclient import TestClient

from seismic_assets.inference import Predictor, predict_file
from seismic_assets.registry import Bundle
from seismic_assets.segy import HeaderMap
from seismic_assets.serving import segy_upload
from seismic_assets.serving.config import Limits
from seismic_assets_tests.inference.building import CLASSES, make_traces
from seismic_assets_tests.segy.test_real_files import REFUSED
from seismic_assets_tests.serving.metrics.reading import samples
from seismic_assets_tests.serving.services import ALL, BODY, rows, segy_bytes, service


def of_json(content: bytes) -> pl.DataFrame:
    return pl.DataFrame(json.loads(content)["rows"], infer_schema_length=None)


READERS: dict[str, Callable[[bytes], pl.DataFrame]] = {
    "*/*": of_json,
    "application/json": of_json,
    "text/csv": lambda content: pl.read_csv(io.BytesIO(content), infer_schema_length=None),
    "application/vnd.apache.parquet": lambda content: pl.read_parquet(io.BytesIO(content)),
    "application/vnd.apache.arrow.stream": lambda content: pl.DataFrame(
        pl.from_arrow(pa.ipc.open_stream(content).read_all())
    ),
}


@pytest.fixture
def line(tmp_path: Path) -> bytes:
    """A file of 30 traces, one of them dead."""
    traces = make_traces(30)
    traces[4] = 0
    return segy_bytes(tmp_path, traces)


def upload(client: TestClient, content: bytes, query: str = "", **headers: str) -> "pl.DataFrame":
    accept = headers.get("accept", "application/json")
    response = client.post(f"/predict/segy{query}", content=content, headers={"Accept": accept})
    assert response.status_code == 200, response.text
    return READERS[accept](response.content)


def expected(predictor: Predictor, folder: Path, content: bytes, **options) -> pl.DataFrame:
    path = folder / "expected.sgy"
    path.write_bytes(content)
    return pl.concat(predict_file(predictor, path, **options))


def assert_same(given: pl.DataFrame, wanted: pl.DataFrame) -> None:
    assert_frame_equal(given.cast(dict(wanted.schema)), wanted, check_exact=False, rel_tol=1e-5, abs_tol=1e-6)


@pytest.mark.parametrize("accept", READERS)
def test_the_table_is_that_of_predict_file_in_every_form(
    client: TestClient, predictor: Predictor, line: bytes, tmp_path: Path, accept: str
) -> None:
    assert_same(upload(client, line, accept=accept), expected(predictor, tmp_path, line))


@pytest.mark.parametrize(("accept", "name"), [("application/json", "json"), ("text/csv", "csv")])
def test_an_answer_says_its_version_windows_length_and_name(
    bundle: Bundle, line: bytes, accept: str, name: str
) -> None:
    with service(lambda: ("Modell ß€", bundle)) as client:
        response = client.post("/predict/segy", content=line, headers={"Accept": accept, "Range": "bytes=0-10"})

    assert response.status_code == 200, "a part of a file is not given"
    assert unquote(response.headers["X-Model-Version"]) == "Modell ß€"
    assert response.headers["X-Windows"] == "150"
    assert int(response.headers["Content-Length"]) == len(response.content) > 1000
    assert response.headers["Content-Type"].startswith(accept)
    assert response.headers["Content-Disposition"] == f'attachment; filename="predictions.{name}"'


@pytest.mark.parametrize("accept", ["application/vnd.apache.parquet", "application/vnd.apache.arrow.stream"])
def test_columnar_answers_name_the_version(client: TestClient, line: bytes, accept: str) -> None:
    content = client.post("/predict/segy", content=line, headers={"Accept": accept}).content

    schema = pa.ipc.open_stream(content).schema if "arrow." in accept else pa.parquet.read_schema(io.BytesIO(content))
    assert schema.metadata[b"model_version"] == b"7"


def test_json_is_strict_and_names_the_version(client: TestClient, line: bytes) -> None:
    response = client.post("/predict/segy", content=line)

    answer = json.loads(response.text, parse_constant=pytest.fail)
    assert answer["model_version"] == "7"
    dead = [row for row in answer["rows"] if row["trace_index"] == 4]
    assert dead and all(row["confidence"] is None and row["predicted_class"] is None for row in dead)


def test_csv_has_one_header_over_all_blocks(client: TestClient, tmp_path: Path) -> None:
    content = segy_bytes(tmp_path, make_traces(5000, 40))
    answer = client.post("/predict/segy", content=content, headers={"Accept": "text/csv"}).text

    table = list(csv.reader(io.StringIO(answer)))
    assert sum(row[0] == "trace_index" for row in table) == 1
    assert {row[0] for row in table[1:]} == {str(number) for number in range(5000)}


def test_all_of_many_blocks_are_in_json(client: TestClient, tmp_path: Path) -> None:
    table = upload(client, segy_bytes(tmp_path, make_traces(5000, 40)))

    assert table["trace_index"].unique().sort().to_list() == list(range(5000))


def test_more_rows_than_json_is_good_for_are_refused_with_what_is_better(
    client: TestClient, line: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segy_upload, "_MOST_ROWS_OF_JSON", 100)

    response = client.post("/predict/segy", content=line)

    assert response.status_code == 406
    assert "ask for application/vnd.apache.parquet or text/csv" in response.json()["detail"]
    assert len(upload(client, line, accept="text/csv")) == 150


def test_another_sample_interval_is_refused_or_resampled(
    client: TestClient, predictor: Predictor, tmp_path: Path
) -> None:
    content = segy_bytes(tmp_path, make_traces(6, 200), sample_interval_us=2000)

    refused = client.post("/predict/segy", content=content)
    assert refused.status_code == 422
    assert "2000 us" in refused.json()["detail"]
    given = upload(client, content, "?resample=true")
    assert_same(given, expected(predictor, tmp_path, content, resample=True))


def test_numbers_are_read_where_the_caller_says(client: TestClient, predictor: Predictor, tmp_path: Path) -> None:
    content = segy_bytes(tmp_path)

    given = upload(client, content, "?inline_byte=193&crossline_byte=189")

    assert_same(given, expected(predictor, tmp_path, content, mapping=HeaderMap(193, 189)))
    assert given["inline"].to_list()[0] == 101


@pytest.mark.parametrize("query", ["inline_byte=0", "crossline_byte=238", "inline_byte=x", "resample=perhaps"])
def test_a_parameter_that_is_wrong_is_named(client: TestClient, line: bytes, query: str) -> None:
    response = client.post(f"/predict/segy?{query}", content=line)

    assert response.status_code == 422
    assert query.partition("=")[0] in response.json()["detail"]


def test_a_form_is_refused_with_the_way_to_send_a_file(client: TestClient, line: bytes) -> None:
    response = client.post("/predict/segy", files={"file": ("line.sgy", line)})

    assert response.status_code == 415
    assert "curl --data-binary @line.sgy" in response.json()["detail"]


@pytest.mark.parametrize("accept", ["text/html", "application/octet-stream"])
def test_another_form_of_answer_is_refused_before_the_file_is_read(client: TestClient, accept: str) -> None:
    response = client.post("/predict/segy", content=b"", headers={"Accept": accept})

    assert response.status_code == 406
    assert "text/csv" in response.json()["detail"]


def test_an_empty_body_and_one_too_large_are_refused(bundle: Bundle, line: bytes) -> None:
    with service(lambda: ("7", bundle), limits=Limits(segy_bytes=1000)) as client:
        assert client.post("/predict/segy", content=b"").status_code == 400
        assert client.post("/predict/segy", content=line).status_code == 413


def test_no_cut_of_a_file_makes_the_service_fail(client: TestClient, line: bytes) -> None:
    for end in (1, 100, 3199, 3200, 3599, 3600, 3601, 3839, 3840, 3841, len(line) - 1):
        response = client.post("/predict/segy", content=line[:end])
        assert response.status_code == 422
        assert response.json()["detail"].startswith("the file ")


def test_no_damage_to_a_header_makes_the_service_fail(client: TestClient, line: bytes) -> None:
    random = np.random.default_rng(1)
    for _ in range(60):
        damaged = bytearray(line)
        for place in random.integers(3200, 3840, 4):
            damaged[place] = random.integers(0, 256)
        assert client.post("/predict/segy", content=bytes(damaged)).status_code in (200, 422)


@pytest.mark.real_data
@pytest.mark.parametrize("name", REFUSED)
def test_a_malformed_file_is_refused_in_a_sentence(client: TestClient, real_data: Path, name: str) -> None:
    response = client.post("/predict/segy", content=(real_data / name).read_bytes())

    assert response.status_code == 422
    assert response.json()["detail"].startswith("the file ")
    assert ";" in response.json()["detail"], "a refusal names its remedy after a semicolon"


@pytest.mark.real_data
def test_every_file_of_other_programs_is_predicted_or_refused_as_predict_file_does(
    client: TestClient, predictor: Predictor, real_data: Path
) -> None:
    with (real_data / "MANIFEST.tsv").open() as stream:
        names = [row["file"] for row in csv.DictReader(stream, delimiter="\t") if row["file"].startswith("segy/")]
    answered = 0
    for name in names:
        content = (real_data / name).read_bytes()
        headers = {"Accept": "application/vnd.apache.parquet"}
        response = client.post("/predict/segy?resample=true", content=content, headers=headers)
        assert response.status_code in (200, 422), f"{name}: {response.text}"
        if response.status_code == 200:
            answered += 1
            wanted = pl.concat(predict_file(predictor, real_data / name, resample=True))
            assert_same(pl.read_parquet(io.BytesIO(response.content)), wanted)
    assert answered > 20


def test_nothing_stays_on_disk_whatever_becomes_of_a_file(tmp_path: Path, bundle: Bundle, line: bytes) -> None:
    with service(lambda: ("7", bundle), folder=tmp_path / "serving") as client:
        for content, accept in ((line, "text/csv"), (line, "*/*"), (line[:-1], "*/*"), (b"no SEG-Y", "*/*")):
            client.post("/predict/segy", content=content, headers={"Accept": accept})

        assert list((tmp_path / "serving" / "uploads").iterdir()) == []


@pytest.mark.parametrize("accept", sorted(set(READERS) - {"*/*"}))
def test_an_answer_that_comes_too_late_leaves_nothing_on_disk(
    tmp_path: Path, bundle: Bundle, line: bytes, accept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, ended = threading.Event(), threading.Event()

    def slowly(predictor: Predictor, path: Path, **options):
        first, *rest = predict_file(predictor, path, **options)
        assert go_on.wait(60)
        yield from (first, *rest)
        ended.set()

    monkeypatch.setattr(segy_upload, "predict_file", slowly)
    with service(lambda: ("7", bundle), folder=tmp_path / "s", limits=Limits(upload_seconds=1)) as client:
        response = client.post("/predict/segy", content=line, headers={"Accept": accept})
        assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
        go_on.set()
        assert ended.wait(60)
        admission = client.app.state.service.admission  # type: ignore[attr-defined]
        while admission.working:
            time.sleep(0.01)
        assert list((tmp_path / "s" / "uploads").iterdir()) == []
        assert client.post("/predict", json=BODY).status_code == 200


def test_a_file_is_counted_and_recorded_trace_by_trace(tmp_path: Path, bundle: Bundle, line: bytes) -> None:
    with service(lambda: ("7", bundle), folder=tmp_path / "s", recording=ALL) as client:
        table = upload(client, line)
        metrics = samples(client.get("/metrics").text)

    (row,) = rows(tmp_path / "s")
    answered = table.drop_nulls("confidence")
    means = answered.group_by("trace_index", maintain_order=True).agg(pl.col("^prob_.*$").mean()).drop("trace_index")
    classes = means.to_numpy().argmax(axis=1)
    assert (row["endpoint"], row["method_form"], row["status"]) == ("/v1/predict/segy", "segy", 200)
    assert (row["traces"], row["windows"]) == (29, 150)
    assert np.frombuffer(row["trace_classes"], "<i2").tolist() == classes.tolist()
    counts = {name: int((classes == index).sum()) for index, name in enumerate(CLASSES) if (classes == index).any()}
    assert json.loads(row["classes"]) == counts
    assert row["mean_confidence"] == pytest.approx(means.to_numpy().max(axis=1).mean(), abs=1e-6)
    assert metrics["seismic_traces_total"] == 29


def test_a_file_of_dead_traces_is_answered_with_nothing_in_it(client: TestClient, tmp_path: Path) -> None:
    table = upload(client, segy_bytes(tmp_path, np.zeros((3, 100), np.float32)))

    assert len(table) == 15 and table["confidence"].null_count() == 15


def test_a_model_that_needs_the_traces_around_finds_them_in_the_file(
    lateral_client: TestClient, lateral: Predictor, tmp_path: Path
) -> None:
    content = segy_bytes(tmp_path)

    assert_same(upload(lateral_client, content), expected(lateral, tmp_path, content))
