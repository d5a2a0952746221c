"""What a judge may know of a prediction: all but its label."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seismic_assets.judges.predictions import PredictionSample, edge_cases
from seismic_assets.llm.facts import Fact, Facts

_NO_NAME = re.compile(r"[^A-Za-z0-9_-]+")


def prediction_facts(sample: PredictionSample) -> Facts:
    """Class and probabilities of a window, and what lies around it; not the label, which would be the answer."""
    return Facts(_facts(sample))


def _facts(sample: PredictionSample) -> Iterator[Fact]:
    yield Fact("predicted_class", "predicted class", sample.class_name or "none", "name")
    if sample.confidence is not None:
        yield Fact("confidence", "confidence of the predicted class", sample.confidence, "share")
    for number, (name, value) in enumerate(sample.probabilities.items(), 1):
        yield Fact(f"probability.{number}", f"probability of {name}", value, "share")
    for place, name in sample.neighbours.items():
        yield Fact(f"neighbour.{_NO_NAME.sub('_', place)}", f"class of the trace at {place}", name, "name")
    yield Fact("neighbours", "neighbouring traces with a class", len(sample.neighbours), "count", "traces")
    yield Fact("neighbours_alike", "neighbouring traces with the predicted class", sample.alike, "count", "traces")
    for where, beyond in (("above", sample.above), ("below", sample.below)):
        if beyond is not None:
            yield Fact(where, f"class of the window {where}", beyond, "name")
    yield Fact("windows", "windows of the trace with a class", sample.windows, "count", "windows")
    yield Fact("class_changes", "class changes along the trace", sample.flips, "count", "changes")
    yield Fact("dead_trace", "dead trace", "yes" if sample.dead else "no", "name")
    if sample.amplitude_ratio is not None:
        yield Fact("amplitude_ratio", "amplitude over the typical one of the file", sample.amplitude_ratio, "measure")
    for number, case in enumerate(edge_cases(sample), 1):
        yield Fact(f"edge_case.{number}", "edge case", case, "name")
