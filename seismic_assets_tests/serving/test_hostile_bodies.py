import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from seismic_assets.registry import Bundle
from seismic_assets.serving import served_model
from seismic_assets.serving.app import create_app
from seismic_assets.serving.config import Limits, ServiceConfig
from seismic_assets_tests.inference.building import build_bundle, make_traces

GOOD = json.dumps({"traces": make_traces(1, 40).tolist()}).encode()
TRACE = json.dumps(make_traces(1, 40)[0].tolist())


def refused(client: TestClient, body: bytes | str, status: int = 422) -> str:
    response = client.post("/predict", content=body)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return response.json()["detail"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "the body is not valid JSON"),
        (b"traces", "the body is not valid JSON"),
        (GOOD[:-1], "the body is not valid JSON"),
        (GOOD + b"}", "the body is not valid JSON"),
        (b"\xff\xfe" + GOOD, "the body is not valid JSON"),
        (b'{"traces": ' + b"[" * 5000, "the body is not valid JSON"),
        (b'{"traces": [[1' + b"0" * 10_000 + b", 1]]}", "the body is not valid JSON"),
        (b"[" * 200_000, "too many arrays"),
        (b'{"traces": [' + b"[]," * 200_000 + b"[]]}", "too many arrays"),
        (b"[[1, 2]]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b"{}", "'traces': field required"),
        (b'{"traces": null}', "traces must be an array"),
        (b'{"traces": [[]]}', "trace 0 has no samples"),
        (f'{{"traces": [{TRACE}, [1, 2]]}}', "trace 1 has 2 samples and trace 0 has 40"),
        (f'{{"traces": [{TRACE}, {TRACE.replace(", ", ", NaN, ", 1)}]}}', "sample 1 of trace 1 is not finite"),
        ('{"traces": [[1, 2], [1, Infinity]]}', "sample 1 of trace 1 is not finite"),
        ('{"traces": [[1, 2], [1, 1e999]]}', "sample 1 of trace 1 is not finite"),
        ('{"traces": [[1, 2], [1, 1e300]]}', "trace 1 has an amplitude beyond"),
        (f'{{"traces": [[1, 1{"0" * 400}]]}}', "trace 0 has an amplitude beyond"),
        ('{"traces": [[1, 2], [3, 3]]}', "trace 1 is dead"),
        ('{"traces": [[1, 2], [1e-60, 2e-60]]}', "trace 1 is dead"),
        (
            '{"traces": [[1, 2]], "sample_interval_us": 2000}',
            "sample interval of 2000 us, the model was trained on 4000",
        ),
        ('{"traces": [[1, 2]], "sample_interval_us": 0}', "'sample_interval_us': input should be greater"),
        ('{"traces": [[1, 2]], "sample_interval_us": "4000"}', "'sample_interval_us': input should be a valid integer"),
        ('{"traces": [[1, 2]], "sample_interval_us": true}', "'sample_interval_us'"),
        (f'{{"traces": [[1, 2]], "sample_interval_us": {"9" * 4000}}}', "'sample_interval_us'"),
        ('{"traces": [[1, 2]], "sample_interval": 4000}', "'sample_interval': extra inputs are not permitted"),
        ('{"traces": [[1, 2]], "include_embeddings": false}', "include_embeddings: false is not possible"),
        ('{"traces": [[1, 2]], "start_ms": "4"}', "'start_ms': input should be a valid number"),
        ('{"traces": [[1, 2]], "start_ms": NaN}', "'start_ms': input should be a finite number"),
        ('{"traces": [[1, 2]], "start_ms": 1.1e6}', "'start_ms': input should be less than or equal to 1000000"),
        ('{"traces": [[1, 2]], "start_ms": -1.1e6}', "'start_ms': input should be greater than or equal to -1000000"),
        ('{"traces": [[1, 2]], "inline": [1]}', "give inline and crossline, one number for each of the 1 traces"),
        ('{"traces": [[1, 2]], "crossline": [1]}', "give inline and crossline, one number for each of the 1 traces"),
        ('{"traces": [[1, 2]], "inline": [1], "crossline": [1, 2]}', "one number for each of the 1 traces"),
        ('{"traces": [[1, 2]], "inline": [1, 2], "crossline": [1, 2]}', "one number for each of the 1 traces"),
        ('{"traces": [[1, 2]], "inline": [1.5], "crossline": [1]}', "'inline': input should be a valid integer"),
        ('{"traces": [[1, 2]], "inline": [1], "crossline": ["1"]}', "'crossline': input should be a valid integer"),
        ('{"traces": [[1, 2]], "inline": 1, "crossline": 1}', "'inline': input should be a valid list"),
        (
            '{"traces": [[1, 2]], "inline": [2147483648], "crossline": [1]}',
            "inline: a number is beyond what a trace header holds",
        ),
        (f'{{"traces": [[1, 2]], "inline": [1], "crossline": [{"9" * 4000}]}}', "crossline: a number is beyond"),
        (
            f'{{"traces": [[1, 2]], "inline": {[1] * 4097}, "crossline": [1]}}',
            "'inline': list should have at most 4096",
        ),
        ('{"traces": [[1, 2]], "metadata": []}', "'metadata'"),
        ('{"traces": [[1, 2]], "return_features": 1}', "'return_features'"),
    ],
)
def test_what_is_malformed_is_refused_in_a_sentence(client: TestClient, body: bytes | str, sentence: str) -> None:
    assert sentence in refused(client, body)


