import json
import shutil

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.attributes import CLASSIC, FeatureSet, WindowGrid, features_of, standardise
from seismic_assets.registry import Answers, BundleError, load_bundle
from seismic_assets_tests.registry.building import CLASSES, WINDOW, build_bundle, windows

FILES = ["embedder.npz", "scaler.npz", "trained_on.npz", "reference.json", "model.onnx", "baseline.onnx"]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle") / "bundle"
    return folder, build_bundle(folder)


@pytest.fixture(scope="module")
def folder(written):
    return written[0]


def copy_of(folder, target):
    return shutil.copytree(folder, target, dirs_exist_ok=True)


@pytest.fixture
def copy(folder, tmp_path):
    return copy_of(folder, tmp_path / "copy")


def test_a_bundle_comes_back_as_it_was_written(written):
    folder, bundle = written
    again = load_bundle(folder)
    assert again.manifest == bundle.manifest
    assert set(again.manifest.files) == set(FILES)
    assert (again.manifest.window, again.manifest.classes) == (WindowGrid(WINDOW, 16), CLASSES)
    assert again.embedder.digest() == bundle.embedder.digest()
    assert again.graphs.keys() == {"model", "baseline"}
    assert again.graphs["baseline"] == b"another graph"
    assert again.trained_on["line 1.sgy-ab"].tolist() == [True, False, True]
    assert again.trained_on["b.sgy"].tolist() == []
    assert again.reference["windows"] == 200
    assert (again.feature_mean == bundle.feature_mean).all()


def test_a_bundle_predicts_with_nothing_but_itself(written):
    bundle = load_bundle(written[0])
    samples, classes = windows(500)
    inputs = standardise(features_of(samples, 4000, bundle.embedder), bundle.feature_mean, bundle.feature_scale)
    label, _ = onnxruntime.InferenceSession(bundle.graphs["model"]).run(None, {"features": inputs})
    assert (label == classes).mean() > 0.98


def test_the_folder_holds_the_listed_files_and_no_pickle(written):
    assert {path.name for path in written[0].iterdir()} == {*FILES, "manifest.json"}
    for path in written[0].glob("*.npz"):
        with np.load(path, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype != object for name in arrays.files)


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_a_missing_file_is_named(copy, name):
    (copy / name).unlink()
    with pytest.raises(BundleError, match=rf"has no {name}; promote another version or train again"):
        load_bundle(copy)


def test_a_missing_bundle_is_refused(tmp_path):
    with pytest.raises(BundleError, match=r"has no manifest\.json"):
        load_bundle(tmp_path / "nowhere")


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_an_altered_byte_is_found_and_the_file_named(folder, tmp_path_factory, name, data):
    altered = copy_of(folder, tmp_path_factory.getbasetemp() / "altered")
    content = bytearray((altered / name).read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    (altered / name).write_bytes(content)
    with pytest.raises(BundleError, match=rf"{name} of the serving bundle .* was altered since it was written"):
        load_bundle(altered)


@settings(max_examples=150, deadline=None)
@given(position=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255))
def test_an_altered_manifest_is_refused_or_still_a_manifest(folder, tmp_path_factory, position, change):
    altered = copy_of(folder, tmp_path_factory.getbasetemp() / "altered")
    content = bytearray((altered / "manifest.json").read_bytes())
    content[int(position * len(content))] ^= change
    (altered / "manifest.json").write_bytes(content)
    try:
        assert load_bundle(altered).manifest.files == load_bundle(folder).manifest.files
    except BundleError as error:
        assert str(altered) in str(error)


@pytest.mark.parametrize("change", [{"format": 2}, {"unknown": 1}, {"files": {}}, {"window_samples": "many"}])
def test_a_manifest_of_another_shape_is_refused(copy, change):
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | change))
    with pytest.raises(BundleError, match=r"the manifest of the serving bundle .* is not valid; train again"):
        load_bundle(copy)


