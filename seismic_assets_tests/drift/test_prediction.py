from __future__ import annotations

import numpy as np
import pytest

from seismic_assets.drift import DriftError, FeatureDrift, Sample, Severity, feature_drift
from seismic_assets.drift.important import important_drift
from seismic_assets.drift.prediction import prediction_drift
from seismic_assets.drift.prediction_reference import build_prediction_reference, prediction_reference_from_arrays
from seismic_assets_tests.drift.building import NAMES, survey

CLASSES = ("normal", "anomaly", "boundary")


def answers(seed: int, inlines: int, *, more: float = 0.0, sure: float = 3.0) -> Sample:
    """Probabilities that depend on the place; `more` of the second class, `sure` for how sure the model is."""
    base = survey(seed, inlines, 48)
    logits = sure * np.random.default_rng(seed + 5).gumbel(size=base.features.shape)
    logits[:, 0] += sure * 0.3 * base.features[:, 1]
    logits[:, 1] += sure * more
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return Sample((odds / odds.sum(axis=1, keepdims=True)).astype(np.float32), base.trace, base.dead, base.places)


REFERENCE = build_prediction_reference(answers(1, 96), CLASSES)


def test_answers_on_a_healthy_file_have_not_drifted() -> None:
    assert not any(prediction_drift(answers(20 + each, 32), REFERENCE).drifted for each in range(10))


def test_many_more_of_a_class_are_drift() -> None:
    found = prediction_drift(answers(20, 32, more=1.0), REFERENCE)
    assert found.drifted
    assert found.cohens_w > 0.3
    assert found.cramers_v == pytest.approx(found.cohens_w / np.sqrt(2))


def test_a_model_that_became_unsure_is_drift_though_its_classes_are_the_same() -> None:
    found = prediction_drift(answers(20, 32, sure=1.0), REFERENCE)
    assert found.drifted
    assert found.confidence_shift < -0.3
    assert found.cohens_w < 0.2


def test_too_few_answers_decide_nothing() -> None:
    found = prediction_drift(answers(20, 2, more=3.0), REFERENCE)
    assert not found.decided
    assert "too few" in found.reason


def test_other_classes_are_refused() -> None:
    sample = answers(20, 32)
    with pytest.raises(DriftError, match="2 probabilities do not fit the 3 classes"):
        prediction_drift(Sample(sample.features[:, :2], sample.trace, sample.dead, sample.places), REFERENCE)


def test_the_reference_survives_its_arrays() -> None:
    again = prediction_reference_from_arrays(REFERENCE.to_arrays())
    sample = answers(20, 32, more=1.0)
    assert prediction_drift(sample, again).chi2_p == pytest.approx(prediction_drift(sample, REFERENCE).chi2_p, rel=1e-2)


def test_importance_drift_names_the_important_features_that_drifted(reference: object) -> None:
    found: FeatureDrift = feature_drift(survey(10, 32, 32, gain=2.0), reference, NAMES)  # type: ignore[arg-type]
    important = important_drift(found, {"amplitude": 0.3, "component": 0.1, "crossings": -0.01}, top=2)
    assert found.severity is not Severity.NONE
    assert important.drifted == ("amplitude",)
    assert important.weight == pytest.approx(0.75)
