"""The paths of the service: who may go where."""

from __future__ import annotations

PREDICTING = frozenset({"/v1/predict", "/v1/batch_predict", "/v1/predict/segy", "/v1/section"})
PUBLIC = frozenset({"/", "/v1/health", "/v1/ready", "/dashboard", "/openapi.json"})
ADMIN = frozenset({"/v1/reload"})
KNOWN = frozenset(
    {
        *PREDICTING,
        *PUBLIC,
        *ADMIN,
        *("/v1/ask", "/v1/feedback", "/v1/model_info", "/v1/metrics", "/v1/sample", "/v1/history", "/v1/status"),
    }
)
# The paths that users of the earlier pipeline know.
SHORT = {path.removeprefix("/v1"): path for path in KNOWN if path.startswith("/v1/")}
