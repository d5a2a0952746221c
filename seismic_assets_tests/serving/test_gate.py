"""The door of the service: who may pass, how often, and what everyone gets."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from seismic_assets.registry import Bundle
from seismic_assets.serving.config import Limits
from seismic_assets.serving.keys import create_key, revoke_key, rotate_key
from seismic_assets.serving.paths import ADMIN, KNOWN, PUBLIC, SHORT
from seismic_assets_tests.serving.metrics.reading import samples
from seismic_assets_tests.serving.services import ALL, BODY, bearer, new_key, rows, service

METHODS = {"/v1/predict": "POST", "/v1/batch_predict": "POST", "/v1/predict/segy": "POST", "/v1/section": "POST"}
METHODS |= {"/v1/feedback": "POST", "/v1/reload": "POST"}
GUARDED = sorted(KNOWN - PUBLIC)
OF_THE_PAGE = {
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The file of keys of `guarded`."""
    return tmp_path / "keys.json"


@pytest.fixture
def admin(tmp_path: Path) -> str:
    return new_key(tmp_path, "admin")


@pytest.fixture
def guarded(tmp_path: Path, admin: str, bundle: Bundle) -> Iterator[TestClient]:
    """A service with a key."""
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        yield client


def call(client: TestClient, path: str, headers: dict[str, str] | None = None) -> int:
    return client.request(METHODS.get(path, "GET"), path, headers=headers).status_code


def look_again(client: TestClient) -> None:
    """Let a second pass, after which the service looks at the file of keys."""
    client.app.state.service._keys._next_look = time.monotonic()  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", GUARDED)
def test_without_a_key_no_path_but_the_public_ones_answers(guarded: TestClient, path: str) -> None:
    for asked in (path, path.removeprefix("/v1")):
        response = guarded.request(METHODS.get(path, "GET"), asked)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.json()["detail"].startswith("send a key in the header Authorization")


@pytest.mark.parametrize("path", sorted(PUBLIC | {"/health", "/dashboard/page.js"}))
def test_public_paths_ask_for_no_key(guarded: TestClient, path: str) -> None:
    assert guarded.get(path).status_code in (200, 404)
    assert guarded.get(path, headers=bearer("wrong")).status_code in (200, 404)


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/v1", "/v1/", "/v1/predict/", "/V1/predict", "//v1/predict", "/docs", "/dashboardx", "/v1/Health"],
)
def test_what_is_not_known_asks_for_a_key(guarded: TestClient, path: str) -> None:
    assert guarded.get(path, follow_redirects=False).status_code == 401


def test_a_path_that_is_spelt_otherwise_leads_past_no_role(guarded: TestClient, tmp_path: Path) -> None:
    key = new_key(tmp_path, "predict")
    look_again(guarded)
    for path in (
        "/v1/reload",
        "/reload",
        "/v1/%72eload",
        "/%72eload",
        "/v1/reload/",
        "//v1/reload",
        "/dashboard/../reload",
    ):
        response = guarded.post(path, headers=bearer(key))
        assert response.status_code in (401, 403, 404, 405), path
        assert "model_version" not in response.text


@pytest.mark.parametrize("path", GUARDED)
def test_a_key_to_predict_opens_all_but_what_changes_the_service(
    guarded: TestClient, tmp_path: Path, path: str
) -> None:
    key = new_key(tmp_path, "predict")
    look_again(guarded)

    status = call(guarded, path, bearer(key))

    assert status == 403 if path in ADMIN else status not in (401, 403, 404, 500)


def test_a_key_without_the_role_is_told_which_one_it_lacks(guarded: TestClient, tmp_path: Path) -> None:
    key = new_key(tmp_path, "predict")
    look_again(guarded)

    response = guarded.post("/reload", headers=bearer(key))

    assert (response.status_code, response.json()["detail"]) == (
        403,
        "the key has not the role admin, which this needs",
    )


def test_an_admin_may_reload_and_predict(guarded: TestClient, admin: str) -> None:
    assert guarded.post("/reload", headers=bearer(admin)).json()["model_version"] == "7"
    assert guarded.post("/predict", json=BODY, headers=bearer(admin)).status_code == 200


def test_a_key_is_taken_in_either_header(guarded: TestClient, admin: str) -> None:
    for headers in (
        {"Authorization": f"Bearer {admin}"},
        {"Authorization": f"bearer  {admin} "},
        {"X-API-Key": admin},
        {"Authorization": "Basic abc", "X-API-Key": admin},
    ):
        assert call(guarded, "/v1/model_info", headers) == 200


@pytest.mark.parametrize("wrong", ["", " ", "wrong", "x" * 10_000, "ключ".encode(), b"\xff\xfe", "sk_"])
def test_a_wrong_key_is_refused_in_either_header(guarded: TestClient, admin: str, wrong: str | bytes) -> None:
    raw = wrong if isinstance(wrong, bytes) else wrong.encode()
    almost = raw + admin.encode()[:-1]
    for headers in ({b"authorization": b"Bearer " + raw}, {b"x-api-key": raw}, {b"x-api-key": almost}):
        assert guarded.get("/model_info", headers=list(headers.items())).status_code == 401


