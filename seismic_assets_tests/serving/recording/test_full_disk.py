"""A disk that is full, and one that is full already when the service starts."""

from pathlib import Path

from seismic_assets.serving.recording import Bounds, RecorderOptions
from seismic_assets_tests.serving.recording.building import make_call, make_recorder, rows_of, wait_until
from seismic_assets_tests.small_disk import fill

OPTIONS = RecorderOptions(flush_seconds=0.02, upkeep_seconds=0.05, waiting=Bounds(rows=2000, bytes=10_000_000))


def test_rows_wait_while_the_disk_is_full_and_are_written_once_when_it_is_not(small_disk: Path) -> None:
    recorder = make_recorder(small_disk, OPTIONS)
    recorder.start()
    for number in range(100):
        recorder.record(make_call(number))
    wait_until(lambda: recorder.figures().written == 100)

    filling = fill(small_disk)
    for number in range(100, 2300):
        recorder.record(make_call(number))
    wait_until(lambda: recorder.figures().failures >= 3)
    figures = recorder.figures()
    assert (figures.written, figures.pending, figures.dropped) == (100, 2000, 200)

    filling.unlink()
    wait_until(lambda: recorder.figures().pending == 0)
    assert recorder.stop(30.0)
    assert rows_of(small_disk)["latency_ms"].sort().to_list() == list(range(2100))


def test_a_service_starts_on_a_full_disk_and_keeps_count_once_there_is_room(small_disk: Path) -> None:
    filling = fill(small_disk)
    recorder = make_recorder(small_disk, OPTIONS)
    recorder.start()
    recorder.record(make_call())
    wait_until(lambda: recorder.figures().failures >= 3)
    assert not list(small_disk.rglob("*.tally"))

    filling.unlink()
    wait_until(lambda: len(list(small_disk.rglob("*.tally"))) == 1)
    assert recorder.stop(30.0)
    assert rows_of(small_disk).height == 1


def test_what_a_stop_could_not_write_is_counted_by_the_next_service(small_disk: Path) -> None:
    recorder = make_recorder(small_disk, OPTIONS)
    recorder.start()
    filling = fill(small_disk)
    for number in range(30):
        recorder.record(make_call(number))
    assert not recorder.stop(30.0)
    assert recorder.figures().pending == 30

    filling.unlink()
    following = make_recorder(small_disk, OPTIONS)
    following.start()
    wait_until(lambda: following.figures().lost_in_crashes == 30)
    following.stop(30.0)
