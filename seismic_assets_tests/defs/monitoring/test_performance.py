"""How what was served did, from the tables that the service's own recorder writes."""

from datetime import timedelta

import pytest

from seismic_assets.defs.monitoring.performance import load_performance, save_performance, served_performance
from seismic_assets.monitoring import MonitoringError
from seismic_assets_tests.defs.monitoring.building import NOW, Place, earth, served_calls, truths_of
from seismic_assets_tests.serving.recording.building import make_call


def performance(place: Place, **changes):
    return served_performance(place.settings.model_copy(update=changes), place.registry, NOW)


def test_before_the_first_request_there_is_nothing_to_tell(place: Place) -> None:
    part = performance(place)

    assert (part.requests, part.accuracy, part.degraded) == (0, None, False)
    assert part.sentence == "no request came in the period"


def test_accuracy_is_that_of_the_truth_that_came_and_is_held_against_the_test(place: Place) -> None:
    calls = served_calls(place, earth(9))
    place.record(*calls, *truths_of(calls, 0.7), make_call(1, NOW - timedelta(hours=1), status=503, traces=0))

    part = performance(place)

    assert part.of == "1"
    assert part.requests == len(calls) + 1
    assert part.failed_rate == pytest.approx(1 / (len(calls) + 1))
    assert part.truths == 768
    assert part.accuracy == pytest.approx(0.7, abs=0.02)
    assert part.f1_weighted is not None
    assert part.degraded
    champion = next(each for each in part.versions if each.role == "champion")
    assert champion.baseline_accuracy == 0.95
    assert champion.classes == ["quiet", "loud"]


def test_as_good_as_in_the_test_is_no_fall(place: Place) -> None:
    calls = served_calls(place, earth(9))
    place.record(*calls, *truths_of(calls, 0.95))

    assert not performance(place).degraded


def test_too_few_truths_decide_nothing(place: Place) -> None:
    calls = served_calls(place, earth(9))
    place.record(*calls, *truths_of(calls[:2], 0.2))

    part = performance(place)

    assert (part.truths, part.degraded) == (32, False)
    assert performance(place, min_truths=20).degraded


def test_a_version_that_is_gone_is_counted_and_its_feedback_is_not(place: Place) -> None:
    theirs = served_calls(place, earth(9)[:64], version="a-folder")
    place.record(*theirs, *truths_of(theirs, 1.0))

    part = performance(place)

    assert [each.version for each in part.versions] == ["a-folder"]
    assert (part.requests, part.truths) == (4, 0)


def test_requests_from_after_the_present_are_left_out_with_a_sentence(place: Place) -> None:
    calls = served_calls(place, earth(9)[:64])
    place.record(*calls, make_call(1, NOW + timedelta(hours=2), model_version="1"))

    part = performance(place)

    assert part.requests == 4
    assert any("after the present by their clock" in note and note.endswith(": 1") for note in part.notes)


def test_requests_before_the_period_are_not_looked_at(place: Place) -> None:
    place.record(*served_calls(place, earth(9)[:64]), make_call(1, NOW - timedelta(hours=30), model_version="1"))

    assert performance(place).requests == 4
    assert performance(place, monitoring_hours=48.0).requests == 5


def test_truth_counts_for_a_week_of_requests_or_for_as_long_as_is_set(place: Place) -> None:
    old = served_calls(place, earth(9), NOW - timedelta(days=3))
    place.record(*old, *truths_of(old, 0.7), *served_calls(place, earth(9)[:64]))

    part = performance(place)

    assert (part.requests, part.truths, part.degraded) == (4, 768, True)
    assert part.truth_since == NOW - timedelta(days=7)
    assert performance(place, truth_hours=48.0).truths == 0


def test_requests_before_the_period_without_truth_are_not_read(place: Place) -> None:
    old = served_calls(place, earth(9), NOW - timedelta(days=3))
    place.record(*old, *truths_of(old[:1], 0.7))

    part = performance(place)

    assert (part.requests, part.truths) == (0, 16)
    assert part.sentence.startswith("the truth of 16 traces has come")


@pytest.mark.parametrize(
    "line", ["{torn", '"no mapping"', "[1, 2]", '{"lost": 3}'], ids=["torn", "text", "list", "no time"]
)
def test_a_damaged_count_of_losses_is_one_sentence_and_the_others_count(place: Place, line: str) -> None:
    place.record(*served_calls(place, earth(9)[:64]))
    good = f'{{"process": "a", "settled_at": "{(NOW - timedelta(hours=1)).isoformat()}", "lost": 12}}'
    (place.settings.serving_dir / "losses.jsonl").write_text(f"{good}\n{line}\n")

    part = performance(place)

    assert part.rows_lost == 12
    assert [note for note in part.notes if "cannot be read" in note] == [
        "entries among the losses that cannot be read: 1"
    ]


def test_a_count_of_losses_that_is_no_text_is_counted_as_damaged(place: Place) -> None:
    place.settings.serving_dir.mkdir(parents=True)
    (place.settings.serving_dir / "losses.jsonl").write_bytes(b"\xff\xfe\x00")

    assert performance(place).notes == ["entries among the losses that cannot be read: 1"]


@pytest.mark.parametrize("table", ["inference_log", "feedback"])
def test_a_damaged_table_is_one_sentence(place: Place, table: str) -> None:
    calls = served_calls(place, earth(9)[:64])
    place.record(*calls, *truths_of(calls, 1.0))
    for part in (place.settings.serving_dir / table).rglob("*.parquet"):
        part.unlink()

    with pytest.raises(MonitoringError, match=rf"^the table {table} of the service cannot be read \(.*\); restore"):
        performance(place)


def test_figures_are_kept_for_the_report(place: Place) -> None:
    calls = served_calls(place, earth(9)[:64])
    place.record(*calls, *truths_of(calls, 0.7))
    part = performance(place)
    assert load_performance(place.settings).sentence == "nothing was looked at"

    save_performance(place.settings, part)

    assert load_performance(place.settings) == part
    assert [path.name for path in (place.settings.reports_dir / "monitoring").iterdir()] == ["performance.json"]


def test_kept_figures_that_are_damaged_are_one_sentence(place: Place) -> None:
    save_performance(place.settings, performance(place))
    (place.settings.reports_dir / "monitoring" / "performance.json").write_text("{")

    with pytest.raises(MonitoringError, match=r"performance\.json .*; materialise serving_performance again"):
        load_performance(place.settings)
