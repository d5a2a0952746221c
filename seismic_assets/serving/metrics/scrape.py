"""What a scrape and the page see."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from seismic_assets.serving.metrics.service import ServiceMetrics


def exposition(metrics: ServiceMetrics) -> tuple[bytes, str]:
    """The answer to a scrape and its content type. It reads files and takes milliseconds: not for an event loop."""
    metrics.refresh()
    return generate_latest(metrics.scraped), CONTENT_TYPE_LATEST


def snapshot(metrics: ServiceMetrics) -> dict[str, Any]:
    """What the page shows, of requests to predict by all workers. It reads files, as `exposition` does.

    Returns:
        `requests`: `total`, and those answered with a status from 400 on as `errors`; `latency_buckets_ms`: a list of
        [upper bound in milliseconds or None for no bound, answered requests up to it]; `classes`: traces by class.
    """
    requests = {"total": 0, "errors": 0}
    buckets: dict[float, int] = defaultdict(int)
    classes: dict[str, int] = {}
    for sample in (sample for metric in metrics.counted.collect() for sample in metric.samples):
        match sample.name:
            case "seismic_requests_total" if sample.labels["endpoint"] in metrics.predicting:
                requests["total"] += int(sample.value)
            case "seismic_request_errors_total" if sample.labels["endpoint"] in metrics.predicting:
                requests["errors"] += int(sample.value)
            case "seismic_prediction_latency_seconds_bucket":
                buckets[float(sample.labels["le"])] += int(sample.value)
            case "seismic_predictions_total":
                classes[sample.labels["predicted_class"]] = int(sample.value)
    return {
        "requests": requests,
        "latency_buckets_ms": [[_milliseconds(bound), count] for bound, count in sorted(buckets.items())],
        "classes": dict(sorted(classes.items())),
    }


def _milliseconds(bound: float) -> float | None:
    """JSON has no infinity."""
    return None if bound == float("inf") else round(bound * 1000, 6)
