from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.alerts.alert import Alert
from seismic_assets.alerts.message import Message
from seismic_assets.alerts.record import MOST_WAITING, Record
from seismic_assets_tests.alerts.building import DRIFT, NOON, an_alert

DAY = timedelta(days=1)


class Story:
    """A record with channels that take what they are told, while they are up."""

    def __init__(self, *channels: str) -> None:
        self.record = Record()
        self.channels = channels or ("a",)
        self.now = NOON
        self.heard: dict[str, list[Message]] = {channel: [] for channel in self.channels}

    def report(
        self, alerts: Iterable[Alert], up: Iterable[str] = ("a", "b"), scope: str = "drift", **later: Any
    ) -> Any:
        self.now += timedelta(**later) if later else timedelta(hours=1)
        changes = self.record.take_in(scope, alerts, self.channels, self.now, DAY)
        self.listen(up)
        return changes

    def listen(self, up: Iterable[str]) -> None:
        for each in list(self.record.outbox):
            if each.channel in up:
                self.heard[each.channel].append(each.message)
                self.record.mark_said(each.channel, each.message, self.now)

    def changes(self, channel: str = "a") -> list[str]:
        return [message.change for message in self.heard[channel]]


def test_an_alert_is_said_once_while_it_stays_on() -> None:
    story = Story()
    assert story.report([DRIFT]).new == ("drift/features",)
    assert story.report([DRIFT]).new == ()
    assert story.changes() == ["new"]
    assert story.record.on["drift/features"].seen == 2


def test_an_alert_that_is_no_longer_reported_is_over_with_its_duration() -> None:
    story = Story()
    story.report([DRIFT])
    assert story.report([], hours=3).over == ("drift/features",)
    assert story.heard["a"][-1].headline() == "Over after 3 h: Features have drifted"
    assert story.report([]).over == ()


def test_what_is_on_elsewhere_stays_on() -> None:
    story = Story()
    story.report([an_alert("run/nightly")], scope="run")
    story.report([DRIFT])
    story.report([], scope="drift")
    assert list(story.record.on) == ["run/nightly"]


def test_a_worse_alert_is_said_again_and_a_milder_one_is_not() -> None:
    story = Story()
    severities: list[Any] = ["warning", "critical", "warning", "critical", "info"]
    worse = [story.report([an_alert(severity=each)]).worse for each in severities]
    assert worse == [(), ("drift/features",), (), (), ()]
    assert story.changes() == ["new", "worse"]


def test_an_alert_that_stays_on_is_said_again_after_the_time_to_repeat() -> None:
    story = Story()
    story.report([DRIFT])
    assert story.report([DRIFT], hours=23).repeated == ()
    assert story.report([DRIFT], hours=1).repeated == ("drift/features",)
    assert story.report([DRIFT], hours=23).repeated == ()
    assert story.changes() == ["new", "repeated"]


def test_a_clock_that_was_far_ahead_once_does_not_silence_an_alert() -> None:
    story = Story()
    story.report([DRIFT], days=400)
    assert story.report([DRIFT], days=-400).repeated == ("drift/features",)


def test_an_alert_that_was_not_taken_is_not_marked_as_said() -> None:
    story = Story()
    story.report([DRIFT], up=())
    assert story.record.on["drift/features"].told == {}
    story.report([DRIFT], up=(), days=3)
    assert len(story.record.outbox) == 1
    story.report([DRIFT])
    assert story.changes() == ["new"]
    assert story.heard["a"][0].seen == 3


def test_a_waiting_message_says_the_worst_there_was_meanwhile() -> None:
    story = Story()
    severities: list[Any] = ["warning", "critical", "info"]
    for severity in severities:
        story.report([an_alert(severity=severity)], up=())
    story.listen("a")
    assert [message.headline() for message in story.heard["a"]] == ["Critical: Features have drifted"]


