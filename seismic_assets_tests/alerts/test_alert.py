from typing import Any

import pytest

from seismic_assets.alerts.alert import Alert, one_per_key, scope_of, tidied, within
from seismic_assets.alerts.errors import AlertError
from seismic_assets_tests.alerts.building import an_alert


@pytest.mark.parametrize("key", ["", " ", "/", "/drift", "drift/", "drift\n", "x" * 501])
def test_a_key_that_is_no_path_is_refused(key: str) -> None:
    with pytest.raises(AlertError, match="key is a path such as drift/features"):
        an_alert(key)


def test_an_unknown_severity_is_refused() -> None:
    severity: Any = "fatal"
    with pytest.raises(AlertError, match="'fatal'; use one of info, warning, critical"):
        Alert("a", severity, "Title", "Sentence")


def test_an_alert_needs_a_title() -> None:
    with pytest.raises(AlertError, match="no title"):
        an_alert(title=" ")


def test_texts_become_single_lines_that_any_channel_can_carry() -> None:
    tidy = tidied(an_alert(title="Bad\r\nBcc: all@example.org", sentence="odd \udcff name\x00", details={"a": "b\nc"}))
    assert tidy.title == "Bad Bcc: all@example.org"
    assert tidy.sentence == "odd name"
    assert tidy.details == {"a": "b c"}


def test_long_texts_are_cut() -> None:
    tidy = tidied(an_alert(sentence="x" * 5000, details={str(number): "y" * 900 for number in range(50)}))
    assert len(tidy.sentence) == 2000
    assert tidy.sentence.endswith("…")
    assert len(tidy.details) == 20
    assert len(tidy.details["0"]) == 500


def test_a_scope_is_a_path_and_what_is_beneath_it() -> None:
    assert within("drift", "drift")
    assert within("drift/features", "drift")
    assert not within("drifting/features", "drift")
    assert not within("drift", "drift/features")


def test_a_scope_of_everything_is_refused() -> None:
    with pytest.raises(AlertError, match="scope of a report is empty"):
        scope_of(" / ")


def test_an_alert_outside_the_scope_is_refused() -> None:
    with pytest.raises(AlertError, match="run/nightly lies outside the scope drift"):
        one_per_key("drift", [an_alert("run/nightly")])


def test_of_several_alerts_with_one_key_the_worst_counts() -> None:
    severities: list[Any] = ["warning", "critical", "info"]
    found = one_per_key("drift", [an_alert(severity=each) for each in severities])
    assert [alert.severity for alert in found.values()] == ["critical"]
