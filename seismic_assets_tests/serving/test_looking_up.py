"""Predictions of traces whose features are looked up: what the traces themselves would get, or one sentence."""

import io
import json
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from seismic_assets.cli.serving import config_of
from seismic_assets.deployment import store_place_of
from seismic_assets.feature_store.keys import trace_ids
from seismic_assets.feature_store.lookup import backend_of
from seismic_assets.feature_store.repository import StorePlace
from seismic_assets.feature_store.spec import PROJECT
from seismic_assets.inference import Predictor
from seismic_assets.registry import Bundle
from seismic_assets.serving.schemas import MAX_TRACES, PredictResponse
from seismic_assets.serving.sources import Source
from seismic_assets.settings import load_settings
from seismic_assets_tests.inference.building import INTERVAL_US, build_bundle, make_traces
from seismic_assets_tests.serving.metrics.reading import samples
from seismic_assets_tests.serving.online import OTHER, SURVEY, OnlineSurvey, online_survey, place_in, put, register
from seismic_assets_tests.serving.services import ALL, BODY, rows, service


@pytest.fixture
def survey(predictor: Predictor, tmp_path: Path) -> OnlineSurvey:
    return online_survey(tmp_path, predictor)


@pytest.fixture
def client(bundle: Bundle, survey: OnlineSurvey) -> Iterator[TestClient]:
    with service(lambda: ("7", bundle), features=survey.place) as client:
        yield client


def probabilities(answer: dict[str, Any]) -> np.ndarray:
    return np.array(
        [[list(window["probabilities"].values()) for window in trace["windows"]] for trace in answer["predictions"]]
    )


