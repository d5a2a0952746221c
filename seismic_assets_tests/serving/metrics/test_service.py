"""What is counted, in one process."""

import gc
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seismic_assets.serving.metrics import MetricsFolderError, ServiceMetrics
from seismic_assets_tests.serving.metrics.reading import scraped


@pytest.fixture
def metrics() -> ServiceMetrics:
    return new_metrics()


def new_metrics() -> ServiceMetrics:
    return ServiceMetrics(["/health", "/predict"], ["/predict"])


def test_requests_and_errors_are_counted_by_endpoint_and_status(metrics: ServiceMetrics) -> None:
    for endpoint, status in [("/predict", 200), ("/predict", 200), ("/predict", 422), ("/health", 200)]:
        metrics.request(endpoint, status, 0.01)

    seen = scraped(metrics)

    assert seen["seismic_requests_total{endpoint=/predict,status=200}"] == 2
    assert seen["seismic_requests_total{endpoint=/predict,status=422}"] == 1
    assert seen["seismic_requests_total{endpoint=/health,status=200}"] == 1
    assert seen["seismic_request_errors_total{endpoint=/predict,status=422}"] == 1
    assert "seismic_request_errors_total{endpoint=/predict,status=200}" not in seen


def test_paths_that_do_not_exist_are_one_endpoint(metrics: ServiceMetrics) -> None:
    for number in range(100):
        metrics.request(f"/wp-admin/{number}", 404, 0.001)

    seen = scraped(metrics)

    assert seen["seismic_requests_total{endpoint=other,status=404}"] == 100
    assert not [line for line in seen if "wp-admin" in line]


def test_paths_that_do_not_exist_take_no_memory(metrics: ServiceMetrics) -> None:
    metrics.request("/nowhere", 404, 0.001)
    tracemalloc.start()
    try:
        for number in range(5000):
            metrics.request(f"/wp-admin/{number}", 404, 0.001)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert grown < 300_000  # a path that was kept would take 200 bytes at least, five thousand of them a million


def test_the_latency_is_that_of_predictions_that_succeeded(metrics: ServiceMetrics) -> None:
    metrics.request("/predict", 200, 0.004)
    metrics.request("/predict", 200, 0.040)
    metrics.request("/predict", 503, 0.001)
    metrics.request("/health", 200, 0.001)

    seen = scraped(metrics)

    assert seen["seismic_prediction_latency_seconds_count{endpoint=/predict}"] == 2
    assert seen["seismic_prediction_latency_seconds_sum{endpoint=/predict}"] == pytest.approx(0.044)
    assert seen["seismic_prediction_latency_seconds_bucket{endpoint=/predict,le=0.003}"] == 0
    assert seen["seismic_prediction_latency_seconds_bucket{endpoint=/predict,le=0.005}"] == 1
    assert seen["seismic_prediction_latency_seconds_bucket{endpoint=/predict,le=0.05}"] == 2
    assert "seismic_prediction_latency_seconds_count{endpoint=/health}" not in seen


def test_traces_are_counted_by_class_with_their_confidence(metrics: ServiceMetrics) -> None:
    metrics.predicted({"normal": 2, "anomaly": 1}, np.float32([0.55, 0.97, 1.0]))
    metrics.predicted({"normal": 20}, np.full(20, 0.8, np.float32))

    seen = scraped(metrics)

    assert seen["seismic_traces_total"] == 23
    assert seen["seismic_predictions_total{predicted_class=normal}"] == 22
    assert seen["seismic_predictions_total{predicted_class=anomaly}"] == 1
    assert seen["seismic_prediction_confidence_bucket{le=0.6}"] == 1
    assert seen["seismic_prediction_confidence_count"] == 23


@given(arrays(np.float32, st.integers(0, 40), elements=st.floats(width=32)))
def test_many_confidences_at_once_are_observed_as_one_by_one(confidences: np.ndarray) -> None:
    together, apart = new_metrics(), new_metrics()

    together.predicted({"normal": confidences.size}, confidences)
    for confidence in confidences:
        apart.predicted({"normal": 1}, np.array([confidence]))

    def of_confidence(metrics: ServiceMetrics) -> dict[str, float]:
        return {line: value for line, value in scraped(metrics).items() if "confidence_" in line}

    assert of_confidence(together) == pytest.approx(of_confidence(apart), rel=1e-6)


