"""The last model that was served: what a service starts with while the registry is down."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from seismic_assets.inference import Predictor
from seismic_assets.registry import Bundle, BundleError, RegistryError
from seismic_assets.serving.last_good import LastGood
from seismic_assets.serving.sources import Source
from seismic_assets_tests.inference.building import INTERVAL_US, build_bundle, make_traces
from seismic_assets_tests.serving.services import BODY, service

SAVE = """
import sys
from pathlib import Path
from seismic_assets.registry import load_bundle
from seismic_assets.serving.last_good import LastGood

bundle = load_bundle(Path(sys.argv[2]))
for _ in range(20):
    LastGood(Path(sys.argv[1]), "production").save("7", bundle)
"""


@pytest.fixture(scope="module")
def other_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return build_bundle(tmp_path_factory.mktemp("other") / "bundle", "logistic_regression")


class Registry:
    """A registry that may be away."""

    def __init__(self, version: str, bundle: Bundle) -> None:
        self.version, self.bundle, self.away = version, bundle, False

    def current(self) -> str:
        if self.away:
            raise RegistryError("the model registry does not answer")
        return self.version

    def load(self) -> tuple[str, Bundle]:
        return self.current(), self.bundle

    def source(self) -> Source:
        return Source(self.load, self.current)


def test_nothing_was_kept_at_first(tmp_path: Path) -> None:
    assert LastGood(tmp_path / "first_model", "production").load() is None


def test_what_is_kept_predicts_as_what_was_served(tmp_path: Path, bundle: Bundle, predictor: Predictor) -> None:
    LastGood(tmp_path, "production").save("7", bundle)

    kept = LastGood(tmp_path, "production").load()

    assert kept is not None and kept[0] == "7"
    traces = make_traces(9)
    given = Predictor(kept[1]).predict(traces, INTERVAL_US).probabilities
    np.testing.assert_array_equal(given, predictor.predict(traces, INTERVAL_US).probabilities)


def test_the_latest_takes_the_place_of_the_one_before(tmp_path: Path, bundle: Bundle, other_bundle: Bundle) -> None:
    kept = LastGood(tmp_path, "production")
    kept.save("1", bundle)
    kept.save("2", other_bundle)

    found = kept.load()
    assert found is not None
    assert (found[0], found[1].manifest.family) == ("2", "logistic_regression")
    assert len(list(tmp_path.iterdir())) == 2, "the bundle and what points to it"


def test_another_version_of_the_same_content_is_the_same_bundle(tmp_path: Path, bundle: Bundle) -> None:
    kept = LastGood(tmp_path, "production")
    kept.save("1", bundle)
    (folder,) = tmp_path.glob("model-*")
    before = folder.stat().st_ino
    kept.save("2", bundle)

    assert folder.stat().st_ino == before
    found = kept.load()
    assert found is not None and found[0] == "2"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": "7"}', '{"version": "7", "folder": "model-gone"}'])
def test_what_cannot_be_read_is_said(tmp_path: Path, content: str) -> None:
    (tmp_path / "last_good.json").write_text(content)

    with pytest.raises(BundleError):
        LastGood(tmp_path, "production").load()


def test_what_was_altered_is_refused_and_written_anew(tmp_path: Path, bundle: Bundle) -> None:
    kept = LastGood(tmp_path, "production")
    kept.save("7", bundle)
    (graph,) = tmp_path.rglob("model.onnx")
    graph.write_bytes(graph.read_bytes()[:-10])
    with pytest.raises(BundleError):
        kept.load()

    kept.save("7", bundle)

    assert kept.load() is not None


def test_nothing_outside_the_folder_is_loaded(tmp_path: Path, bundle: Bundle) -> None:
    LastGood(tmp_path / "outside", "production").save("7", bundle)
    (outside,) = (tmp_path / "outside").glob("model-*")
    (tmp_path / "kept").mkdir()
    pointer = {"version": "7", "folder": f"../outside/{outside.name}"}
    (tmp_path / "kept" / "last_good.json").write_text(json.dumps(pointer))

    with pytest.raises(BundleError):
        LastGood(tmp_path / "kept", "production").load()


def test_several_processes_keep_the_same_model(tmp_path: Path, bundle_folder: Path) -> None:
    command = [sys.executable, "-c", SAVE, str(tmp_path), str(bundle_folder)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=60)[0] for process in started]

    assert [process.returncode for process in started] == [0, 0, 0]
    assert "cannot be kept" not in "".join(said)
    found = LastGood(tmp_path, "production").load()
    assert found is not None and found[0] == "7"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_disk_that_refuses_is_logged_and_no_more(tmp_path: Path, bundle: Bundle) -> None:
    (tmp_path / "first_model").write_text("a file where the folder should be")
    with capture_logs() as logs:
        LastGood(tmp_path / "first_model", "production").save("7", bundle)

    assert [line["event"] for line in logs] == ["the last good model cannot be kept"]


def test_a_service_starts_with_it_while_the_registry_is_down_and_follows_when_it_is_up(
    tmp_path: Path, bundle: Bundle, other_bundle: Bundle
) -> None:
    registry = Registry("7", bundle)
    with service(registry.source(), folder=tmp_path) as client:
        before = client.post("/predict", json=BODY).json()["predictions"]

    registry.away = True
    with service(registry.source(), folder=tmp_path) as client:
        health = client.get("/health").json()
        assert (health["ready"], health["model_version"]) == (True, "7")
        assert health["reason"].startswith("version 7 goes on answering, but may not be the one in production")
        assert client.post("/predict", json=BODY).json()["predictions"] == before

        registry.away, registry.version, registry.bundle = False, "8", other_bundle
        assert client.post("/reload").json() == {"previous_version": "7", "model_version": "8", "reason": None}
        assert client.post("/predict", json=BODY).json()["model_version"] == "8"

    registry.away = True
    with service(registry.source(), folder=tmp_path) as client:
        assert client.get("/model_info").json()["model_type"] == "logistic_regression"


def test_a_service_whose_kept_model_is_damaged_starts_without_one_and_recovers(tmp_path: Path, bundle: Bundle) -> None:
    registry = Registry("7", bundle)
    with service(registry.source(), folder=tmp_path):
        pass
    (graph,) = tmp_path.rglob("model.onnx")
    graph.write_bytes(b"altered")

    registry.away = True
    with service(registry.source(), folder=tmp_path) as client:
        assert client.get("/health").json()["reason"] == "the model registry does not answer"
        assert client.post("/predict", json=BODY).status_code == 503
        registry.away = False
        client.post("/reload")
        assert client.post("/predict", json=BODY).status_code == 200


def test_without_a_folder_nothing_is_kept(bundle: Bundle) -> None:
    registry = Registry("7", bundle)
    registry.away = True
    with service(registry.source()) as client:
        assert client.get("/health").json()["status"] == "degraded"


def test_what_was_kept_for_one_source_is_no_answer_to_who_asks_for_another(bundle: Bundle, tmp_path: Path) -> None:
    LastGood(tmp_path, "production").save("7", bundle)

    assert LastGood(tmp_path, "version 99").load() is None
    kept = LastGood(tmp_path, "production").load()
    assert kept is not None and kept[0] == "7"
