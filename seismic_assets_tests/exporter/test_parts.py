"""Parts fail, hang and recover each by itself."""

import threading
import time
from collections.abc import Callable

import pytest
from prometheus_client.core import GaugeMetricFamily
from structlog.testing import capture_logs

from seismic_assets.exporter.errors import NothingYetError, SourceError
from seismic_assets.exporter.parts import Look, Part, PartsCollector
from seismic_assets_tests.exporter.building import values


def fine() -> Look:
    return Look([GaugeMetricFamily("fine", "A figure.", 1)])


def raising(error: Exception) -> Callable[[], Look]:
    def look() -> Look:
        raise error

    return look


def seen_of(look: Callable[[], Look], times: int = 1) -> dict[str, float]:
    collector = PartsCollector([Part("odd", look), Part("good", fine)])
    return [values(collector.collect()) for _ in range(times)][-1]


def test_a_part_that_cannot_be_read_is_counted_and_the_others_are_shown() -> None:
    seen = seen_of(raising(SourceError("it is broken")), times=3)

    assert seen["fine"] == 1
    assert (seen["seismic_pipeline_up{part=odd}"], seen["seismic_pipeline_up{part=good}"]) == (0, 1)
    assert seen["seismic_pipeline_scrape_errors_total{part=odd}"] == 3
    assert seen["seismic_pipeline_scrape_errors_total{part=good}"] == 0


def test_a_part_that_is_not_there_yet_is_not_up_and_no_error() -> None:
    seen = seen_of(raising(NothingYetError("later")))

    assert seen["seismic_pipeline_up{part=odd}"] == 0
    assert seen["seismic_pipeline_scrape_errors_total{part=odd}"] == 0


def test_a_part_with_a_complaint_shows_the_rest_and_is_not_up() -> None:
    seen = seen_of(lambda: Look([GaugeMetricFamily("rest", "A figure.", 2)], ["one table is damaged"]))

    assert seen["rest"] == 2
    assert seen["seismic_pipeline_up{part=odd}"] == 0
    assert seen["seismic_pipeline_scrape_errors_total{part=odd}"] == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_defect_in_one_part_does_not_end_the_others() -> None:
    seen = seen_of(raising(ZeroDivisionError()))

    assert seen["fine"] == 1
    assert seen["seismic_pipeline_up{part=odd}"] == 0
    assert seen["seismic_pipeline_scrape_errors_total{part=odd}"] == 1


def test_a_part_that_hangs_is_left_out_is_not_begun_twice_and_comes_back() -> None:
    go, begun = threading.Event(), []

    def hanging() -> Look:
        begun.append(1)
        go.wait(60)
        return fine()

    collector = PartsCollector([Part("odd", hanging)], patience=0.05)
    stuck = [values(collector.collect()) for _ in range(3)]
    go.set()
    deadline = time.monotonic() + 60
    while not (after := values(collector.collect())).get("fine"):
        assert time.monotonic() < deadline

    assert "fine" not in stuck[-1]
    assert stuck[-1]["seismic_pipeline_up{part=odd}"] == 0
    assert stuck[-1]["seismic_pipeline_scrape_errors_total{part=odd}"] == 3
    assert len(begun) <= 3  # one that hung, and the looks after it
    assert after["seismic_pipeline_up{part=odd}"] == 1


def test_a_complaint_is_said_once_for_as_long_as_it_lasts_and_its_end_is_said() -> None:
    state = iter([SourceError("a"), SourceError("a"), SourceError("b"), None, None, SourceError("a")])

    def look() -> Look:
        error = next(state)
        if error is not None:
            raise error
        return fine()

    collector = PartsCollector([Part("odd", look)])
    with capture_logs() as logs:
        for _ in range(6):
            values(collector.collect())

    assert [(each["log_level"], each.get("reason")) for each in logs] == [
        ("warning", "a"),
        ("warning", "b"),
        ("info", None),
        ("warning", "a"),
    ]
