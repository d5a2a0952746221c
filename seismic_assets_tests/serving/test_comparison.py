"""A second model beside the one that is served."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from seismic_assets.registry import Bundle, BundleError
from seismic_assets.serving.comparison import SecondModel
from seismic_assets.serving.config import Role
from seismic_assets.serving.following import FollowedModel, Following
from seismic_assets.serving.forms import Answer
from seismic_assets.serving.sources import Source
from seismic_assets_tests.inference.building import CLASSES, build_bundle, make_traces
from seismic_assets_tests.serving.metrics.reading import samples
from seismic_assets_tests.serving.services import ALL, BODY, rows, service

CALLERS = [f"caller {number}" for number in range(4000)]


@pytest.fixture(scope="module")
def second_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return build_bundle(tmp_path_factory.mktemp("second") / "bundle", "logistic_regression")


def second_model(share: float, role: Role = "shadow") -> SecondModel:
    def load() -> tuple[str, Bundle]:
        raise BundleError("there is none")

    return SecondModel(FollowedModel(Source(load), Following()), role, share)


def answer(probabilities: np.ndarray, names: tuple[str, ...] = ("a", "b")) -> Answer:
    times = np.arange(probabilities.shape[1], dtype=np.float64)
    return Answer(names, times, times + 1, probabilities.astype(np.float32))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.5, 0.9, 1.0])
def test_a_share_of_the_callers_sees_it_within_statistical_bounds(share: float) -> None:
    seen = sum(map(second_model(share).sees, CALLERS))

    deviation = (share * (1 - share) * len(CALLERS)) ** 0.5
    assert abs(seen - share * len(CALLERS)) <= 4 * deviation


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_caller_stays_with_it_and_only_comes_in_when_the_share_grows(caller: str, share: float, more: float) -> None:
    small, large = sorted((share, more))

    assert second_model(small).sees(caller) == second_model(small).sees(caller)
    assert not second_model(small).sees(caller) or second_model(large).sees(caller)


def test_nobody_sees_a_model_that_is_not_loaded() -> None:
    assert second_model(1.0).for_caller("anyone") is None


def test_a_comparison_counts_windows_and_the_largest_difference() -> None:
    one = answer(np.array([[[0.9, 0.1], [0.2, 0.8]], [[0.6, 0.4], [0.3, 0.7]]]))
    other = answer(np.array([[[0.8, 0.2], [0.3, 0.7]], [[0.2, 0.8], [0.3, 0.7]]]))

    compared = second_model(1.0, "canary").compare("9", one, other)

    assert (compared.version, compared.role, compared.agreement) == ("9", "canary", 0.75)
    assert compared.difference == pytest.approx(0.4)


@pytest.mark.parametrize(
    "other",
    [answer(np.full((1, 2, 2), 0.5), ("b", "a")), answer(np.full((1, 3, 2), 0.5)), answer(np.full((1, 2, 1), 1.0))],
)
def test_answers_with_other_classes_or_windows_cannot_be_compared(other: Answer) -> None:
    compared = second_model(1.0).compare("9", answer(np.full((1, 2, 2), 0.5)), other)

    assert (compared.agreement, compared.difference) == (None, None)


def asked(client: TestClient, sticky: str = "me") -> dict:
    response = client.post("/predict", json=BODY, headers={"X-Sticky-Key": sticky})
    assert response.status_code == 200
    return response.json()


def probabilities(given: dict) -> np.ndarray:
    return np.array(
        [[list(window["probabilities"].values()) for window in trace["windows"]] for trace in given["predictions"]]
    )


@pytest.mark.parametrize(("role", "answers"), [("shadow", "7"), ("canary", "9")])
def test_shadow_answers_are_thrown_away_and_canary_answers_given_and_both_are_recorded(
    role: Role, answers: str, bundle: Bundle, second_bundle: Bundle, tmp_path: Path
) -> None:
    first, second = Source(lambda: ("7", bundle)), Source(lambda: ("9", second_bundle))
    with service(first) as client:
        alone = probabilities(asked(client))
    with service(second) as client:
        other = probabilities(asked(client))
    agreement = float((alone.argmax(axis=2) == other.argmax(axis=2)).mean())

    with service(first, second, folder=tmp_path, recording=ALL, second_role=role, second_share=1.0) as client:
        given = asked(client)
        assert given["model_version"] == answers
        assert client.post("/predict", json={"traces": [[1, 1]]}).status_code == 422
        metrics = samples(client.get("/metrics").text)

    np.testing.assert_array_equal(probabilities(given), alone if role == "shadow" else other)
    recorded, refused = rows(tmp_path)
    assert (recorded["model_version"], recorded["second_version"], recorded["second_role"]) == (answers, "9", role)
    assert recorded["second_agreement"] == pytest.approx(agreement)
    assert recorded["second_difference"] == pytest.approx(np.abs(alone - other).max(), abs=1e-6)
    assert recorded["second_difference"] > 1e-4, "two families answer alike to the last digit"
    assert refused["second_version"] is None
    windows = alone.shape[0] * alone.shape[1]
    counted = {
        name: metrics.get(f"seismic_second_model_compared_total{{agrees={name},role={role}}}", 0)
        for name in ("true", "false")
    }
    assert counted == {"true": round(agreement * windows), "false": windows - round(agreement * windows)}


def test_a_share_of_the_callers_gets_the_canary_and_each_always_the_same(bundle: Bundle, second_bundle: Bundle) -> None:
    first, second = Source(lambda: ("7", bundle)), Source(lambda: ("9", second_bundle))
    with service(first, second, second_role="canary", second_share=0.5) as client:
        versions = {caller: asked(client, caller)["model_version"] for caller in CALLERS[:60]}
        again = {caller: asked(client, caller)["model_version"] for caller in CALLERS[:60]}

    assert versions == again
    assert 12 <= sum(version == "9" for version in versions.values()) <= 48


def test_a_second_model_that_cannot_be_loaded_leaves_the_first_alone(bundle: Bundle, tmp_path: Path) -> None:
    def load() -> tuple[str, Bundle]:
        raise BundleError("model.onnx was altered")

    with service(
        Source(lambda: ("7", bundle)),
        Source(load),
        folder=tmp_path,
        recording=ALL,
        second_role="canary",
        second_share=1.0,
    ) as client:
        assert asked(client)["model_version"] == "7"

    assert rows(tmp_path)[0]["second_version"] is None


def test_a_shadow_with_other_classes_is_recorded_without_a_comparison(bundle: Bundle, tmp_path: Path) -> None:
    manifest = bundle.manifest.model_copy(update={"classes": tuple(f"new {name}" for name in CLASSES)})
    second = Source(lambda: ("9", replace(bundle, manifest=manifest)))
    with service(Source(lambda: ("7", bundle)), second, folder=tmp_path, recording=ALL, second_share=1.0) as client:
        asked(client)

    (row,) = rows(tmp_path)
    assert (row["second_version"], row["second_agreement"], row["second_difference"]) == ("9", None, None)


def test_a_shadow_that_refuses_the_traces_costs_no_answer_and_no_row(
    bundle: Bundle, lateral_bundle: Bundle, tmp_path: Path
) -> None:
    second = Source(lambda: ("8", lateral_bundle))
    with service(Source(lambda: ("7", bundle)), second, folder=tmp_path, recording=ALL, second_share=1.0) as client:
        assert asked(client)["model_version"] == "7"

    (row,) = rows(tmp_path)
    assert (row["status"], row["second_version"]) == (200, None)


def test_raw_requests_are_compared_too(bundle: Bundle, second_bundle: Bundle, tmp_path: Path) -> None:
    headers = {"Content-Type": "application/octet-stream", "X-Shape": "3,100"}
    first, second = Source(lambda: ("7", bundle)), Source(lambda: ("9", second_bundle))
    with service(first, second, folder=tmp_path, recording=ALL, second_share=1.0) as client:
        assert client.post("/predict", content=make_traces(3).tobytes(), headers=headers).status_code == 200

    (row,) = rows(tmp_path)
    assert (row["method_form"], row["second_version"]) == ("raw", "9") and row["second_agreement"] is not None
