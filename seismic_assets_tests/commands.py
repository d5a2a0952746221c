"""The `seismic` command as a person runs it: a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

SEISMIC = Path(sys.executable).with_name("seismic")


_ALIASES = {
    "ENVIRONMENT",
    "MLFLOW_TRACKING_URI",
    "MLFLOW_REGISTRY_URI",
    "MLFLOW_EXPERIMENT_NAME",
    "LOG_LEVEL",
    "DAGSTER_HOME",
    "API_KEY",
    "ENABLE_PROMETHEUS",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "ENABLE_LLM",
    "OLLAMA_HOST",
    "MLFLOW_S3_ENDPOINT_URL",
}
_PREFIXES = ("SEISMIC_", "AWS_")
_FOR_TESTS = {"SEISMIC_REAL_DATA", "SEISMIC_WRITE_SNAPSHOT", "SEISMIC_TEST_MODEL_CACHE"}


def settings_in_environment() -> list[str]:
    """Names of the variables in the environment that are settings of the project."""
    return [name for name in os.environ if name in _ALIASES or (name.startswith(_PREFIXES) and name not in _FOR_TESTS)]


def environment(**settings: str) -> dict[str, str]:
    """This environment without its settings, with the given ones by their name in lower case."""
    kept = {name: value for name, value in os.environ.items() if name not in settings_in_environment()}
    # A search takes minutes, Feast seconds to import, reports a while; the tests that are about them ask for them.
    asked = {"tuning_trials": "0", "feature_store": "false", "knowledge": "false", **settings}
    return {**kept, "COLUMNS": "160", **{f"SEISMIC_{name.upper()}": value for name, value in asked.items()}}


def seismic(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [SEISMIC, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(**settings),
        timeout=500,
    )


def run(landing: Path, storage: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """`seismic run --json`."""
    return seismic("run", "--json", "--landing-dir", landing, "--storage-root", storage, **settings)
