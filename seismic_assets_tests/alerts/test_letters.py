from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.alerts import Alert, Group, key_of
from seismic_assets.alerts.letters import Letter, letters_of
from seismic_assets.alerts.message import Change, Message
from seismic_assets.alerts.record import Waiting
from seismic_assets_tests.alerts.building import NOON, Clock, an_alert, an_alerter, once
from seismic_assets_tests.alerts.receivers import Hook, hook
from seismic_assets_tests.ports import free_port

FILES = Group("drift/features", "Feature drift", "files")


def of_files(*names: str, **changes: Any) -> list[Alert]:
    return [an_alert(f"{FILES.key}/{name}", group=FILES, **{"sentence": f"{name} drifts", **changes}) for name in names]


def survey(count: int) -> list[str]:
    return [f"{number:02d}.sgy" for number in range(count)]


def heard(server: Hook) -> list[tuple[str, list[str]]]:
    """The change that each message told, and the files."""
    return [(post["change"], [key.rsplit("/", 1)[1] for key in post["keys"]]) for post in server.posts]


def test_a_whole_survey_that_drifts_at_once_is_one_message_with_the_count_and_the_worst(tmp_path: Path) -> None:
    alerts = of_files(*survey(39)) + of_files("bad.sgy", severity="critical")
    with hook() as server:
        figures = an_alerter(tmp_path, server.url).report("drift", alerts)
        (post,) = server.posts
    assert (figures.new, figures.delivered, figures.waiting) == (40, 1, 0)
    assert (post["key"], post["severity"], post["title"]) == (FILES.key, "critical", "Feature drift: 40 files")
    assert post["sentence"] == (
        "bad.sgy, 00.sgy, 01.sgy and 37 more: bad.sgy drifts. 00.sgy drifts. 01.sgy drifts."
    )  # the severest, then the first that were reported
    assert sorted(post["keys"]) == sorted(each.key for each in alerts)


def test_one_of_a_group_is_told_as_itself(tmp_path: Path) -> None:
    with hook() as server:
        an_alerter(tmp_path, server.url).report("drift", of_files("north.sgy"))
        key = f"{FILES.key}/north.sgy"
        assert (server.posts[0]["key"], server.posts[0]["keys"]) == (key, [key])
        assert server.posts[0]["sentence"] == "north.sgy drifts"


def test_one_more_is_told_while_the_others_stand_and_the_recovered_are_one_message(tmp_path: Path) -> None:
    clock = Clock()
    with hook() as server:
        alerter = an_alerter(tmp_path, server.url, clock=clock)
        for names in (["a.sgy", "b.sgy"], ["a.sgy", "b.sgy", "c.sgy"], ["c.sgy"]):
            alerter.report("drift", of_files(*names))
            clock.forward(hours=1)
        assert heard(server) == [("new", ["a.sgy", "b.sgy"]), ("new", ["c.sgy"]), ("resolved", ["a.sgy", "b.sgy"])]
        assert server.posts[-1]["title"] == "Feature drift: 2 files"
    assert [each.alert.key for each in alerter.standing()] == [f"{FILES.key}/c.sgy"]


def test_what_follows_one_by_one_is_gathered_and_then_said_without_a_report(tmp_path: Path) -> None:
    clock = Clock()
    with hook() as server:
        alerter = an_alerter(tmp_path, server.url, clock=clock)
        for alert in of_files("a.sgy", "b.sgy", "c.sgy", "d.sgy"):
            alerter.event(alert)
            clock.forward(minutes=1)
        assert heard(server) == [("new", ["a.sgy"])]
        assert alerter.say().delivered == 0
        clock.forward(minutes=1)
        assert (alerter.say().delivered, alerter.say().waiting) == (1, 0)
        assert heard(server)[1:] == [("new", ["b.sgy", "c.sgy", "d.sgy"])]


def test_an_end_does_not_wait_for_what_began_just_now(tmp_path: Path) -> None:
    with hook() as server:
        alerter = an_alerter(tmp_path, server.url)
        for names in (["a.sgy"], ["a.sgy", "b.sgy"], ["b.sgy"]):
            alerter.report("drift", of_files(*names))
        assert heard(server) == [("new", ["a.sgy"]), ("resolved", ["a.sgy"])]