def refusal(client: TestClient, body: Any, status: int) -> str:
    content = body if isinstance(body, str) else json.dumps(body)
    response = client.post("/predict", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    sentence = response.json()["detail"]
    assert "\n" not in sentence
    return sentence


def test_a_look_up_gets_what_the_traces_get(client: TestClient, survey: OnlineSurvey) -> None:
    index = [4, 0, 8, 4]

    sent = client.post("/predict", json={"traces": survey.traces[index].tolist()}).json()
    by_id = client.post("/predict", json={"trace_ids": survey.ids(*index)})
    by_place = client.post("/batch_predict", json={"file_id": SURVEY, "trace_index": index})

    for response in (by_id, by_place):
        assert response.status_code == 200, response.text
        PredictResponse.model_validate_json(response.content)
        answer = response.json()
        np.testing.assert_allclose(probabilities(answer), probabilities(sent), atol=1e-5)
        for ours, theirs in zip(answer["predictions"], sent["predictions"], strict=True):
            assert (ours["trace_id"], ours["predicted_class"]) == (theirs["trace_id"], theirs["predicted_class"])
            assert [(w["start_ms"], w["end_ms"]) for w in ours["windows"]] == [
                (w["start_ms"], w["end_ms"]) for w in theirs["windows"]
            ]
        assert (answer["model_version"], answer["num_features"]) == ("7", sent["num_features"])


def test_ids_may_be_whole_numbers(client: TestClient, survey: OnlineSurvey) -> None:
    as_numbers = [int(each) for each in survey.ids(1, 2)]

    given = client.post("/predict", json={"trace_ids": as_numbers}).json()

    expected = client.post("/predict", json={"trace_ids": survey.ids(1, 2)}).json()
    np.testing.assert_array_equal(probabilities(given), probabilities(expected))


def test_features_come_with_the_answer_where_they_are_asked_for(client: TestClient, survey: OnlineSurvey) -> None:
    asked = {"traces": survey.traces[[3]].tolist(), "return_features": True}
    sent = client.post("/predict", json=asked).json()["predictions"][0]["windows"]

    found = client.post("/predict", json={"trace_ids": survey.ids(3), "return_features": True}).json()

    for ours, theirs in zip(found["predictions"][0]["windows"], sent, strict=True):
        assert ours["features"] == pytest.approx(theirs["features"], rel=1e-5)
    plain = client.post("/predict", json={"trace_ids": survey.ids(3)}).json()
    assert "features" not in plain["predictions"][0]["windows"][0]


READERS: dict[str, Callable[[bytes], pl.DataFrame]] = {
    "text/csv": pl.read_csv,
    "application/vnd.apache.parquet": lambda body: pl.read_parquet(io.BytesIO(body)),
    "application/vnd.apache.arrow.stream": lambda body: pl.DataFrame(
        pl.from_arrow(pa.ipc.open_stream(body).read_all())
    ),
}


@pytest.mark.parametrize("form", [*READERS, "application/octet-stream"])
def test_the_answer_has_any_form(form: str, client: TestClient, survey: OnlineSurvey) -> None:
    expected = probabilities(client.post("/predict", json={"trace_ids": survey.ids(0, 1)}).json())

    response = client.post("/predict", json={"trace_ids": survey.ids(0, 1)}, headers={"Accept": form})

    if form in READERS:
        table = READERS[form](response.content)
        assert table["trace_id"].unique().sort().to_list() == [0, 1]
        given = table.select(pl.col("^prob_.*$")).to_numpy().reshape(expected.shape)
    else:
        shape = map(int, response.headers["X-Shape"].split(","))
        given = np.frombuffer(response.content, "<f4").reshape(*shape)
    np.testing.assert_allclose(given, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"trace_ids": []}, "there is no id"),
        ({"trace_ids": "7"}, "array of ids"),
        ({"trace_ids": [-1]}, "id 0 is not from 0"),
        ({"trace_ids": ["1", 2**63]}, "id 1 is not from 0"),
        ({"trace_ids": ["9223372036854775808"]}, "id 0 is not from 0"),
        ({"trace_ids": ["1" * 5000]}, "id 0 is no whole number"),
        ({"trace_ids": ["-1"]}, "id 0 is no whole number"),
        ({"trace_ids": ["٣"]}, "id 0 is no whole number"),
        ({"trace_ids": [1.5]}, "id 0 is no whole number"),
        ({"trace_ids": [True]}, "id 0 is no whole number"),
        ({"trace_ids": [None]}, "id 0 is no whole number"),
        ({"trace_ids": [1] * (MAX_TRACES + 1)}, "more than the 4096"),
        ({"file_id": SURVEY}, "trace_index"),
        ({"trace_index": [0]}, "file_id"),
        ({"file_id": SURVEY, "trace_index": []}, "trace_index"),
        ({"file_id": SURVEY, "trace_index": [-1]}, "trace_index"),
        ({"file_id": SURVEY, "trace_index": [2**32]}, "trace_index"),
        ({"file_id": SURVEY, "trace_index": [0] * (MAX_TRACES + 1)}, "trace_index"),
        ({"file_id": "", "trace_index": [0]}, "file_id"),
        ({"trace_ids": [1], "file_id": SURVEY}, "names traces twice"),
        ({"trace_ids": [1], "traces": [[1, 2]]}, "give one of the two"),
        ({"traces": [[1, 2]], "file_id": SURVEY, "trace_index": [0]}, "give one of the two"),
        ({"trace_ids": [1], "sample_interval_us": 4000}, "sample_interval_us"),
        ({"trace_ids": [1], "store_features": True}, "store_features"),
        ('{"trace_ids": [' + "9" * 500 + "]}", "id 0"),
    ],
)
def test_a_look_up_that_is_wrong_is_refused_in_a_sentence(client: TestClient, body: Any, sentence: str) -> None:
    assert sentence in refusal(client, body, 422)


def test_what_the_store_has_not_is_not_found(client: TestClient, survey: OnlineSurvey) -> None:
    assert "no file that is online has the trace 12" in refusal(client, {"trace_ids": [12]}, 404)
    assert "no features of trace 9" in refusal(client, {"trace_ids": survey.ids(0, 9)}, 404)
    several = refusal(client, {"file_id": SURVEY, "trace_index": [*range(11), 20]}, 404)
    assert several.startswith(f"{SURVEY} has no features of traces 9, 10 and 20: it has 9 traces")
    assert "no file 'gone.sgy' is online" in refusal(client, {"file_id": "gone.sgy", "trace_index": [0]}, 404)


def test_features_that_were_made_otherwise_are_refused(
    client: TestClient, survey: OnlineSurvey, predictor: Predictor
) -> None:
    put(survey.place, predictor, SURVEY, survey.traces, making="by another embedder")

    assert "another embedder" in refusal(client, {"trace_ids": survey.ids(0)}, 409)


def test_windows_that_are_missing_are_refused(client: TestClient, survey: OnlineSurvey, predictor: Predictor) -> None:
    put(survey.place, predictor, SURVEY, survey.traces, windows=2)

    assert "not those of all its 5 windows" in refusal(client, {"trace_ids": survey.ids(0)}, 409)


