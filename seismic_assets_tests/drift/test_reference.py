from __future__ import annotations

import io

import numpy as np
import pytest

from seismic_assets.drift import DriftError, DriftReference, build_reference, feature_drift, reference_from_arrays
from seismic_assets_tests.drift.building import NAMES, survey


def test_a_reference_survives_its_file_without_pickle(reference: DriftReference) -> None:
    file = io.BytesIO()
    np.savez(file, **reference.to_arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        again = reference_from_arrays(arrays)
    sample = survey(10, 32, 32, gain=1.5)
    ours, theirs = (feature_drift(sample, each, NAMES) for each in (reference, again))
    assert ours.drifted == theirs.drifted
    assert [each.p for each in ours.features] == pytest.approx([each.p for each in theirs.features], rel=1e-3)


def test_a_reference_of_a_large_survey_stays_small() -> None:
    reference = build_reference(survey(1, 200, 200), NAMES)
    assert reference.means.count == 256
    assert len(reference.rows) == 4096


def test_a_reference_without_an_array_says_which(reference: DriftReference) -> None:
    arrays = reference.to_arrays()
    del arrays["within"]
    with pytest.raises(DriftError, match="within"):
        reference_from_arrays(arrays)


def test_names_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DriftError, match="2 names do not fit 3 features"):
        build_reference(survey(1, 16, 16), ("a", "b"))
