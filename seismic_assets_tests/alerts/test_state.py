import json
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from seismic_assets.alerts import state as state_module
from seismic_assets.alerts.errors import AlertStateError
from seismic_assets.alerts.record import Changes
from seismic_assets.alerts.state import AlertState
from seismic_assets.file_locks import held
from seismic_assets_tests.alerts.building import DRIFT, NOON, an_alert
from seismic_assets_tests.small_disk import fill, small_disk

DAY = timedelta(days=1)


def update(state: AlertState, *keys: str, scope: str = "drift") -> Changes:
    return state.update(scope, [an_alert(key) for key in keys], ["a"], NOON, DAY)


def test_what_is_on_is_kept_for_other_processes(tmp_path: Path) -> None:
    assert update(AlertState(tmp_path / "deep" / "alerts.json"), "drift/a").new == ("drift/a",)
    other = AlertState(tmp_path / "deep" / "alerts.json")
    assert update(other, "drift/a").new == ()
    assert [each.alert.key for each in other.standing()] == ["drift/a"]


def test_the_file_is_replaced_whole_and_is_its_owners_alone(tmp_path: Path) -> None:
    update(AlertState(tmp_path / "alerts.json"), "drift/a")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alerts.json", "alerts.json.lock"]
    assert (tmp_path / "alerts.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\x00", b'{"format": 2}', b'{"on": {"a": 1}}'])
def test_a_damaged_file_is_set_aside_and_the_state_begins_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "alerts.json"
    path.write_bytes(content)
    with capture_logs() as logs:
        assert update(AlertState(path), "drift/a").new == ("drift/a",)
    (aside,) = tmp_path.glob("alerts.json.damaged-*")
    assert aside.read_bytes() == content
    assert [(line["event"], line["renamed"]) for line in logs] == [("alert state damaged", aside.name)]
    assert list(json.loads(path.read_bytes())["on"]) == ["drift/a"]


def test_on_a_full_disk_the_state_is_in_memory_until_there_is_space(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        state = AlertState(disk / "alerts.json")
        update(state, "drift/a")
        filling = fill(disk)
        with capture_logs() as logs:
            assert update(state, "drift/a", "drift/b").new == ("drift/b",)
            assert update(state, "drift/a", "drift/b").new == ()
        assert {line["event"] for line in logs} == {"alert state not saved"}
        filling.unlink()
        update(state, "drift/a", "drift/b")
        assert [each.alert.key for each in AlertState(disk / "alerts.json").standing()] == ["drift/a", "drift/b"]


def test_a_file_that_another_process_wrote_meanwhile_counts_more_than_memory(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        state = AlertState(disk / "alerts.json")
        update(state, "drift/a")
        filling = fill(disk)
        update(state, "drift/a", "drift/b")
        filling.unlink()
        update(AlertState(disk / "alerts.json"), "drift/c")
        assert [each.alert.key for each in state.standing()] == ["drift/c"]


def test_a_path_that_can_never_be_written_leaves_the_state_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    state = AlertState(tmp_path / "file" / "alerts.json")
    with capture_logs() as logs:
        assert update(state, "drift/a").new == ("drift/a",)
        assert update(state, "drift/a").new == ()
    assert {line["event"] for line in logs} == {"alert state not readable"}


def test_a_file_that_cannot_be_read_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "alerts.json").mkdir()
    state = AlertState(tmp_path / "alerts.json")
    update(state, "drift/a")
    assert update(state, "drift/a").new == ()
    assert (tmp_path / "alerts.json").is_dir()


def test_a_process_that_does_not_let_go_is_named_in_the_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_module, "_LOCK_SECONDS", 0.05)
    with held(tmp_path / "alerts.json.lock", 0), pytest.raises(AlertStateError, match=r"holds alerts\.json\.lock"):
        AlertState(tmp_path / "alerts.json").update("drift", [DRIFT], [], NOON, DAY)


def test_an_error_in_a_report_changes_nothing(tmp_path: Path) -> None:
    state = AlertState(tmp_path / "alerts.json")
    update(state, "drift/a")
    before = (tmp_path / "alerts.json").read_bytes()
    with pytest.raises(ValueError, match="outside the scope"):
        update(state, "run/x")
    assert (tmp_path / "alerts.json").read_bytes() == before