def test_keys_are_made_revoked_replaced_and_expire_while_the_service_runs(
    guarded: TestClient, keys: Path, admin: str
) -> None:
    now = datetime.now(UTC)
    made = create_key(keys, "second", ["predict"], now)
    short = create_key(keys, "short", ["predict"], now - timedelta(hours=2), timedelta(hours=1))
    look_again(guarded)
    assert call(guarded, "/v1/model_info", bearer(made.text)) == 200
    assert call(guarded, "/v1/model_info", bearer(short.text)) == 401

    rotated = rotate_key(keys, made.record.id, now, timedelta(0))
    look_again(guarded)
    assert call(guarded, "/v1/model_info", bearer(rotated.text)) == 200
    assert call(guarded, "/v1/model_info", bearer(made.text)) == 401

    revoke_key(keys, rotated.record.id, now)
    look_again(guarded)
    assert call(guarded, "/v1/model_info", bearer(rotated.text)) == 401
    assert call(guarded, "/v1/model_info", bearer(admin)) == 200


def test_the_end_of_the_last_key_opens_no_door(guarded: TestClient, keys: Path) -> None:
    keys.unlink()
    look_again(guarded)

    assert call(guarded, "/v1/model_info") == 401


def test_the_first_key_closes_a_door_that_was_open(tmp_path: Path, bundle: Bundle) -> None:
    with service(lambda: ("7", bundle), folder=tmp_path) as client:
        assert call(client, "/v1/model_info") == 200
        key = new_key(tmp_path, "predict")
        look_again(client)
        assert call(client, "/v1/model_info") == 401
        assert call(client, "/v1/model_info", bearer(key)) == 200


def test_a_key_of_the_environment_opens_everything(bundle: Bundle) -> None:
    key = "a-key-of-the-environment"
    with service(lambda: ("7", bundle), environment_key=key) as client:
        assert call(client, "/v1/reload") == 401
        assert call(client, "/v1/reload", bearer(key)) == 200


