"""Notes are added up by key and name, each of them once."""

from concurrent.futures import ThreadPoolExecutor

from seismic_assets.serving.metrics.pending import Pending


def test_notes_are_added_up_and_taken_once() -> None:
    pending: Pending[str] = Pending()
    pending.note("a", [0.5], {"normal": 2})
    pending.note("b", [1.0])
    pending.note("a", [0.25, 0.75], {"normal": 1, "anomaly": 1})
    assert len(pending) == 3

    sums = pending.take()

    assert sums.values == {"a": [0.5, 0.25, 0.75], "b": [1.0]}
    assert sums.counts == {"normal": 3, "anomaly": 1}
    assert len(pending) == 0 and not pending.take().values


def test_each_note_is_taken_once_by_several_threads_while_more_come() -> None:
    pending: Pending[str] = Pending()

    def take_until_told() -> int:
        taken = 0
        while not done or len(pending):
            taken += len(pending.take().values.get("a", []))
        return taken

    done: list[bool] = []
    with ThreadPoolExecutor(3) as threads:
        takers = [threads.submit(take_until_told) for _ in range(3)]
        for _ in range(20_000):
            pending.note("a", (1.0,))
        done.append(True)
        assert sum(each.result() for each in takers) == 20_000
