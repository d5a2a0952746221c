import multiprocessing
from pathlib import Path

from seismic_assets.file_locks import held


def test_a_lock_is_had_by_one_at_a_time(tmp_path: Path) -> None:
    with held(tmp_path / "lock", 1) as first, held(tmp_path / "lock", 0) as second:
        assert (first, second) == (True, False)
    with held(tmp_path / "lock", 0) as third:
        assert third


def test_a_lock_is_had_once_the_other_lets_go(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    with held(tmp_path / "lock", 1):
        child = context.Process(target=_wait_for, args=(tmp_path / "lock", there))
        child.start()
        assert here.recv() == "waiting"
    assert here.recv() is True
    child.join()


def _wait_for(path: Path, there: "multiprocessing.connection.Connection") -> None:
    there.send("waiting")
    with held(path, 60) as mine:
        there.send(mine)


def test_a_lock_where_nothing_can_be_written_counts_as_had(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with held(tmp_path / "file" / "lock", 0) as mine:
        assert mine
