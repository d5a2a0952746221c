"""The drift benchmark: a sample cut from a survey is what it would be alone, and figures are those of the rows."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.drift import CLUSTERED, PLACES, report, wanted
from benchmarks.drift_surveys import DEAD_SHARE, GAIN, GRID, NAMES, Survey, placed
from seismic_assets.attributes import handcrafted, usable_traces
from seismic_assets.survey.spec import SurveySpec
from seismic_assets.survey.synthetic import make_survey

SIZE = (24, 32)


@pytest.fixture(scope="module")
def survey() -> Survey:
    return Survey(7, SIZE, 8)


@pytest.fixture(scope="module")
def part() -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[3:9, 10:20] = True
    return mask


@pytest.mark.parametrize(
    ("kind", "how", "gain"),
    [
        ("healthy", {}, 1.0),
        ("gain", {}, GAIN),
        ("frequency", {"peak_frequency_hz": 27.2}, 1.0),
        ("noise", {"signal_to_noise": 3.0}, 1.0),
    ],
)
def test_a_sample_has_the_attributes_of_its_traces_alone(survey, part, kind, how, gain) -> None:
    traces = make_survey(SurveySpec(seed=7, inlines=SIZE[0], crosslines=SIZE[1], **how)).traces[part]
    traces = traces * np.float32(gain)

    sample = survey.sample(part, kind, np.random.default_rng(0))

    alone = handcrafted(GRID.cut(traces[usable_traces(traces)]), 4000)
    count = alone.shape[1]
    assert sample.features.shape == (len(alone), len(NAMES))
    np.testing.assert_allclose(sample.features[:, :count], alone, rtol=1e-6)
    assert sample.places.tolist() == np.argwhere(part).astype(float).tolist()


def test_dead_traces_have_no_windows_and_are_about_a_twentieth_more(survey) -> None:
    whole = np.ones(SIZE, bool)
    healthy, dead = (survey.sample(whole, kind, np.random.default_rng(1)) for kind in ("healthy", "dead"))
    assert DEAD_SHARE / 2 < dead.dead.mean() - healthy.dead.mean() < 2 * DEAD_SHARE
    assert not dead.dead[dead.trace].any()
    kept = ~dead.dead[healthy.trace]
    np.testing.assert_array_equal(dead.features, healthy.features[kept])


@pytest.mark.parametrize("shape", [*CLUSTERED, "scattered"])
def test_a_reference_and_a_sample_have_no_trace_in_common(shape) -> None:
    for seed in range(20):
        known, here = placed((60, 80), 16, 500, shape, np.random.default_rng(seed))
        assert not (known & here).any()
        assert 400 <= here.sum() <= 700
        assert known.sum() > 12 * 64


def test_every_size_is_repeated_often_enough_for_its_figure() -> None:
    repeats = {
        n: sum(case.repeats for place in PLACES for case in place.cases if case.traces == n)
        for n in (200, 500, 1000, 2000, 5000, 20_000, 100_000)
    }
    assert sum(repeats.values()) >= 200
    assert repeats[200] >= 60
    assert min(repeats.values()) >= 24


def test_a_share_of_the_surveys_is_of_every_size_of_survey() -> None:
    assert {place.grid for place in wanted(0.01, None)} == {place.grid for place in PLACES}
    assert all(case.traces == 500 for place in wanted(1.0, 500) for case in place.cases)


def test_shares_are_those_of_the_rows_and_none_where_there_are_none() -> None:
    def row(kind: str, traces: int, alarm: bool) -> dict:
        return {
            "case": f"{traces}-squares-60x80",
            "traces": traces,
            "shape": "squares",
            "kind": kind,
            "severity": "low" if alarm else "none",
            "alarm": alarm,
            "classic": True,
            "domain": None,
        }

    rows = [row("healthy", 200, False), row("healthy", 200, True), row("healthy", 1000, False), row("gain", 200, True)]
    figures = report(rows, ("gain",))
    assert figures["repetitions_by_size"] == {"200": 2, "1000": 1}
    assert figures["false_alarm_rate_pooled"] == pytest.approx(1 / 3, abs=1e-4)
    assert figures["false_alarm_rate"] == {"200-squares-60x80": 0.5, "1000-squares-60x80": 0.0}
    assert figures["power_by_size"]["gain"] == {"200": 1.0, "1000": None}
