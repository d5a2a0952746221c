from datetime import timedelta
from typing import Any

import pytest

from seismic_assets.alerts.message import Change, Message, spoken
from seismic_assets_tests.alerts.building import NOON, an_alert


def said(change: Change, **alert: Any) -> Message:
    later = NOON + timedelta(hours=2, minutes=5)
    ended = later if change == "resolved" else None
    return Message(
        period="p", change=change, alert=an_alert(**alert), started_at=NOON, said_at=later, ended_at=ended, seen=3
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (-5, "0 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (7500, "2 h 5 min"),
        (86_400, "1 d"),
        (90_000, "1 d 1 h"),
        (86_401, "1 d"),
    ],
)
def test_durations_are_said_in_their_two_largest_units(seconds: float, text: str) -> None:
    assert spoken(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("change", "headline"),
    [
        ("new", "Warning: Features have drifted"),
        ("worse", "Now warning: Features have drifted"),
        ("repeated", "Still warning after 2 h 5 min: Features have drifted"),
        ("resolved", "Over after 2 h 5 min: Features have drifted"),
    ],
)
def test_the_headline_says_what_changed(change: Change, headline: str) -> None:
    assert said(change).headline() == headline


def test_the_body_says_since_when_what_and_where_to_look() -> None:
    assert said("new").body().splitlines() == [
        "Since 2026-03-01 12:00 UTC, seen 3 times.",
        "6 of 40 features of north.sgy have drifted; look at the report of drift",
        "file: north.sgy",
        "https://dagster.example.org/runs/1",
    ]


def test_a_recovery_says_from_when_to_when() -> None:
    first, second, *_ = said("resolved").body().splitlines()
    assert first == "From 2026-03-01 12:00 UTC to 2026-03-01 14:05 UTC."
    assert second.startswith("It was: 6 of 40 features")


def test_the_payload_has_the_documented_shape() -> None:
    message = said("resolved")
    payload = message.payload()
    assert payload.pop("text").startswith("Over after 2 h 5 min: Features have drifted\nFrom 2026")
    assert payload == {
        "version": 1,
        "id": message.id,
        "key": "drift/features",
        "keys": ["drift/features"],
        "status": "resolved",
        "change": "resolved",
        "severity": "warning",
        "title": "Features have drifted",
        "sentence": "6 of 40 features of north.sgy have drifted; look at the report of drift",
        "details": {"file": "north.sgy"},
        "link": "https://dagster.example.org/runs/1",
        "started_at": "2026-03-01T12:00:00+00:00",
        "ended_at": "2026-03-01T14:05:00+00:00",
        "times_seen": 3,
    }


def test_a_name_cannot_call_everybody_in_a_chat() -> None:
    payload = said("new", sentence="<!channel> & p < 0.05").payload()
    assert "&lt;!channel&gt; &amp; p &lt; 0.05" in payload["text"]
    assert payload["sentence"] == "<!channel> & p < 0.05"
