"""Files that were recorded in several ways, and what is compared with which of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seismic_assets.drift import (
    DriftReference,
    Sample,
    Severity,
    build_reference,
    feature_drift,
    reference_from_arrays,
)
from seismic_assets_tests.drift.building import NAMES, survey

FAR, DRIFT = 6.0, 1.2


def joined(*files: Sample) -> Sample:
    """Files far from one another as one sample."""
    before = np.cumsum([0, *(len(file.dead) for file in files)])
    return Sample(
        np.concatenate([file.features for file in files]),
        np.concatenate([file.trace + first for file, first in zip(files, before, strict=False)]),
        np.concatenate([file.dead for file in files]),
        np.concatenate([np.add(file.places, [1e6 * number, 0]) for number, file in enumerate(files)]),
        np.repeat(np.arange(len(files)), [len(file.dead) for file in files]),
    )


@pytest.fixture(scope="module")
def two_ways() -> DriftReference:
    return build_reference(joined(survey(1, 64, 64), survey(2, 64, 64, shift=FAR)), NAMES)


def test_files_that_drifted_from_one_another_are_kept_apart(two_ways: DriftReference) -> None:
    assert [part.means.count for part in two_ways.parts] == [64, 64]
    assert two_ways.means.count == 128


def test_files_that_were_recorded_alike_make_one_reference() -> None:
    reference = build_reference(joined(*(survey(each, 48, 48) for each in range(1, 5))), NAMES)
    assert reference.parts == ()


@pytest.mark.parametrize("shift", [DRIFT, FAR - DRIFT], ids=["of one", "of the other"])
def test_a_drift_that_the_spread_of_two_ways_hides_is_found_beside_its_own(
    two_ways: DriftReference, shift: float
) -> None:
    drifted = survey(10, 32, 32, shift=shift)
    assert feature_drift(drifted, replace(two_ways, parts=()), NAMES).severity is Severity.NONE
    assert feature_drift(drifted, two_ways, NAMES).severity is Severity.HIGH


@pytest.mark.parametrize("shift", [0.0, FAR])
def test_a_healthy_file_of_either_way_raises_no_alarm(two_ways: DriftReference, shift: float) -> None:
    found = [feature_drift(survey(10 + each, 32, 32, shift=shift), two_ways, NAMES) for each in range(5)]
    assert [each.severity for each in found] == [Severity.NONE] * 5


def test_requests_of_both_ways_together_raise_no_alarm(two_ways: DriftReference) -> None:
    both = joined(survey(10, 32, 32), survey(11, 32, 32, shift=FAR))
    assert feature_drift(both, two_ways, NAMES).severity is Severity.NONE


def test_requests_of_three_ways_are_compared_with_all_of_them() -> None:
    ways = [FAR * each for each in range(3)]
    reference = build_reference(joined(*(survey(1 + n, 64, 64, shift=way) for n, way in enumerate(ways))), NAMES)
    mixed = joined(*(survey(10 + n, 24, 24, shift=way) for n, way in enumerate(ways)))
    assert len(reference.parts) == 3
    found, beside_all = (feature_drift(mixed, each, NAMES) for each in (reference, replace(reference, parts=())))
    assert found.features == beside_all.features


def test_a_file_too_small_to_be_referred_to_goes_with_its_like() -> None:
    small = survey(3, 16, 16, shift=FAR)
    reference = build_reference(joined(survey(1, 64, 64), survey(2, 64, 64, shift=FAR), small), NAMES)
    assert [part.means.count for part in reference.parts] == [64, 68]


def test_small_files_alone_make_one_reference() -> None:
    files = (survey(each, 16, 16, shift=FAR * (each % 2)) for each in range(8))
    assert build_reference(joined(*files), NAMES).parts == ()


def test_a_file_of_dead_traces_hides_no_way() -> None:
    silent = Sample(np.zeros((0, 3), np.float32), np.zeros(0, np.int64), np.ones(100, bool), np.zeros((100, 2)))
    reference = build_reference(joined(survey(1, 64, 64), silent, survey(2, 64, 64, shift=FAR)), NAMES)
    assert [part.means.count for part in reference.parts] == [64, 64]
    assert sum(part.dead[:, 1].sum() for part in reference.parts) == 2 * 64 * 64 + 100


def test_the_ways_survive_the_arrays_and_older_arrays_have_none(two_ways: DriftReference) -> None:
    arrays = two_ways.to_arrays()
    sample = survey(10, 32, 32, shift=DRIFT)
    again = reference_from_arrays(arrays)
    older = reference_from_arrays({name: array for name, array in arrays.items() if not name.startswith("part")})
    assert feature_drift(sample, again, NAMES).drifted == feature_drift(sample, two_ways, NAMES).drifted
    assert older.parts == ()
    assert feature_drift(sample, older, NAMES).severity is Severity.NONE


def test_the_ways_share_the_rows_of_one_reference(two_ways: DriftReference) -> None:
    assert sum(len(part.rows) for part in two_ways.parts) == len(two_ways.rows)