def test_no_key_gets_into_a_log_an_answer_or_a_file(tmp_path: Path, bundle: Bundle) -> None:
    good, wrong = new_key(tmp_path, "admin"), "sk_0123456789_a-wrong-key-that-is-a-secret-too"
    with capture_logs() as logs, service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        answers = []
        for key in (good, wrong):
            for path in sorted(KNOWN):
                for headers in (bearer(key), {"X-API-Key": key}):
                    answers.append(client.request(METHODS.get(path, "GET"), path, headers=headers))
            answers.append(client.post("/predict", json=BODY, headers=bearer(key)))

    assert {200, 401} <= {answer.status_code for answer in answers}
    seen = [str(logs), *(str(answer.headers) + answer.text for answer in answers)]
    seen += [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    secret = good.split("_", 2)[2]
    assert not any(part in text for text in seen for part in (secret, wrong, "a-wrong-key"))
    assert any(good.split("_")[1] in text for text in seen), "the id may be shown, and is"


@pytest.mark.parametrize(
    "path", ["/", "/v1/health", "/v1/model_info", "/nowhere", "/v1/predict", "/dashboard", "/metrics"]
)
def test_every_answer_has_the_constant_headers_and_an_id(guarded: TestClient, admin: str, path: str) -> None:
    for key in ({}, bearer(admin)):
        headers = guarded.get(path, headers=key).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert len(headers["x-request-id"]) == 36
        assert "server" not in headers
        if path == "/dashboard":
            assert {name: headers[name] for name in OF_THE_PAGE} == OF_THE_PAGE
        else:
            assert headers["cache-control"] == "no-store"
            assert "default-src 'none'" in headers["content-security-policy"]


def test_only_the_page_may_run_scripts_and_only_its_own(guarded: TestClient) -> None:
    policy = guarded.get("/dashboard").headers["content-security-policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy
    assert "script-src" not in guarded.get("/").headers["content-security-policy"]


def test_short_paths_are_those_of_version_one(guarded: TestClient, admin: str) -> None:
    for short, path in SHORT.items():
        assert (
            call(guarded, path, bearer(admin))
            == guarded.request(METHODS.get(path, "GET"), short, headers=bearer(admin)).status_code
        )
    counted = samples(guarded.get("/metrics", headers=bearer(admin)).text)
    assert counted["seismic_requests_total{endpoint=/v1/model_info,status=200}"] == 2


def test_a_caller_beyond_its_rate_waits_and_others_do_not(tmp_path: Path, bundle: Bundle) -> None:
    eager, calm = new_key(tmp_path, "predict"), new_key(tmp_path, "predict")
    with service(lambda: ("7", bundle), folder=tmp_path, limits=Limits(per_minute=3)) as client:
        statuses = [call(client, "/v1/model_info", bearer(eager)) for _ in range(5)]
        refused = client.get("/model_info", headers=bearer(eager))

        assert statuses == [200] * 3 + [429] * 2
        assert 1 <= int(refused.headers["Retry-After"]) <= 61
        assert f"try again in {refused.headers['Retry-After']} s" in refused.json()["detail"]
        assert call(client, "/v1/model_info", bearer(calm)) == 200
        assert call(client, "/v1/health", bearer(eager)) == 200
        metrics = samples(client.get("/metrics", headers=bearer(calm)).text)
        assert metrics["seismic_rejected_total{reason=rate}"] == 3


def test_a_rate_holds_for_addresses_where_there_are_no_keys(bundle: Bundle) -> None:
    with service(lambda: ("7", bundle), limits=Limits(per_minute=2)) as client:
        assert [call(client, "/v1/model_info") for _ in range(3)] == [200, 200, 429]


def test_whoever_tries_keys_is_slowed_down_and_a_good_key_passes_all_the_same(guarded: TestClient, admin: str) -> None:
    statuses = [call(guarded, "/v1/model_info", bearer(f"guess-number-{number}")) for number in range(70)]

    assert statuses == [401] * 60 + [429] * 10
    assert call(guarded, "/v1/model_info", bearer(admin)) == 200


def test_refusals_are_counted_logged_and_kept_out_of_the_table(tmp_path: Path, bundle: Bundle) -> None:
    key = new_key(tmp_path, "predict")
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        with capture_logs() as logs:
            client.post("/predict", json=BODY)
            client.post("/reload", headers=bearer(key))
            client.post("/predict", json=BODY, headers=bearer(key))
        metrics = samples(client.get("/metrics", headers=bearer(key)).text)

    assert metrics["seismic_rejected_total{reason=unauthorised}"] == 1
    assert metrics["seismic_rejected_total{reason=forbidden}"] == 1
    lines = [line for line in logs if line["event"] == "request"]
    assert [(line["path"], line["status"]) for line in lines] == [
        ("/v1/predict", 401),
        ("/v1/reload", 403),
        ("/v1/predict", 200),
    ]
    assert lines[0]["caller"] == "anonymous"
    assert lines[1]["caller"] == lines[2]["caller"] == key.split("_")[1]
    audited = [json.loads(line) for path in (tmp_path / "audit").iterdir() for line in path.read_text().splitlines()]
    assert [line["status"] for line in audited] == [401, 403, 200, 200]
    assert [row["status"] for row in rows(tmp_path)] == [200]


PREFLIGHT = {
    "Origin": "https://maps.example",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,x-shape",
}


def test_other_origins_are_let_in_where_they_are_named(tmp_path: Path, bundle: Bundle) -> None:
    key = new_key(tmp_path, "predict")
    with service(lambda: ("7", bundle), folder=tmp_path, cors_origins=("https://maps.example",)) as client:
        preflight = client.options("/predict", headers=PREFLIGHT)
        assert preflight.status_code == 200
        assert preflight.headers["Access-Control-Allow-Origin"] == "https://maps.example"
        assert "authorization" in preflight.headers["Access-Control-Allow-Headers"]
        other = client.options("/predict", headers=PREFLIGHT | {"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in other.headers

        answer = client.post("/predict", json=BODY, headers=bearer(key) | {"Origin": "https://maps.example"})
        assert answer.headers["Access-Control-Allow-Origin"] == "https://maps.example"
        assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]
        assert client.post("/predict", json=BODY, headers={"Origin": "https://maps.example"}).status_code == 401
        assert client.options("/reload").status_code in (401, 405), "what is no preflight does nothing"


def test_other_origins_are_not_let_in_otherwise(guarded: TestClient, admin: str) -> None:
    assert guarded.options("/predict", headers=PREFLIGHT).status_code == 401
    answer = guarded.get("/model_info", headers=bearer(admin) | {"Origin": "https://maps.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/predict", "/health"])
def test_an_unforeseen_error_is_answered_noted_and_logged_like_any_other(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def fail() -> datetime:
        raise RuntimeError("hush")

    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        client.app.state.service.clock = fail  # type: ignore[attr-defined]
        with capture_logs() as lines:
            response = client.post(path, json=BODY) if path == "/predict" else client.get(path)
        assert response.status_code == 500
        assert "hush" not in response.text
        assert response.json()["instance"] == f"urn:uuid:{response.headers['X-Request-ID']}"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        failed = next(line for line in lines if line["event"] == "the service failed")
        assert failed["request_id"] == response.headers["X-Request-ID"]
        assert isinstance(failed["exc_info"], RuntimeError)
    if path == "/predict":
        (row,) = rows(tmp_path)
        assert (row["status"], row["error"]) == (500, response.json()["detail"])


@pytest.mark.parametrize("path", ["/", "/v1/health", "/dashboard", "/metrics"])
def test_head_is_get_without_a_body(bundle: Bundle, path: str) -> None:
    with service(lambda: ("7", bundle)) as client:
        assert client.head(path).status_code == client.get(path).status_code == 200


def test_a_compressed_body_is_refused_by_name(bundle: Bundle) -> None:
    with service(lambda: ("7", bundle)) as client:
        response = client.post("/predict", content=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    assert response.status_code == 415
    assert "Content-Encoding" in response.json()["detail"]