def test_an_end_waits_for_its_own_beginning_that_is_gathered(tmp_path: Path) -> None:
    clock = Clock()
    with hook() as server:
        alerter = an_alerter(tmp_path, server.url, clock=clock)
        for names in (["a.sgy"], ["a.sgy", "b.sgy"], ["a.sgy"]):
            alerter.report("drift", of_files(*names))
        assert heard(server) == [("new", ["a.sgy"])]
        clock.forward(minutes=5)
        alerter.say()
        assert heard(server)[1:] == [("new", ["b.sgy"]), ("resolved", ["b.sgy"])]


def test_those_of_a_group_that_stay_on_are_repeated_together(tmp_path: Path) -> None:
    clock = Clock()
    with hook() as server:
        alerter = an_alerter(tmp_path, server.url, clock=clock, repeat_hours=24)
        alerter.report("drift", of_files("a.sgy"))
        clock.forward(hours=10)
        alerter.report("drift", of_files("a.sgy", "b.sgy"))
        for _ in range(3):
            clock.forward(hours=14)
            alerter.report("drift", of_files("a.sgy", "b.sgy"))
        assert heard(server)[2:] == [("repeated", ["a.sgy", "b.sgy"])] * 2


def test_a_webhook_that_was_down_hears_one_message_of_many(tmp_path: Path) -> None:
    port = free_port()
    alerter = once(tmp_path, f"http://127.0.0.1:{port}/hook")
    assert alerter.report("drift", of_files("a.sgy", "b.sgy")).waiting == 1
    alerter.report("drift", of_files("a.sgy", "b.sgy", "c.sgy"))
    with hook(port=port) as server:
        assert alerter.say().delivered == 1
        assert heard(server) == [("new", ["a.sgy", "b.sgy", "c.sgy"])]


def test_many_at_once_with_a_scope_each_are_one_message_too(tmp_path: Path) -> None:
    with hook() as server:
        alerter = an_alerter(tmp_path, server.url)
        alerts = of_files("a.sgy", "b.sgy")
        alerter.report_all([(each.key, [each]) for each in alerts])
        figures = alerter.report_all([*((each.key, []) for each in alerts), ("run/x", [an_alert("run/x")])])
        assert (figures.resolved, figures.new) == (2, 1)
        assert heard(server) == [("new", ["a.sgy", "b.sgy"]), ("resolved", ["a.sgy", "b.sgy"]), ("new", ["x"])]


def test_the_same_letter_handed_over_again_has_the_same_id() -> None:
    waiting = [_waiting(alert, "new") for alert in of_files("a.sgy", "b.sgy")]
    (first,), (again,) = letters_of(waiting), letters_of(waiting)
    assert first.message.id == again.message.id
    assert first.message.id not in [each.message.id for each in waiting]


def test_what_all_have_in_common_is_beside_the_message() -> None:
    alerts = [an_alert(f"{FILES.key}/{name}", group=FILES, details={"report": "1", "file": name}) for name in "ab"]
    (letter,) = letters_of([_waiting(each, "new") for each in alerts])
    assert letter.message.alert.details == {"report": "1"}


def _waiting(alert: Alert, change: Change, channel: str = "a") -> Waiting:
    ended = NOON + timedelta(hours=1) if change == "resolved" else None
    message = Message(
        period=alert.key, change=change, alert=alert, started_at=NOON, said_at=NOON, ended_at=ended, seen=1
    )
    return Waiting(channel=channel, message=message)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["new", "resolved", "worse"]), st.sampled_from(["1", "2"]))
    )
)
def test_each_channel_gets_every_part_once_and_those_of_a_key_in_their_order(steps: Sequence[Any]) -> None:
    waiting = [_waiting(of_files(name)[0], change, channel) for name, change, channel in steps]
    letters = letters_of(waiting)
    for channel in ("1", "2"):
        for name in "abc":
            key = f"{FILES.key}/{name}"
            parts = [each for letter in _of(letters, channel) for each in letter.parts if each.alert.key == key]
            assert parts == [
                each.message for each in waiting if each.channel == channel and each.message.alert.key == key
            ]
    assert all(len({part.change for part in letter.parts}) == 1 for letter in letters)


def _of(letters: Sequence[Letter], channel: str) -> list[Letter]:
    return [each for each in letters if each.channel == channel]


@given(st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=3))
def test_any_names_make_a_key(names: list[str]) -> None:
    alert = an_alert(key_of("run", *names))
    assert alert.key.startswith("run")


def test_names_that_a_key_cannot_hold_stay_apart() -> None:
    keys = {key_of("run", "a", name) for name in ("x\n", "x\t", "x ", "x", "y" * 600, "y" * 601)}
    assert len(keys) == 6
    assert key_of("run", "a", "x y.sgy") == "run/a/x y.sgy"
