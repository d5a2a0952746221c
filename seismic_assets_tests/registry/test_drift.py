"""The drift references of a bundle, written and read."""

import json
from dataclasses import replace

import numpy as np
import pytest

from seismic_assets.drift import (
    DriftError,
    Sample,
    build_prediction_reference,
    build_reference,
    feature_drift,
    prediction_drift,
)
from seismic_assets.registry import BundleError, DriftReferences, load_bundle, write_bundle
from seismic_assets.registry.bundle import DRIFT, MANIFEST
from seismic_assets.registry.drift import load_drift, save_drift
from seismic_assets_tests.monitoring.drifted import FEATURES, answers, answers_reference, reference, sample
from seismic_assets_tests.registry.building import CLASSES, build_bundle


@pytest.fixture(scope="module")
def references():
    return DriftReferences(reference(), answers_reference())


def with_drift(folder, bundle, references):
    """The bundle once more, with references."""
    return write_bundle(
        folder,
        bundle.manifest,
        embedder=bundle.embedder,
        feature_mean=bundle.feature_mean,
        feature_scale=bundle.feature_scale,
        graphs=bundle.graphs,
        reference=bundle.reference,
        trained_on=bundle.trained_on,
        drift=references,
    )


def assert_same(found, expected):
    ours, theirs = found.to_arrays(), expected.to_arrays()
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


def test_references_come_back_from_a_bundle_as_they_were_written(tmp_path, references):
    bundle = with_drift(tmp_path / "with", build_bundle(tmp_path / "without"), references)

    again = load_bundle(tmp_path / "with").drift

    assert DRIFT in bundle.manifest.files
    assert_same(again.features, references.features)
    assert_same(again.predictions, references.predictions)


def test_what_is_found_with_them_is_the_same(tmp_path, references):
    save_drift(tmp_path / DRIFT, references)
    again = load_drift(tmp_path / DRIFT)
    met, told = sample(11, 0, 48, moved=2), answers(21, shares=(0.2, 0.2, 0.6))

    before = feature_drift(met, references.features, FEATURES)
    after = feature_drift(met, again.features, FEATURES)

    assert set(before.drifted) == set(after.drifted) == {"feature_0", "feature_1"}
    assert [each.ks for each in after.features] == pytest.approx([each.ks for each in before.features], abs=1e-6)
    first, second = prediction_drift(told, references.predictions), prediction_drift(told, again.predictions)
    assert second.shares == first.shares
    assert second.chi2_p == pytest.approx(first.chi2_p, rel=1e-3)


def test_references_do_not_change_what_a_bundle_answers(tmp_path, references):
    plain = build_bundle(tmp_path / "without")

    assert with_drift(tmp_path / "with", plain, references).content_digest() == plain.content_digest()


def test_answers_may_be_missing(tmp_path, references):
    save_drift(tmp_path / DRIFT, replace(references, predictions=None))

    assert load_drift(tmp_path / DRIFT).predictions is None


def test_a_bundle_of_an_earlier_version_is_loaded_without_references(tmp_path):
    bundle = build_bundle(tmp_path / "old")

    assert not (tmp_path / "old" / DRIFT).exists()
    assert load_bundle(tmp_path / "old").drift is bundle.drift is None


def test_windows_of_another_width_are_refused_with_a_sentence(references):
    wide = Sample(np.zeros((200, 14), np.float32), np.arange(200), np.zeros(200, bool))
    names = [*FEATURES, "embedding_0", "embedding_1", "embedding_2", "embedding_3"]

    with pytest.raises(DriftError, match=r"^the features add embedding_0, embedding_1, embedding_2 beside those .*"):
        feature_drift(wide, references.features, names)
    with pytest.raises(DriftError, match="the features lack feature_9 beside those of the reference: compare windows"):
        feature_drift(wide, references.features, FEATURES[:9])
    with pytest.raises(DriftError, match="14 probabilities do not fit the 3 classes normal, anomaly, boundary"):
        prediction_drift(wide, references.predictions)


@pytest.mark.parametrize(
    ("prefix", "name", "sentence"),
    [
        ("features/", "edges", "edges"),
        ("features/", "format", "format"),
        ("predictions/", "shares", "the reference of the predictions lacks shares: train again"),
    ],
)
def test_a_missing_array_is_a_sentence(tmp_path, references, prefix, name, sentence):
    path = tmp_path / DRIFT
    save_drift(path, references)
    with np.load(path) as content:
        arrays = {key: content[key] for key in content.files if key != prefix + name}
    np.savez(path, **arrays)

    with pytest.raises(BundleError, match=rf"^drift\.npz of the serving bundle .* cannot be used: .*{sentence}"):
        load_drift(path)


def test_references_of_a_later_format_are_a_sentence(tmp_path, references):
    path = tmp_path / DRIFT
    save_drift(path, references)
    with np.load(path) as content:
        arrays = {key: content[key] for key in content.files}
    arrays["features/format"] = arrays["features/format"] + np.array([1, 0, 0])
    np.savez(path, **arrays)

    with pytest.raises(BundleError, match="the drift reference has format 2, this version reads 1: train again"):
        load_drift(path)


def test_altered_references_are_not_read(tmp_path, references):
    with_drift(tmp_path / "with", build_bundle(tmp_path / "without"), references)
    path = tmp_path / "with" / DRIFT
    path.write_bytes(path.read_bytes() + b"x")

    with pytest.raises(BundleError, match=r"drift\.npz of the serving bundle .* was altered"):
        load_bundle(tmp_path / "with")


def test_references_that_are_gone_are_missed(tmp_path, references):
    with_drift(tmp_path / "with", build_bundle(tmp_path / "without"), references)
    (tmp_path / "with" / DRIFT).unlink()

    with pytest.raises(BundleError, match=r"has no drift\.npz"):
        load_bundle(tmp_path / "with")


def test_arrays_that_would_be_unpickled_are_refused(tmp_path):
    path = tmp_path / DRIFT
    np.savez(path, **{"features/format": np.array([{"code": 1}], dtype=object)})

    with pytest.raises(BundleError, match=r"drift\.npz of the serving bundle .* cannot be used"):
        load_drift(path)


def test_a_file_that_is_no_archive_is_a_sentence(tmp_path):
    path = tmp_path / DRIFT
    path.write_bytes(b"not an archive")

    with pytest.raises(BundleError, match=r"drift\.npz of the serving bundle .* cannot be used"):
        load_drift(path)


def test_references_of_single_traces_and_few_classes_are_small_enough_to_carry(tmp_path, references):
    save_drift(tmp_path / DRIFT, references)

    assert (tmp_path / DRIFT).stat().st_size < 1_000_000


def test_the_manifest_names_the_digest_of_the_references(tmp_path, references):
    with_drift(tmp_path / "with", build_bundle(tmp_path / "without"), references)

    files = json.loads((tmp_path / "with" / MANIFEST).read_text())["files"]
    assert len(files[DRIFT]) == 32


def test_references_of_a_small_area_are_kept_too(tmp_path):
    few = sample(1, 0, 8)
    told = Sample(np.tile(np.float32([0.4, 0.6]), (len(few.trace), 1)), few.trace, few.dead, few.places)
    kept = DriftReferences(build_reference(few, FEATURES), build_prediction_reference(told, CLASSES))
    save_drift(tmp_path / DRIFT, kept)

    again = load_drift(tmp_path / DRIFT)

    assert_same(again.features, kept.features)
    assert again.predictions.classes == CLASSES
