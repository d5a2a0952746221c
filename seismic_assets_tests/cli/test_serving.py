"""`seismic serve`: what it refuses to begin with, and what it is told."""

import socket
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import pytest

from seismic_assets.cli.serving import config_of
from seismic_assets.serving.keys import create_key
from seismic_assets.settings import load_settings
from seismic_assets_tests.commands import seismic
from seismic_assets_tests.inference.building import build_bundle
from seismic_assets_tests.serving.load import serving

KEY = "a key that is long enough"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"env": "prod"}, "the service does not start without an API key where"),
        ({"api_host": "0.0.0.0"}, "SEISMIC_API_HOST=0.0.0.0 lets others in"),
        ({"api_key": "short"}, "the API key of the environment has 5 characters"),
        ({"api_model": "nowhere"}, "there is no model 'nowhere'"),
        ({"api_rate_storage": "http://x"}, "http"),
        ({"api_cors_origins": "foo"}, "SEISMIC_API_CORS_ORIGINS"),
        ({"otlp_endpoint": "xx"}, "the endpoint of tracing"),
        ({"api_workers": "0"}, "SEISMIC_API_WORKERS='0' is not allowed"),
    ],
)
def test_what_cannot_be_served_safely_is_refused_in_a_sentence(
    tmp_path: Path, settings: dict[str, str], sentence: str
) -> None:
    result = seismic("serve", "--storage-root", tmp_path, "--port", "1", **settings)

    assert result.returncode == 2, result.stderr
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
    assert "short" not in result.stderr or settings.get("api_key") != "short"


@pytest.mark.slow
def test_with_a_key_it_serves_in_production_to_who_holds_it_alone(tmp_path: Path) -> None:
    build_bundle(tmp_path / "bundle")
    made = create_key(tmp_path / "storage" / "serving" / "keys.json", "test", ("predict",), datetime.now(UTC))
    place = (tmp_path / "storage", tmp_path / "bundle", tmp_path / "log")
    with serving(*place, workers=1, env="prod", log_level="INFO") as service:
        info = f"http://127.0.0.1:{service.port}/v1/model_info"
        assert service.get("/v1/health").status_code == 200
        assert httpx.get(info, trust_env=False).status_code == 401
        assert httpx.get(info, headers={"X-API-Key": made.text}, trust_env=False).status_code == 200
    assert made.text not in (tmp_path / "log").read_text()


def test_settings_become_what_the_service_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "API_MAX_BODY_MB": "2",
        "API_RECORD": "false",
        "API_CORS_ORIGINS": "http://a, http://b",
    }.items():
        monkeypatch.setenv(f"SEISMIC_{name}", value)
    monkeypatch.setenv("API_KEY", KEY)

    config = config_of(load_settings(storage_root=tmp_path))

    assert (config.limits.body_bytes, config.recording) == (2 * 1024 * 1024, None)
    assert config.cors_origins == ("http://a", "http://b")
    assert (config.environment_key, config.folder) == (KEY, tmp_path / "serving")
    assert KEY not in repr(config)


def test_a_port_that_is_taken_is_named_before_a_model_is_loaded(tmp_path: Path) -> None:
    build_bundle(tmp_path / "bundle")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        result = seismic("serve", "--storage-root", tmp_path, "--port", port, "--model", tmp_path / "bundle")

    assert result.returncode == 2
    assert f"cannot listen on 127.0.0.1, port {port}" in result.stderr
    assert "serving" not in result.stderr and "Traceback" not in result.stderr


@pytest.mark.slow
def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    build_bundle(tmp_path / "bundle")
    with serving(tmp_path / "storage", tmp_path / "bundle", tmp_path / "log", workers=2) as service:
        workers = service.workers()
        assert len(workers) == 2
        service.process.kill()
        _, left = psutil.wait_procs(workers, timeout=60)
        assert left == []
