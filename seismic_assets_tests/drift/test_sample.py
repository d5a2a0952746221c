from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seismic_assets.drift import DriftError, Sample
from seismic_assets_tests.drift.building import survey


def test_a_part_has_the_windows_of_its_own_traces() -> None:
    whole = replace(survey(1, 16, 16, dead=0.1), group=np.repeat([3, 5], 128))
    kept = whole.group == 5
    part = whole.of_traces(kept)
    number = np.flatnonzero(kept)
    assert part.group.tolist() == [5] * 128
    assert part.dead.tolist() == whole.dead[kept].tolist()
    assert part.places.tolist() == whole.places[kept].tolist()
    for trace in range(len(number)):
        np.testing.assert_array_equal(
            part.features[part.trace == trace], whole.features[whole.trace == number[trace]], strict=True
        )


def test_a_part_of_traces_without_places_has_none() -> None:
    part = Sample(np.ones((4, 1), np.float32), np.arange(4), np.zeros(4, bool)).of_traces(np.arange(4) > 1)
    assert part.places is None and part.group is None
    assert part.trace.tolist() == [0, 1]


def test_file_numbers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DriftError, match="3 file numbers do not fit 256 traces: give one each"):
        replace(survey(1, 16, 16), group=np.arange(3))