def test_a_model_with_features_that_the_store_has_not_is_told_so(lateral_bundle: Bundle, survey: OnlineSurvey) -> None:
    with service(lambda: ("8", lateral_bundle), features=survey.place) as client:
        assert "online" in refusal(client, {"trace_ids": survey.ids(0)}, 409)


def test_traces_of_different_lengths_are_looked_up_apart(
    client: TestClient, survey: OnlineSurvey, predictor: Predictor
) -> None:
    put(survey.place, predictor, OTHER, make_traces(3, 80))
    ids = [*survey.ids(0), str(trace_ids(OTHER, [1])[0])]

    sentence = refusal(client, {"trace_ids": ids}, 422)

    assert "other.sgy have 80 samples and those of survey.sgy have 100" in sentence
    assert client.post("/predict", json={"trace_ids": ids[1:]}).status_code == 200


def test_another_sample_interval_is_refused_as_that_of_traces(
    client: TestClient, survey: OnlineSurvey, predictor: Predictor
) -> None:
    put(survey.place, predictor, OTHER, make_traces(3), interval_us=2000)

    sentence = refusal(client, {"file_id": OTHER, "trace_index": [0]}, 422)

    assert f"2000 us, the model was trained on {INTERVAL_US} us" in sentence


def test_a_service_without_a_store_says_so(bundle: Bundle) -> None:
    with service(lambda: ("7", bundle)) as client:
        assert "SEISMIC_FEATURE_STORE" in refusal(client, {"trace_ids": [1]}, 422)


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def damaged(place: StorePlace) -> StorePlace:
    for suffix in ("-wal", "-shm"):
        Path(f"{place.online}{suffix}").unlink(missing_ok=True)
    place.online.write_bytes(b"no database at all " * 1000)
    return place


def damaged_beside_its_journal(place: StorePlace) -> StorePlace:
    """The table of files is read from the journal, and the windows would be in the file, which is no database."""
    journal = Path(f"{place.online}-wal")
    with closing(sqlite3.connect(place.online)) as connection:
        connection.execute("CREATE TABLE other (name)")  # the first page, too
        for change in (1, -1):  # what stays as it is would not be written
            connection.execute("UPDATE files SET rows = rows + ?", (change,))
        connection.execute("UPDATE views SET features = features || ' '")
        connection.commit()
        kept = journal.read_bytes()
    pages = place.online.stat().st_size
    damaged(place).online.write_bytes(np.random.default_rng(0).bytes(pages))
    journal.write_bytes(kept)
    return place


def test_health_says_that_windows_cannot_be_read_where_the_table_of_files_can(
    bundle: Bundle, survey: OnlineSurvey
) -> None:
    place = damaged_beside_its_journal(survey.place)
    backend = backend_of(place)
    assert list(backend.files()) == [SURVEY]
    backend.close()

    with service(lambda: ("7", bundle), features=place) as client:
        refusal(client, {"trace_ids": survey.ids(0)}, 503)
        health = client.get("/health").json()["feature_store"]

    assert health["status"] == "away"
    assert "cannot be used" in health["reason"]


def test_health_is_ok_where_the_trace_that_is_tried_is_dead(bundle: Bundle, survey: OnlineSurvey) -> None:
    with closing(sqlite3.connect(survey.place.online)) as connection, connection:
        for (view,) in connection.execute("SELECT name FROM views").fetchall():
            first = int(survey.ids(0)[0])
            gone = connection.execute(f"DELETE FROM {PROJECT}_{view} WHERE trace_id = ?", (first,))
            assert gone.rowcount == 5

    with service(lambda: ("7", bundle), features=survey.place) as client:
        assert client.get("/health").json()["feature_store"]["status"] == "ok"


@pytest.mark.parametrize("how", ["damaged", "no redis", "specification damaged"])
def test_traces_are_answered_on_where_the_store_is_away(
    how: str, bundle: Bundle, predictor: Predictor, tmp_path: Path
) -> None:
    survey = online_survey(tmp_path, predictor)
    place = survey.place
    if how == "damaged":
        place = damaged(place)
    elif how == "no redis":
        place = replace(place, redis=f"127.0.0.1:{closed_port()}")
    else:
        (place.folder / "specification.json").write_text("{")
    with service(lambda: ("7", bundle), features=place) as client:
        sentence = refusal(client, {"trace_ids": survey.ids(0)}, 503)
        assert client.post("/predict", json=BODY).status_code == 200
        health = client.get("/health").json()
        counted = samples(client.get("/metrics").text)

    assert "cannot be used" in sentence
    assert (health["status"], health["ready"], health["feature_store"]["status"]) == ("healthy", True, "away")
    assert health["feature_store"]["reason"] and "\n" not in health["feature_store"]["reason"]
    assert counted["seismic_feature_lookups_total{outcome=away}"] == 1


