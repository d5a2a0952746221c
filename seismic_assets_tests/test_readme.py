"""What the README says a newcomer may type, typed."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from seismic_assets_tests.inference.building import build_bundle
from seismic_assets_tests.serving.load import serving

README = Path(__file__).parents[1] / "README.md"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[str]:
    """`seismic serve` of a small model; host and port."""
    build_bundle(tmp_path / "bundle")
    with serving(tmp_path / "storage", tmp_path / "bundle", tmp_path / "log", workers=1) as started:
        yield f"127.0.0.1:{started.port}"


def block(language: str, containing: str) -> str:
    """The one code block of the README in a language that contains something."""
    (found,) = [
        each for each in re.findall(rf"```{language}\n(.*?)```", README.read_text(), re.DOTALL) if containing in each
    ]
    return found


def at(text: str, service: str) -> str:
    return text.replace("localhost:8000", service)


@pytest.mark.slow
def test_three_lines_of_curl_and_three_of_python_give_predictions(service: str, tmp_path: Path) -> None:
    curl, python = block("bash", "curl"), block("python", "requests.post")
    assert [sum(map(bool, each.splitlines())) for each in (curl, python)] == [3, 3]

    subprocess.run(["bash", "-euc", at(curl, service)], cwd=tmp_path, check=True, timeout=120)
    predictions = pl.read_csv(tmp_path / "predictions.csv")
    assert set(predictions["predicted_class_name"].drop_nulls()) <= {"quiet", "loud", "fast"}
    assert predictions.height > 1000

    said = subprocess.run(
        [sys.executable, "-c", at(python, service)],
        cwd=tmp_path, check=True, capture_output=True, text=True, timeout=120,
    ).stdout  # fmt: skip
    assert "predicted_class_name" in said
    first = predictions.filter(pl.col("trace_index") == 0)
    assert f"'predicted_class_name': '{first['predicted_class_name'].mode()[0]}'" in said
