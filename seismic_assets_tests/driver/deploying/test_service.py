"""A deploy that waits for a real service to follow, and one whose service asks for a key that nobody gives."""

from dataclasses import replace
from pathlib import Path

import pytest

from seismic_assets.deployment import registry_of
from seismic_assets.registry import STAGING
from seismic_assets_tests.driver.deploying.small import TO_STAGING, go, newest, of, sentences
from seismic_assets_tests.serving.load import Service, serving

pytestmark = [pytest.mark.load]


def url_of(service: Service) -> str:
    return f"http://127.0.0.1:{service.port}"


def test_a_running_service_follows_the_promotion_and_predicts(deployment: Path, tmp_path: Path) -> None:
    settings = of(deployment)
    with serving(settings.storage_root, "staging", tmp_path / "log", workers=1, model_poll_seconds="0.5") as service:
        done = go(settings, replace(TO_STAGING, url=url_of(service), wait=60.0))

    version = newest(settings)
    assert registry_of(settings).version_of(STAGING) == version != "1"
    assert sentences(done)["service"] == f"{url_of(service)} serves version {version}; it predicts"


def test_a_service_that_asks_for_a_key_is_asked_for_its_version_alone(deployment: Path, tmp_path: Path) -> None:
    settings = of(deployment)
    with serving(settings.storage_root, "staging", tmp_path / "log", workers=1, api_key="k" * 20) as service:
        done = go(settings, replace(TO_STAGING, url=url_of(service), wait=60.0))
        known = of(deployment, api_key="k" * 20)
        with_key = go(known, replace(TO_STAGING, url=url_of(service), wait=60.0))

    assert "it asks for a key, which SEISMIC_API_KEY does not give" in sentences(done)["service"]
    assert sentences(with_key)["service"].endswith("it predicts")
