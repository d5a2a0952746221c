"""Whether what was deployed answers: a prediction here, and the service at an address."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from seismic_assets.defs.model.gate import limits_of, serving_figures
from seismic_assets.frames import one_trace
from seismic_assets.inference import Predictor
from seismic_assets.lake import BRONZE_TRACES, Lake
from seismic_assets.registry import Bundle, ModelRegistry
from seismic_assets.releasing import StepFailedError
from seismic_assets.settings import Settings

_TOLERANCE = 1e-4
_SECONDS_BETWEEN, _SECONDS_TO_ANSWER = 0.5, 10.0


def look_at_model(settings: Settings, registry: ModelRegistry) -> str:
    """Load what the service of this profile serves, and predict one trace with it.

    Raises:
        StepFailedError: there is no model, or it does not answer as it should.
        RegistryError, BundleError: it cannot be loaded.
    """
    version, bundle = registry.aliased(settings.api_model)
    figures = serving_figures(bundle, 0.0)
    if figures.windows and figures.largest_difference > limits_of(settings).probability_difference:
        raise StepFailedError(f"version {version} does not answer as it did when it was trained; promote another one")
    lake = Lake(settings.lake_dir)
    files = lake.file_ids(BRONZE_TRACES)
    if not files:
        return f"version {version} loads; there is no trace to predict"
    return f"version {version} loads and predicts a trace of {files[0]} as {_predicted(lake, bundle, files[0])}"


def look_at_service(url: str, version: str, key: str | None, seconds: float, samples: int) -> str:
    """Wait until the service at an address serves a version, and ask it for one prediction.

    Args:
        url: of the service, without a path.
        version: that it is to serve.
        key: for the prediction; without one a service that asks for keys is not asked.
        seconds: to wait.
        samples: of the trace that is sent.

    Raises:
        StepFailedError: it does not answer, serves another version to the end, or does not predict.
    """
    import httpx

    with httpx.Client(base_url=url, timeout=_SECONDS_TO_ANSWER, trust_env=False) as client:
        deadline, last = time.monotonic() + seconds, "it does not answer"
        while True:
            try:
                told = client.get("/v1/health").raise_for_status().json()
                if told.get("ready") and str(told.get("model_version")) == version:
                    return f"{url} serves version {version}; {_asked(client, key, samples)}"
                last = f"it serves version {told.get('model_version')} ({told.get('reason') or 'no reason is given'})"
            except (httpx.HTTPError, ValueError) as error:
                last = f"it does not answer ({error})"
            if time.monotonic() > deadline:
                raise StepFailedError(f"{url} does not serve version {version} after {seconds:g} s: {last}")
            time.sleep(_SECONDS_BETWEEN)


def _asked(client: Any, key: str | None, samples: int) -> str:
    headers = {} if key is None else {"X-API-Key": key}
    trace = np.sin(np.arange(samples) / 5).tolist()
    answer = client.post("/v1/predict", json={"traces": [trace]}, headers=headers)
    if answer.status_code == 401 and key is None:
        return "it asks for a key, which SEISMIC_API_KEY does not give, so no prediction was asked for"
    if not answer.is_success:
        raise StepFailedError(f"{client.base_url} answers a request to predict with {answer.status_code}")
    return "it predicts"


def _predicted(lake: Lake, bundle: Bundle, file_id: str) -> str:
    traces, scale = one_trace(lake, file_id, bundle.manifest.features, bundle.manifest.normalise)
    predictor = Predictor(bundle)
    found = predictor.predict(
        traces.samples, traces.sample_interval_us, scale, start_ms=traces.start_ms, neighbours=traces.neighbours
    )
    if not np.allclose(found.probabilities.sum(axis=-1), 1, atol=_TOLERANCE):
        raise StepFailedError(f"the probabilities of a trace of {file_id} do not sum to 1; promote another version")
    return predictor.classes[int(found.probabilities[0, 0].argmax())]