def test_a_store_that_is_repaired_is_used_again(client: TestClient, survey: OnlineSurvey, predictor: Predictor) -> None:
    assert client.post("/predict", json={"trace_ids": survey.ids(0)}).status_code == 200
    survey.place.online.rename(survey.place.online.with_name("away.db"))
    refusal(client, {"trace_ids": survey.ids(0)}, 404)

    put(survey.place, predictor, SURVEY, survey.traces)

    assert client.post("/predict", json={"trace_ids": survey.ids(0)}).status_code == 200


def test_look_ups_are_counted_and_recorded_as_other_requests_without_inputs(
    bundle: Bundle, survey: OnlineSurvey, tmp_path: Path
) -> None:
    with service(lambda: ("7", bundle), features=survey.place, folder=tmp_path / "serving", recording=ALL) as client:
        request_id = client.post("/predict", json={"trace_ids": survey.ids(0, 1)}).json()["request_id"]
        refusal(client, {"trace_ids": [12]}, 404)
        counted = samples(client.get("/metrics").text)
    found, unknown = rows(tmp_path / "serving")

    assert counted["seismic_feature_lookups_total{outcome=found}"] == 1
    assert counted["seismic_feature_lookups_total{outcome=unknown}"] == 1
    assert counted["seismic_feature_lookups_total{outcome=stale}"] == 0
    assert counted["seismic_traces_total"] == 2
    assert (found["request_id"], found["traces"], found["windows"]) == (request_id, 2, 10)
    assert found["model_version"] == "7" and found["mean_confidence"] > 0
    assert found["inputs"] is None and found["features"] is None
    assert (unknown["status"], unknown["traces"]) == (404, 0) and "no file that is online" in unknown["error"]


@pytest.mark.parametrize("role", ["shadow", "canary"])
def test_look_ups_are_answered_by_the_first_model_and_not_compared(
    role: str, bundle: Bundle, survey: OnlineSurvey, tmp_path: Path
) -> None:
    second = Source(lambda: ("9", build_bundle(tmp_path / "second", "logistic_regression")))
    options: dict[str, Any] = {"second_role": role, "second_share": 1.0, "folder": tmp_path / "s", "recording": ALL}
    with service(Source(lambda: ("7", bundle)), second, features=survey.place, **options) as client:
        answer = client.post("/predict", json={"trace_ids": survey.ids(0)}).json()
    (row,) = rows(tmp_path / "s")

    assert answer["model_version"] == "7"
    assert row["second_version"] is None


def test_health_says_how_the_store_is(
    bundle: Bundle, predictor: Predictor, survey: OnlineSurvey, tmp_path: Path
) -> None:
    def told(place: StorePlace) -> dict[str, Any]:
        with service(lambda: ("7", bundle), features=place) as client:
            health = client.get("/health").json()
        assert (health["status"], health["reason"]) == ("healthy", None)
        return health["feature_store"]

    assert told(survey.place) == {"status": "ok", "files": 1, "windows": 45, "reason": None}
    put(survey.place, predictor, OTHER, make_traces(2), making="by another embedder")
    stale = told(survey.place)
    assert (stale["status"], stale["files"], stale["windows"]) == ("stale", 2, 55)
    assert stale["reason"].startswith("the online features of other.sgy were made by another embedder")
    nothing = told(place_in(tmp_path / "new"))
    assert (nothing["status"], nothing["files"]) == ("empty", 0) and "no feature store yet" in nothing["reason"]
    register(place_in(tmp_path / "registered"), predictor)
    assert "nothing is online yet" in told(place_in(tmp_path / "registered"))["reason"]
    assert not place_in(tmp_path / "registered").online.exists()


def test_the_settings_say_which_store_the_service_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEISMIC_API_STORE_FEATURES", "true")
    monkeypatch.setenv("SEISMIC_ONLINE_SERVED_HOURS", "3")
    settings = load_settings(storage_root=tmp_path)

    config = config_of(settings)
    without = config_of(load_settings(storage_root=tmp_path, feature_store=False))

    assert config.features == store_place_of(settings)
    assert (config.store_features, config.served_hours) == (True, 3)
    assert without.features is None
