"""Examples that the OpenAPI description shows."""

from __future__ import annotations

from typing import Any

# One trace of 64 samples: two wavelets, as a person would type them.
_WAVELET = [0.0, -40.0, -260.0, -610.0, -240.0, 980.0, 1810.0, 980.0, -240.0, -610.0, -260.0, -40.0, 0.0]
_TRACE = [*[0.0] * 12, *_WAVELET, *[0.0] * 9, *(-value / 2 for value in _WAVELET), *[0.0] * 17]
PREDICT_REQUEST: dict[str, Any] = {"traces": [_TRACE], "sample_interval_us": 4000}
LOOKUP_REQUEST: dict[str, Any] = {"trace_ids": ["6088743615327109120", "6088743615327109127"]}
PLACES_REQUEST: dict[str, Any] = {"file_id": "survey_001.sgy", "trace_index": [0, 7]}
_ANSWER = {
    "predicted_class": 0,
    "predicted_class_name": "normal",
    "confidence": 0.91,
    "probabilities": {"normal": 0.91, "anomaly": 0.07, "boundary": 0.02},
}
PREDICT_RESPONSE: dict[str, Any] = {
    "request_id": "019a9b5e-0000-7000-8000-000000000000",
    "predictions": [{"trace_id": 0, **_ANSWER, "windows": [{"start_ms": 0.0, "end_ms": 256.0, **_ANSWER}]}],
    "timestamp": "2026-01-01T12:00:00Z",
    "model_version": "1",
    "num_features": 40,
}
ASK_REQUEST: dict[str, Any] = {"question": "How is the split into training and test made?", "k": 3}
FEEDBACK_REQUEST: dict[str, Any] = {"request_id": PREDICT_RESPONSE["request_id"], "trace_id": 0, "true_class": "normal"}
