from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from seismic_assets.insights.quality import QualityInputs
from seismic_assets.insights.quality.snapshot import Snapshot, snapshot_of
from seismic_assets.lake import QUALITY_HISTORY
from seismic_assets_tests.insights.quality.building import START, by_name, codes, frame, made, sentence

LABELS = {"salt": 500, "sand": 500}


def past(*states: QualityInputs, accepted: tuple[bool, ...] | None = None) -> pl.DataFrame:
    """The history of states, the oldest first."""
    rows = [
        {
            **snapshot_of(state).row(),
            "timestamp": START + timedelta(days=day),
            "verdict": "PASS",
            "accepted": accepted is None or accepted[day],
        }
        for day, state in enumerate(states)
    ]
    return frame(QUALITY_HISTORY, rows)


def files(count: int = 4, **changes: Any) -> dict[str, dict[str, Any]]:
    return {f"{n}.sgy": {"score": 98.0 + n % 2, **changes} for n in range(count)}


def judged(history: pl.DataFrame, now: dict[str, dict[str, Any]], **more: Any):
    return by_name(made(now, history=history, **more))["drift"]


BEFORE = past(made(files(), classes=LABELS))


def test_without_history_there_is_nothing_to_compare() -> None:
    result = judged(past(), files())

    assert (result.verdict, result.findings) == ("PASS", ())
    assert result.summary == "there is no earlier state to compare with yet."


def test_a_state_comes_back_from_its_row_as_it_was() -> None:
    state = snapshot_of(made(files(), classes=LABELS))

    assert Snapshot.from_row(frame(QUALITY_HISTORY, [state.row()]).to_dicts()[0]) == state


def test_a_state_that_hardly_changed_passes() -> None:
    result = judged(BEFORE, files(dead_traces=1), classes={"salt": 450, "sand": 550})

    assert result.verdict == "PASS"
    assert result.facts["drift_level"].value == "LOW"
    assert result.facts["change.traces"].value == 0.0


@pytest.mark.parametrize(
    ("now", "labels", "code", "severity"),
    [
        (files(5), LABELS, "volume_change", "warn"),
        (files(40), LABELS, "volume_change", "warn"),
        (files(3), LABELS, "volume_change", "warn"),
        (files(1), LABELS, "volume_change", "fail"),
        (files(dead_traces=10), LABELS, "loss_change", "warn"),
        (files(dead_traces=30), LABELS, "loss_change", "fail"),
        (files(40) | {"0.sgy": {"score": 60.0}}, LABELS, "score_change", "info"),
        (files() | {f"{n}.sgy": {"score": 85.0} for n in range(4)}, LABELS, "score_change", "warn"),
        (files() | {f"{n}.sgy": {"score": 60.0} for n in range(4)}, LABELS, "score_change", "fail"),
        (files(amplitude_scale=1800.0), LABELS, "amplitude_change", "warn"),
        (files(amplitude_scale=9.0), LABELS, "amplitude_change", "fail"),
        (files(amplitude_scale=1000.0), LABELS, "amplitude_change", "info"),
        (files(), {"salt": 395, "sand": 605}, "class_change", "warn"),
        (files(), {"salt": 900, "sand": 100}, "class_change", "fail"),
        (files(), {"salt": 500, "sand": 420, "mud": 80}, "class_change", "info"),
        (files(), None, "labels_gone", "warn"),
    ],
)
def test_a_change_is_graded_by_its_size(now, labels, code: str, severity: str) -> None:
    assert codes(judged(BEFORE, now, classes=labels))[code] == severity


def test_a_fall_within_the_spread_between_files_is_no_drift() -> None:
    def spread(shift: float) -> dict[str, dict[str, Any]]:
        return {f"{n}.sgy": {"score": 90.0 - 10 * (n % 4) - shift} for n in range(8)}

    result = judged(past(made(spread(0), classes=LABELS)), spread(7), classes=LABELS)

    assert result.facts["effect.score"].value == pytest.approx(-7 / 125**0.5)
    assert codes(result)["score_change"] == "info"


def test_better_scores_and_fewer_dead_traces_are_no_drift() -> None:
    before = past(made(files(score=60.0, dead_traces=30), classes=LABELS))

    assert judged(before, files(), classes=LABELS).verdict == "PASS"


def test_the_sentence_says_before_and_now() -> None:
    result = judged(BEFORE, files(5), classes=LABELS)

    assert sentence(result, "volume_change") == "The number of traces rose: 400 before, 500 now."
    assert result.facts["change.traces"].shown() == "25 %"


def test_a_change_of_shares_is_in_percentage_points() -> None:
    result = judged(BEFORE, files(), classes={"salt": 600, "sand": 400})

    assert result.facts["change.class.salt"].shown() == "10 percentage points"


def test_the_same_state_is_compared_with_the_one_before_it() -> None:
    changed = made(files(40), classes=LABELS)
    first, second = past(made(files(), classes=LABELS)), past(made(files(), classes=LABELS), changed)

    results = [judged(history, files(40), classes=LABELS) for history in (first, second)]

    assert results[0].facts.to_dict() == results[1].facts.to_dict()
    assert results[1].verdict == "WARN"


def test_states_that_were_not_accepted_are_passed_over() -> None:
    history = past(made(files(), classes=LABELS), made(files(1), classes=LABELS), accepted=(True, False))

    assert judged(history, files(4, dead_traces=1), classes=LABELS).facts["before.traces"].value == 400


def test_a_slow_decline_is_a_trend() -> None:
    states = [made(files(score=99.0 - n), classes=LABELS) for n in range(6)]

    result = judged(past(*states), files(score=93.0), classes=LABELS)

    assert codes(result)["trend_score_mean"] == "warn"
    assert sentence(result, "trend_score_mean") == "Over the last 7 states the mean quality score is falling."
    assert result.facts["trend.traces"].value == "steady"


def test_growth_is_a_trend_that_worries_nobody() -> None:
    states = [made(files(20 + n), classes=LABELS) for n in range(6)]

    result = judged(past(*states), files(26), classes=LABELS)

    assert result.facts["trend.traces"].value == "rising"
    assert result.verdict == "PASS"


def test_without_a_trace_now_there_is_nothing_to_compare() -> None:
    result = judged(BEFORE, {})

    assert (result.summary, result.findings) == ("there is no trace to compare.", ())


def test_the_identity_is_of_the_content_not_of_the_order() -> None:
    one = snapshot_of(made(files(), classes=LABELS))
    shuffled = snapshot_of(made(dict(reversed(files().items())), classes=LABELS))

    assert one.identity == shuffled.identity
    assert snapshot_of(made(files(), classes={"salt": 501, "sand": 499})).identity != one.identity
    assert snapshot_of(made(files(notes="odd"), classes=LABELS)).identity != one.identity
