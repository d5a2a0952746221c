"""`seismic model export`."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from click.testing import Result
from typer.testing import CliRunner

from seismic_assets.cli.main import app
from seismic_assets.deployment import registry_of
from seismic_assets.inference import Predictor
from seismic_assets.registry import RegistryError, load_bundle
from seismic_assets.segy import SegyError, write_segy
from seismic_assets.settings import load_settings
from seismic_assets_tests.commands import seismic
from seismic_assets_tests.registry.building import CLASSES, add_version, build_bundle, windows


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A storage root with version 1 in production and version 2, which compares a trace with its neighbours."""
    root = tmp_path_factory.mktemp("storage")
    registry = registry_of(load_settings(storage_root=root))
    build_bundle(root / "bundle")
    build_bundle(root / "lateral", feature_set="lateral")
    registry.promote(add_version(registry, root / "bundle"), by="the test")
    add_version(registry, root / "lateral")
    return root


@pytest.fixture
def line(tmp_path: Path) -> Path:
    """A SEG-Y file that the model fits."""
    path = tmp_path / "line.sgy"
    traces = windows(40)[0].reshape(-1, 80)
    number = np.arange(len(traces))
    places = {"inline": np.ones_like(number), "crossline": number, "cdp_x": 25.0 * number, "cdp_y": 0.0 * number}
    write_segy(path, traces, **places, sample_interval_us=4000)
    return path


def export(storage: Path, *arguments: str | Path) -> Result:
    command = ["model", "export", *map(str, arguments), "--storage-root", str(storage)]
    return CliRunner(env={"COLUMNS": "160"}).invoke(app, command, catch_exceptions=False)


def test_the_file_answers_as_the_model_in_production_does(storage: Path, tmp_path: Path) -> None:
    assert export(storage, "-o", tmp_path / "model.onnx").exit_code == 0

    samples = windows(50)[0]
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    probabilities, label = session.run(["probabilities", "label"], {"windows": samples})

    served = Predictor(load_bundle(storage / "bundle")).predict(samples, 4000).probabilities[:, 0]
    np.testing.assert_allclose(probabilities, served, atol=1e-5)
    np.testing.assert_array_equal(label, served.argmax(axis=1))


def test_what_is_printed_stands_in_the_file_too(storage: Path, tmp_path: Path, line: Path) -> None:
    result = export(storage, "1", "-o", tmp_path / "model.onnx", "--check", line, "--json")

    printed = json.loads(result.output)
    metadata = onnxruntime.InferenceSession(tmp_path / "model.onnx").get_modelmeta().custom_metadata_map
    assert printed.pop("file") == str(tmp_path / "model.onnx")
    assert {name: str(value) for name, value in printed.items()}.items() <= metadata.items()
    assert (printed["version"], printed["compared_on"]) == ("1", "the first live traces of line.sgy")
    assert (printed["windows"], printed["labels_equal"]) == (16 * 4, 1.0)
    assert json.loads(metadata["classes"]) == list(CLASSES)
    assert (metadata["sample_interval_us"], metadata["window_samples"]) == ("4000", "32")
    assert metadata["dataset_digest"] == "abc"


def test_without_a_file_it_says_that_the_windows_were_made_up(storage: Path, tmp_path: Path) -> None:
    table = export(storage, "-o", tmp_path / "model.onnx").output

    assert "made-up windows: Ricker wavelets and noise" in table
    assert "labels equal" in table
    assert "largest probability difference" in table
    assert "4,096" in table


def test_a_file_that_is_there_is_written_over_only_by_force(storage: Path, tmp_path: Path) -> None:
    target = tmp_path / "model.onnx"
    target.write_bytes(b"something")

    refused = export(storage, "-o", target)
    kept = target.read_bytes()
    forced = export(storage, "-o", target, "--force")

    assert (refused.exit_code, kept) == (2, b"something")
    assert "--force to write over it" in " ".join(refused.output.replace("│", " ").split())
    assert forced.exit_code == 0
    onnxruntime.InferenceSession(target)
    assert list(tmp_path.iterdir()) == [target]


def test_the_file_it_is_checked_on_is_not_written_over_even_by_force(storage: Path, line: Path) -> None:
    before = line.read_bytes()

    refused = export(storage, "-o", line, "--check", line, "--force")

    assert (refused.exit_code, line.read_bytes()) == (2, before)


def test_a_model_that_needs_more_than_a_window_is_refused_in_a_sentence(storage: Path, tmp_path: Path) -> None:
    result = seismic("model", "export", "2", "-o", tmp_path / "model.onnx", "--storage-root", storage)

    assert result.returncode == 2
    assert result.stderr.startswith("Error: the model sees the feature set lateral; a graph of the window alone does")
    assert "`seismic serve`" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (("9",), RegistryError, "there is no version 9 of SeismicClassifier"),
        (("1", "--check", "missing.sgy"), SegyError, "missing.sgy: does not exist"),
    ],
)
def test_an_unknown_version_or_file_is_a_known_error_and_leaves_no_file(
    storage: Path, tmp_path: Path, arguments: tuple[str, ...], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        export(storage, *arguments, "-o", tmp_path / "model.onnx")

    assert list(tmp_path.iterdir()) == []


def test_the_help_shows_an_example(storage: Path) -> None:
    assert "seismic model export 3 -o model.onnx" in export(storage, "--help").output