def test_an_expected_class_is_shown_before_its_first_prediction(metrics: ServiceMetrics) -> None:
    metrics.expect(["normal", "boundary"])

    assert scraped(metrics)["seismic_predictions_total{predicted_class=boundary}"] == 0


def test_only_the_version_that_answers_is_shown(metrics: ServiceMetrics) -> None:
    metrics.serves("7", "random_forest", "production")
    metrics.serves("8", "logistic_regression", "production")
    metrics.serves("8", "logistic_regression", "production")

    seen = {line: value for line, value in scraped(metrics).items() if line.startswith("seismic_model_info")}

    assert seen == {"seismic_model_info{alias=production,family=logistic_regression,version=8}": 1}


def test_a_version_that_comes_back_is_shown_again(metrics: ServiceMetrics) -> None:
    for version in ("7", "8", "7"):
        metrics.serves(version, "random_forest")

    seen = [line for line in scraped(metrics) if line.startswith("seismic_model_info")]

    assert seen == ["seismic_model_info{alias=,family=random_forest,version=7}"]


@pytest.mark.parametrize(
    ("happens", "line", "before"),
    [
        (lambda metrics: metrics.rejected("queue_full"), "seismic_rejected_total{reason=queue_full}", 0),
        (lambda metrics: metrics.reloaded("failed"), "seismic_model_reloads_total{outcome=failed}", 0),
        (lambda metrics: metrics.in_flight.inc(), "seismic_requests_in_flight", 0),
        (lambda metrics: metrics.waiting.inc(), "seismic_requests_waiting", 0),
        (
            lambda metrics: metrics.compared("canary", 1, 0),
            "seismic_second_model_compared_total{agrees=true,role=canary}",
            None,
        ),
    ],
)
def test_what_happens_is_counted_from_nought(
    metrics: ServiceMetrics, happens: Callable[[ServiceMetrics], None], line: str, before: float | None
) -> None:
    assert scraped(metrics).get(line) == before

    happens(metrics)

    assert scraped(metrics)[line] == 1


def test_windows_where_a_second_version_differs_are_counted_apart(metrics: ServiceMetrics) -> None:
    metrics.compared("shadow", agreeing=9, differing=4)

    seen = scraped(metrics)

    assert seen["seismic_second_model_compared_total{agrees=true,role=shadow}"] == 9
    assert seen["seismic_second_model_compared_total{agrees=false,role=shadow}"] == 4


def test_the_counts_of_the_recorder_are_taken_over_with_each_scrape(metrics: ServiceMetrics) -> None:
    counts = {"accepted": 5, "written": 3, "dropped": 0, "lost": 1, "failures": 2}
    metrics.follow_recorder(lambda: counts)
    scraped(metrics)
    counts["written"] = 4

    seen = scraped(metrics)

    assert seen["seismic_recorder_calls_total{outcome=accepted}"] == 5
    assert seen["seismic_recorder_calls_total{outcome=written}"] == 4
    assert seen["seismic_recorder_calls_total{outcome=lost}"] == 1
    assert seen["seismic_recorder_failures_total"] == 2


def test_applications_of_one_process_count_apart() -> None:
    first, second = new_metrics(), new_metrics()
    first.request("/predict", 200, 0.001)

    assert scraped(second)["seismic_requests_total{endpoint=/predict,status=200}"] == 0


def test_the_time_at_which_a_counter_was_made_is_no_metric(metrics: ServiceMetrics) -> None:
    assert not [line for line in scraped(metrics) if "_created" in line]


def test_a_shared_folder_that_prometheus_client_was_not_told_of_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MetricsFolderError, match="PROMETHEUS_MULTIPROC_DIR"):
        ServiceMetrics(["/predict"], ["/predict"], shared_folder=tmp_path)