def test_what_began_and_ended_while_a_channel_was_down_is_told_in_order() -> None:
    story = Story()
    for alerts in ([DRIFT], [], [DRIFT], []):
        story.report(alerts, up=())
    story.listen("a")
    assert story.changes() == ["new", "resolved"] * 2


def test_a_channel_that_is_added_later_is_told_what_is_on() -> None:
    story = Story("a")
    story.report([DRIFT])
    story.channels, story.heard["b"] = ("a", "b"), []
    story.report([DRIFT])
    assert (story.changes("a"), story.changes("b")) == (["new"], ["new"])


def test_a_channel_that_never_heard_of_an_alert_does_not_hear_of_its_end() -> None:
    story = Story("a")
    story.report([DRIFT])
    story.channels, story.heard["b"] = ("a", "b"), []
    story.report([])
    assert story.changes("b") == []


def test_messages_of_a_channel_that_is_gone_are_forgotten_after_a_week() -> None:
    story = Story("a")
    story.report([DRIFT], up=())
    story.channels = ("b",)
    story.heard["b"] = []
    story.report([], up=(), days=6)
    assert "a" in {each.channel for each in story.record.outbox}
    story.report([], days=8)
    assert story.record.outbox == []


def test_no_more_than_so_many_messages_wait() -> None:
    story = Story()
    story.report([an_alert(f"drift/{number}") for number in range(MOST_WAITING)], up=())
    ended = story.report([], up=())
    assert ended.dropped == MOST_WAITING
    assert len(story.record.outbox) <= MOST_WAITING
    began = {each.message.period for each in story.record.outbox if each.message.firing}
    assert {each.message.period for each in story.record.outbox} == began


def test_of_too_many_messages_those_that_come_again_make_room() -> None:
    story = Story()
    story.report([DRIFT], up=())
    story.report([], up=())
    many = [an_alert(f"drift/{number}") for number in range(MOST_WAITING + 50)]
    assert story.report(many, up=()).dropped == 0
    assert [each.message.change for each in story.record.outbox[:2]] == ["new", "resolved"]
    story.listen("a")
    story.report(many)
    assert story.changes().count("new") == 1 + len(many)


@pytest.mark.parametrize("kept", [["drift/a"], []])
def test_a_record_reads_back_as_it_was_written(kept: list[str]) -> None:
    story = Story()
    story.report([an_alert("drift/a"), an_alert("drift/b")], up=())
    story.report([an_alert(key) for key in kept], up=())
    assert Record.model_validate_json(story.record.model_dump_json()) == story.record


STEPS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(["drift/a", "drift/b", "drift/b/c"]), st.sampled_from(["warning", "critical"])),
        st.sets(st.sampled_from(["a", "b"])),
        st.integers(-2, 60),
    ),
    max_size=15,
)


@settings(deadline=None)
@given(STEPS)
def test_each_channel_hears_of_every_period_once_whenever_it_was_down(steps: list[Any]) -> None:
    story, began, before = Story("a", "b"), Counter[str](), set[str]()
    for severities, up, hours in [*steps, ({}, {"a", "b"}, 1)]:
        story.report([an_alert(key, severity=each) for key, each in severities.items()], up=up, hours=hours)
        began.update(severities.keys() - before)
        before = set(severities)
    assert story.record == Record()
    for heard in story.heard.values():
        assert Counter(each.alert.key for each in heard if each.change == "new") == began
        assert Counter(each.alert.key for each in heard if each.change == "resolved") == began
        assert len({each.id for each in heard}) == len(heard)
        for key in began:
            told = [each for each in heard if each.alert.key == key]
            assert [each.period for each in told] == _in_blocks(told)
            assert all(told[at - 1].change == "resolved" for at in range(1, len(told)) if told[at].change == "new")


def _in_blocks(told: list[Message]) -> list[str]:
    """The periods of messages, with those of each period next to each other."""
    periods = [each.period for each in told]
    return [period for first in dict.fromkeys(periods) for period in [first] * periods.count(first)]