def test_the_content_digest_is_of_what_predicts_and_not_of_the_runs(written, tmp_path):
    same = build_bundle(tmp_path / "same", mlflow_run_id="r2", dagster_run_id="d2", table_versions={})
    assert same.content_digest() == written[1].content_digest()
    for index, change in enumerate([{"window_step": 8}, {"classes": ("loud", "quiet")}]):
        other = build_bundle(tmp_path / f"other{index}", **change)
        assert other.content_digest() != written[1].content_digest()


TUNED = {
    "feature_set": "lateral",
    "time_feature": True,
    "hyperparameters": {"C": 0.25, "penalty": "l1", "max_features": None, "temperature": 1.3},
    "hyperparameters_source": "tuned",
    "training_windows": 1234,
    "seed": 7,
}
ANSWERS = Answers(
    np.random.default_rng(0).normal(size=(30, 12)).astype(np.float32), np.random.default_rng(1).random((30, 2))
)


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """A bundle with the estimator's answers and all that a manifest can say."""
    folder = tmp_path_factory.mktemp("answered") / "bundle"
    return folder, build_bundle(folder, ANSWERS, **TUNED)


def test_what_was_tuned_and_which_features_it_sees_come_back_with_a_bundle(answered):
    manifest = load_bundle(answered[0]).manifest
    assert {name: getattr(manifest, name) for name in TUNED} == TUNED
    assert manifest.features == FeatureSet("lateral", time=True)


def test_a_manifest_that_says_nothing_of_it_is_of_the_classic_features_and_the_defaults(copy):
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({name: manifest[name] for name in manifest.keys() - TUNED.keys()}))
    loaded = load_bundle(copy).manifest
    assert loaded.features == CLASSIC
    assert (loaded.hyperparameters, loaded.hyperparameters_source) == ({}, "default")


def test_an_unknown_feature_set_is_refused(copy):
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"feature_set": "deluxe"}))
    with pytest.raises(BundleError, match=r"the manifest of the serving bundle .* is not valid; train again"):
        load_bundle(copy)


def test_the_answers_of_the_estimator_come_back_to_the_last_bit(answered):
    for bundle in (answered[1], load_bundle(answered[0])):
        assert (bundle.answers.inputs.dtype, bundle.answers.probabilities.dtype) == (np.float32, np.float64)
        assert bundle.answers.inputs.tobytes() == ANSWERS.inputs.tobytes()
        assert bundle.answers.probabilities.tobytes() == ANSWERS.probabilities.tobytes()
    assert "answers.npz" in answered[1].manifest.files


def test_a_bundle_without_answers_is_loaded_without(written):
    assert written[1].answers is None
    assert load_bundle(written[0]).answers is None


def test_answers_that_were_altered_are_refused(answered, tmp_path):
    altered = copy_of(answered[0], tmp_path / "altered")
    np.savez_compressed(altered / "answers.npz", inputs=ANSWERS.inputs, probabilities=ANSWERS.probabilities * 1.001)
    with pytest.raises(BundleError, match=r"answers\.npz of the serving bundle .* was altered since it was written"):
        load_bundle(altered)


def test_answers_that_are_missing_are_named(answered, tmp_path):
    altered = copy_of(answered[0], tmp_path / "altered")
    (altered / "answers.npz").unlink()
    with pytest.raises(BundleError, match=r"has no answers\.npz; promote another version or train again"):
        load_bundle(altered)


def test_answers_that_the_manifest_does_not_list_are_not_read(written, tmp_path):
    added = copy_of(written[0], tmp_path / "added")
    (added / "answers.npz").write_bytes(b"not an archive")
    assert load_bundle(added).answers is None


@pytest.mark.parametrize("change", [{"feature_set": "extended"}, {"time_feature": True}])
def test_other_features_make_another_content_digest(written, tmp_path, change):
    assert build_bundle(tmp_path / "other", **change).content_digest() != written[1].content_digest()


def test_answers_and_how_it_was_tuned_do_not_change_the_content_digest(written, tmp_path):
    tuned = {name: value for name, value in TUNED.items() if name not in ("feature_set", "time_feature")}
    assert build_bundle(tmp_path / "same", ANSWERS, **tuned).content_digest() == written[1].content_digest()