def test_a_request_without_traces_is_a_bad_request(client: TestClient) -> None:
    assert refused(client, '{"traces": []}', 400) == "the request has no traces; give at least one"


def test_a_large_amplitude_within_the_limit_is_answered(client: TestClient) -> None:
    body = json.dumps({"traces": [[1e15, -1e15] * 20], "return_features": True})

    assert client.post("/predict", content=body).status_code == 200


def test_amplitudes_that_overflow_within_the_model_are_refused_not_answered_with_nan(tmp_path: Path) -> None:
    bundle = build_bundle(tmp_path, "logistic_regression")
    narrow = replace(bundle, feature_scale=np.full_like(bundle.feature_scale, 1e-20))
    traces = [*make_traces(1, 40).tolist(), [1e15, -1e15] * 20]

    with TestClient(create_app(lambda: ("7", narrow))) as client:
        assert "the amplitudes of trace 1 are too large for the model" in refused(
            client, json.dumps({"traces": traces})
        )


def test_more_windows_than_an_answer_may_hold_are_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served_model, "MAX_WINDOWS", 10)
    monkeypatch.setattr(served_model, "MAX_WINDOWS_WITH_FEATURES", 5)
    traces = make_traces(2).tolist()

    assert client.post("/predict", json={"traces": traces}).status_code == 200
    assert "3 traces of 5 windows" in refused(client, json.dumps({"traces": [*traces, traces[0]]}))
    assert "windows of one request with features" in refused(
        client, json.dumps({"traces": traces, "return_features": True})
    )


def test_a_body_that_announces_too_much_is_refused_unread(client: TestClient) -> None:
    response = client.post("/predict", content=b"", headers={"Content-Length": str(Limits().body_bytes + 1)})

    assert response.status_code == 413
    assert response.json()["detail"].startswith("the body is larger than 64 MB")


def test_a_body_that_grows_too_large_is_refused_while_it_arrives(bundle: Bundle) -> None:
    def chunks():
        for _ in range(20):
            yield b" " * 100_000

    config = ServiceConfig(limits=Limits(body_bytes=1024 * 1024))
    with TestClient(create_app(lambda: ("7", bundle), config=config)) as client:
        response = client.post("/predict", content=chunks())

    assert "content-length" not in response.request.headers
    assert response.status_code == 413


def test_a_client_that_hangs_up_half_way_is_no_failure_of_the_service(client: TestClient) -> None:
    messages = [{"type": "http.request", "body": b'{"traces"', "more_body": True}, {"type": "http.disconnect"}]
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/predict",
        "query_string": b"",
        "headers": [],
        "scheme": "http",
        "server": ("test", 80),
    }
    asyncio.run(client.app(scope, receive, send))

    assert sent[0]["status"] == 400


def test_a_good_request_is_answered_after_bad_ones(client: TestClient) -> None:
    for body in (b"", b"{", b'{"traces": [[NaN]]}', b"[" * 10_000):
        refused(client, body)

    assert client.post("/predict", content=GOOD).status_code == 200


numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True), st.integers(), st.just(10**320), st.floats(-1e3, 1e3)
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)
traces = st.one_of(values, st.lists(st.lists(numbers, max_size=40), max_size=5))
requests = st.fixed_dictionaries(
    {"traces": traces},
    optional={
        "sample_interval_us": values,
        "include_embeddings": values,
        "return_features": st.booleans(),
        "start_ms": values,
        "inline": values,
        "crossline": st.one_of(values, st.lists(st.integers(), max_size=5)),
        "metadata": values,
        "": values,
    },
)
shared = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def answered(client: TestClient, body: bytes) -> None:
    response = client.post("/predict", content=body)
    assert response.status_code in (200, 400, 422)
    json.loads(response.text, parse_constant=pytest.fail)


@shared
@given(request=requests)
def test_no_json_makes_the_service_fail(client: TestClient, request: dict) -> None:
    answered(client, json.dumps(request).encode())


@shared
@given(body=st.binary(max_size=200))
def test_no_bytes_make_the_service_fail(client: TestClient, body: bytes) -> None:
    answered(client, body)


@shared
@given(place=st.integers(0, len(GOOD) - 1), garbage=st.binary(max_size=6), cut=st.integers(0, 6))
def test_no_damage_to_a_good_request_makes_the_service_fail(
    client: TestClient, place: int, garbage: bytes, cut: int
) -> None:
    answered(client, GOOD[:place] + garbage + GOOD[place + cut :])


@shared
@given(scale=st.floats(sys.float_info.min, 1e16), step=st.floats(0, 1))
def test_amplitudes_of_any_size_are_answered_or_refused(client: TestClient, scale: float, step: float) -> None:
    trace = [scale * (1 + step * (place % 3)) for place in range(40)]

    answered(client, json.dumps({"traces": [trace], "return_features": True}).encode())
