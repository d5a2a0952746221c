from __future__ import annotations

import numpy as np
import pytest

from seismic_assets.drift import (
    DEAD_TRACES,
    DriftError,
    DriftReference,
    Sample,
    Severity,
    build_reference,
    feature_drift,
)
from seismic_assets_tests.drift.building import NAMES, survey


def test_a_healthy_file_raises_no_alarm_where_the_classic_test_does(reference: DriftReference) -> None:
    found = [feature_drift(survey(10 + each, 32, 32), reference, NAMES, with_classic=True) for each in range(10)]
    assert [each.severity for each in found] == [Severity.NONE] * 10
    assert sum(each.classic_alarm for each in found) >= 8


def test_a_shift_everywhere_is_drift_of_the_features_that_shifted(reference: DriftReference) -> None:
    found = feature_drift(survey(10, 32, 32, gain=2.0), reference, NAMES)
    assert found.drifted == ("amplitude",)
    assert found.severity is Severity.MEDIUM


def test_a_shift_of_two_hundredths_of_a_deviation_is_no_drift_in_many_traces(reference: DriftReference) -> None:
    found = feature_drift(survey(10, 200, 200, shift=0.02), reference, NAMES)
    assert found.severity is Severity.NONE


def test_a_change_in_a_part_of_the_file_is_on_the_map_and_is_no_drift(reference: DriftReference) -> None:
    healthy, changed = survey(10, 64, 64), survey(10, 64, 64, gain=3.0)
    part = healthy.places[:, 0] < 24
    features = np.where(part[healthy.trace][:, None], changed.features, healthy.features)
    found = feature_drift(Sample(features, healthy.trace, healthy.dead, healthy.places), reference, NAMES)
    far = found.tiles[:, 3]
    there = found.tiles[:, 0] < 24
    assert found.severity is Severity.NONE
    assert far[there].min() > 2 * np.median(far[~there])


def test_dead_traces_are_drift_of_their_share(reference: DriftReference) -> None:
    found = feature_drift(survey(10, 40, 50, dead=0.05), reference, NAMES)
    assert found.drifted == (DEAD_TRACES,)


@pytest.mark.parametrize(("dead", "drifted"), [(4, ()), (5, (DEAD_TRACES,))])
def test_five_dead_traces_of_two_hundred_are_drift_where_few_were(
    reference: DriftReference, dead: int, drifted: tuple[str, ...]
) -> None:
    healthy = survey(10, 20, 10)
    lost = np.isin(np.arange(200), np.arange(dead) * 37)
    heard = ~lost[healthy.trace]
    sample = Sample(healthy.features[heard], healthy.trace[heard], lost, healthy.places)
    assert feature_drift(sample, reference, NAMES).drifted == drifted


def test_too_few_traces_decide_nothing(reference: DriftReference) -> None:
    found = feature_drift(survey(10, 9, 9, gain=9.0), reference, NAMES)
    assert found.severity is Severity.UNDECIDED
    assert "81 usable traces" in found.reason
    assert not found.features


def test_a_file_of_dead_traces_alone_decides_nothing_and_tells_their_share(reference: DriftReference) -> None:
    found = feature_drift(
        Sample(np.zeros((0, 3), np.float32), np.zeros(0, np.int64), np.ones(400, bool)), reference, NAMES
    )
    assert found.severity is Severity.UNDECIDED
    assert found.dead is not None
    assert found.dead.share == 1.0


def test_a_small_reference_decides_nothing() -> None:
    small = build_reference(survey(1, 16, 16), NAMES)
    found = feature_drift(survey(10, 32, 32), small, NAMES)
    assert found.severity is Severity.UNDECIDED
    assert "the reference has 4 tiles" in found.reason


def test_requests_without_places_count_as_one_place(reference: DriftReference) -> None:
    sample = survey(10, 32, 32, gain=2.0)
    found = feature_drift(Sample(sample.features, sample.trace, sample.dead), reference, NAMES)
    assert found.independent == 1.0
    assert not found.placed


def test_features_missing_in_an_old_version_are_named(reference: DriftReference) -> None:
    with pytest.raises(DriftError, match="lack crossings"):
        feature_drift(survey(10, 32, 32), reference, ("amplitude", "component"))


def test_features_that_are_not_finite_are_refused(reference: DriftReference) -> None:
    sample = survey(10, 32, 32)
    sample.features[7, 1] = np.nan
    with pytest.raises(DriftError, match="not finite"):
        feature_drift(sample, reference, NAMES)


def test_the_order_of_the_traces_does_not_matter(reference: DriftReference) -> None:
    sample = survey(10, 32, 32, gain=1.3)
    order = np.random.default_rng(0).permutation(len(sample.dead))
    place_of = np.argsort(order)
    turned = Sample(sample.features, place_of[sample.trace], sample.dead[order], sample.places[order])
    ours, theirs = (feature_drift(each, reference, NAMES, with_domain=False) for each in (sample, turned))
    assert [each.p for each in ours.features] == pytest.approx([each.p for each in theirs.features])
