"""The registry on a real MLflow with a SQLite store."""

import mlflow
import numpy as np
import pytest

from seismic_assets.attributes import features_of, standardise
from seismic_assets.registry import PRODUCTION, STAGING, BundleError, ModelRegistry, RegistryError
from seismic_assets_tests.registry.building import build_bundle, windows

MODEL = "SeismicClassifier"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture(scope="module")
def registry(root):
    return ModelRegistry(f"sqlite:///{root / 'store' / 'mlflow.db'}", root / "artifacts", "seismic", MODEL)


@pytest.fixture(scope="module")
def bundle(root):
    return build_bundle(root / "bundle")


@pytest.fixture(scope="module")
def registered(root, registry, bundle):
    """The first version, before any alias, and its run."""
    assert bundle.manifest.classes
    with registry.run("training", {"file": "a.sgy"}) as run_id:
        version = registry.register(root / "bundle", inputs(bundle), {"dataset_digest": "abc"})
    return version, run_id


def inputs(bundle):
    samples, _ = windows(50)
    features = features_of(samples, 4000, bundle.embedder)
    return standardise(features, bundle.feature_mean, bundle.feature_scale)


def run_of(registry, run_id):
    return mlflow.MlflowClient(registry.uri).get_run(run_id)


def test_a_run_that_ends_is_finished_with_its_tags_parameters_and_metrics(registry):
    with registry.run("a name", {"origin": "test"}) as run_id:
        registry.log(run_id, params={"family": "x" * 7000, "seed": 42}, metrics={"test_f1_macro": np.float64(0.75)})
        assert run_of(registry, run_id).info.status == "RUNNING"
    registry.log(run_id, metrics={"late": 1})
    run = run_of(registry, run_id)
    assert (run.info.status, run.info.run_name, run.data.tags["origin"]) == ("FINISHED", "a name", "test")
    assert run.data.metrics == {"test_f1_macro": 0.75, "late": 1}
    assert (run.data.params["seed"], len(run.data.params["family"])) == ("42", 6000)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_run_that_raises_is_failed_and_the_exception_goes_on(registry, error):
    ids = []
    with pytest.raises(error, match="disk full"), registry.run("broken", {}) as run_id:
        ids.append(run_id)
        raise error("disk full")
    assert run_of(registry, ids[0]).info.status == "FAILED"
    assert mlflow.active_run() is None


def test_all_runs_are_in_one_experiment_with_the_artifacts_below_the_given_folder(registry, root):
    runs = []
    for _ in range(2):
        with registry.run("a run", {}) as run_id:
            runs.append(run_of(registry, run_id).info)
    assert runs[0].experiment_id == runs[1].experiment_id
    assert runs[0].artifact_uri.startswith((root / "artifacts").as_uri())


def test_a_folder_is_logged_below_its_name(registry, root, tmp_path):
    (tmp_path / "confusion.png").write_bytes(b"png")
    with registry.run("figures", {}) as run_id:
        pass
    registry.log_folder(run_id, tmp_path, "figures")
    found = mlflow.MlflowClient(registry.uri).list_artifacts(run_id, "figures")
    assert [artifact.path for artifact in found] == ["figures/confusion.png"]


def test_nothing_is_registered_at_first_and_asking_is_a_sentence(root):
    empty = ModelRegistry(f"sqlite:///{root / 'store' / 'mlflow.db'}", root / "artifacts", "seismic", "NotThere")
    assert empty.version_of() is None
    with pytest.raises(
        RegistryError, match=r"no version of NotThere is in production in sqlite.*train one with `seismic"
    ):
        empty.aliased()


def test_a_registered_version_has_its_run_and_tags_and_no_alias(registry, registered):
    version, _ = registered
    assert version == "1"
    client = mlflow.MlflowClient(registry.uri)
    assert client.get_model_version(MODEL, version).tags["dataset_digest"] == "abc"
    assert registry.version_of(STAGING) is None


def test_the_bundle_of_a_version_comes_back(registry, registered, bundle):
    found = registry.bundle(registered[0])
    assert found.manifest == bundle.manifest
    assert found.content_digest() == bundle.content_digest()


def test_an_alias_points_to_what_was_promoted_last(registry, registered, root, bundle):
    registry.promote(registered[0])
    assert registry.version_of(PRODUCTION) == "1"
    with registry.run("second", {}):
        second = registry.register(root / "bundle", inputs(bundle), {})
    assert (second, registry.version_of(PRODUCTION)) == ("2", "1")
    registry.promote(second, STAGING)
    registry.promote(second)
    assert (registry.aliased()[0], registry.version_of(STAGING)) == ("2", "2")
    registry.promote("1")
    assert registry.aliased()[0] == "1"


def test_mlflow_loads_the_production_model_and_predicts(registry, registered, bundle):
    import onnxruntime

    registry.promote(registered[0])
    mlflow.set_tracking_uri(registry.uri)
    mlflow.set_registry_uri(registry.uri)
    given = inputs(bundle)
    expected = onnxruntime.InferenceSession(bundle.graphs["model"]).run(["label"], {"features": given})[0]
    graph = mlflow.onnx.load_model(f"models:/{MODEL}@production")
    label, probabilities = onnxruntime.InferenceSession(graph.SerializeToString()).run(None, {"features": given})
    assert label.tolist() == expected.tolist()
    assert probabilities.shape == (50, 2)
    generic = mlflow.pyfunc.load_model(f"models:/{MODEL}@production").predict(given)
    assert np.asarray(generic["label"]).tolist() == expected.tolist()


def test_a_bundle_whose_file_was_altered_in_the_store_is_refused(registry, root, bundle):
    with registry.run("altered", {}) as run_id:
        version = registry.register(root / "bundle", inputs(bundle), {})
    (stored,) = (root / "artifacts").rglob(f"{run_id}/artifacts/bundle/scaler.npz")
    stored.write_bytes(stored.read_bytes()[:-1] + b"x")
    with pytest.raises(BundleError, match=r"scaler\.npz of the serving bundle .* was altered"):
        registry.bundle(version)
    for path in stored.parent.iterdir():
        path.unlink()
    stored.parent.rmdir()
    with pytest.raises(RegistryError, match=rf"the bundle of {MODEL} version {version} cannot be fetched"):
        registry.bundle(version)
