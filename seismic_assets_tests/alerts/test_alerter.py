import logging
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from seismic_assets.alerts import Alerter, AlertSettingError, AlertState, Delivered
from seismic_assets_tests.alerts.building import DRIFT, NOON, Clock, an_alert, an_alerter, once
from seismic_assets_tests.alerts.receivers import Hook, endless_head, hook, mail_server
from seismic_assets_tests.ports import free_port


def told(server: Hook) -> list[tuple[str, str]]:
    return [(post["key"], post["change"]) for post in server.posts]


def test_an_alert_is_told_once_and_again_when_it_is_over(tmp_path: Path) -> None:
    with hook() as server:
        alerter = an_alerter(tmp_path, server.url)
        figures = [alerter.report("drift", alerts) for alerts in ([DRIFT], [DRIFT], [], [])]
        assert told(server) == [("drift/features", "new"), ("drift/features", "resolved")]
    quiet = Delivered(new=0, worse=0, repeated=0, resolved=0, delivered=0, failed=0, waiting=0)
    assert figures[1] == figures[3] == quiet
    assert figures[0] == Delivered(new=1, worse=0, repeated=0, resolved=0, delivered=1, failed=0, waiting=0)
    assert figures[2] == Delivered(new=0, worse=0, repeated=0, resolved=1, delivered=1, failed=0, waiting=0)


def test_a_recovery_says_how_long_it_lasted(tmp_path: Path) -> None:
    clock = Clock()
    with hook() as server:
        alerter = an_alerter(tmp_path, server.url, clock=clock)
        alerter.report("drift", [DRIFT])
        clock.forward(hours=2, minutes=5)
        alerter.report("drift", [])
        assert server.posts[-1]["text"].startswith("Over after 2 h 5 min: Features have drifted\n")
        assert server.posts[-1]["ended_at"] == "2026-03-01T14:05:00+00:00"


def test_an_alert_that_stays_on_is_repeated(tmp_path: Path) -> None:
    clock = Clock()
    with hook() as server:
        alerter = an_alerter(tmp_path, server.url, clock=clock, repeat_hours=6)
        alerter.report("drift", [DRIFT])
        clock.forward(hours=5)
        assert alerter.report("drift", [DRIFT]).repeated == 0
        clock.forward(hours=1)
        assert alerter.report("drift", [DRIFT]).repeated == 1
        assert [change for _, change in told(server)] == ["new", "repeated"]


def test_a_failed_run_is_over_when_a_later_one_is_healthy(tmp_path: Path) -> None:
    with hook() as server:
        alerter = an_alerter(tmp_path, server.url)
        alerter.event(an_alert("run/nightly"))
        alerter.event(an_alert("run/nightly"))
        alerter.event(an_alert("run/nightly2"))
        assert alerter.healthy("run/nightly").resolved == 1
        assert told(server) == [("run/nightly", "new"), ("run/nightly2", "new"), ("run/nightly", "resolved")]
        assert [each.alert.key for each in alerter.standing()] == ["run/nightly2"]


def test_a_webhook_that_recovers_within_the_budget_hears_it_in_the_same_report(tmp_path: Path) -> None:
    with hook(500, 500) as server:
        figures = an_alerter(tmp_path, server.url).report("drift", [DRIFT])
        assert (figures.delivered, figures.failed, figures.waiting) == (1, 0, 0)
        assert server.tries == 3
        assert len(server.posts) == 1


def test_a_webhook_that_is_down_loses_nothing(tmp_path: Path) -> None:
    port = free_port()
    alerter = once(tmp_path, f"http://127.0.0.1:{port}/hook")
    with capture_logs() as logs:
        figures = alerter.report("drift", [DRIFT, an_alert("drift/predictions")])
    assert (figures.new, figures.delivered, figures.failed, figures.waiting) == (2, 0, 1, 2)
    assert [(line["event"], line["cause"]) for line in logs] == [("alerts not delivered", "it cannot be reached")]
    assert alerter.report("drift", [DRIFT]).waiting == 3
    with hook(port=port) as server:
        assert alerter.report("checks", []).delivered == 3
        assert told(server) == [
            ("drift/features", "new"),
            ("drift/predictions", "new"),
            ("drift/predictions", "resolved"),
        ]


def test_what_a_process_could_not_say_before_it_was_killed_another_one_says(tmp_path: Path) -> None:
    with hook() as server:
        alerter = an_alerter(tmp_path, server.url)
        (channel,) = alerter._channels
        killed = AlertState(tmp_path / "alerts.json")
        killed.update("drift", [DRIFT], [channel], NOON, alerter._repeat)
        assert alerter.report("run", []).delivered == 1
        assert alerter.report("drift", [DRIFT]).delivered == 0
        assert told(server) == [("drift/features", "new")]


def test_a_webhook_that_hangs_ends_with_the_budget_and_delays_no_other(tmp_path: Path) -> None:
    with hook() as hanging, hook() as well:
        hanging.going.clear()
        figures = an_alerter(tmp_path, hanging.url, well.url, budget_seconds=2).report("drift", [DRIFT])
        assert (figures.delivered, figures.waiting) == (1, 1)
        assert (told(hanging), told(well)) == ([], [("drift/features", "new")])


def test_an_answer_that_never_ends_ends_with_the_budget(tmp_path: Path) -> None:
    with endless_head() as url, capture_logs() as logs:
        figures = an_alerter(tmp_path, url, budget_seconds=0.3).report("drift", [DRIFT])
    assert (figures.delivered, figures.waiting) == (0, 1)
    assert [line["event"] for line in logs] == ["alerts not delivered"]


def test_a_message_that_is_refused_does_not_hold_the_next_up(tmp_path: Path) -> None:
    with hook(400) as server, capture_logs() as logs:
        alerter = an_alerter(tmp_path, server.url)
        figures = alerter.report("drift", [DRIFT, an_alert("drift/predictions")])
        assert (figures.delivered, figures.failed, figures.waiting) == (1, 1, 1)
        assert told(server) == [("drift/predictions", "new")]
        assert server.tries == 2
    assert [(line["cause"], line["failed"]) for line in logs] == [("it answered 400", 1)]


def test_nobody_hears_of_an_end_before_the_beginning(tmp_path: Path) -> None:
    with hook(400, 400) as server:
        alerter = an_alerter(tmp_path, server.url)
        alerter.report("drift", [DRIFT])
        assert alerter.report("drift", []).waiting == 2
        assert alerter.report("drift", []).delivered == 2
        assert [change for _, change in told(server)] == ["new", "resolved"]


def test_a_channel_that_is_down_does_not_make_another_hear_twice(tmp_path: Path) -> None:
    port = free_port()
    with hook() as well:
        alerter = once(tmp_path, f"http://127.0.0.1:{port}/hook", well.url)
        alerter.report("drift", [DRIFT])
        with hook(port=port) as back:
            alerter.report("drift", [DRIFT])
            assert told(back) == told(well) == [("drift/features", "new")]


def test_mail_and_webhook_hear_the_same(tmp_path: Path) -> None:
    port = free_port()
    mail = f"mailto://127.0.0.1:{port}?from=seismic@example.org&to=operator@example.org&mode=insecure"
    with mail_server(port) as mails, hook() as server:
        figures = an_alerter(tmp_path, mail, server.url).report("drift", [DRIFT])
        assert figures.delivered == 2
        assert [each["Subject"] for each in mails] == ["Warning: Features have drifted"]
        assert told(server) == [("drift/features", "new")]


def test_a_mail_server_that_is_down_hears_it_later(tmp_path: Path) -> None:
    port = free_port()
    mail = f"mailto://127.0.0.1:{port}?from=seismic@example.org&to=operator@example.org&mode=insecure"
    assert once(tmp_path, mail).report("drift", [DRIFT]).waiting == 1
    with mail_server(port) as mails:
        assert once(tmp_path, mail).report("drift", [DRIFT]).delivered == 1
        assert [each["Subject"] for each in mails] == ["Warning: Features have drifted"]


def test_without_addresses_what_is_on_is_kept(tmp_path: Path) -> None:
    alerter = an_alerter(tmp_path)
    assert alerter.report("drift", [DRIFT]).new == 1
    assert [each.alert.key for each in alerter.standing()] == ["drift/features"]
    assert alerter.report("drift", []) == Delivered(0, 0, 0, 1, 0, 0, 0)


def test_alerts_are_said_though_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with hook() as server:
        alerter = an_alerter(tmp_path / "file", server.url)
        for alerts in ([DRIFT], [DRIFT], []):
            alerter.report("drift", alerts)
        assert [change for _, change in told(server)] == ["new", "resolved"]


def test_no_secret_of_an_address_is_logged_or_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "T0KEN7c0ffee"
    with hook(500, 404, 200, 500, 404, 200) as server, capture_logs() as logs:
        urls = [f"{server.url}/{secret}", f"{server.url.replace('http:', 'json:')}/{secret}?rto=5"]
        down = [
            f"http://user:{secret}@127.0.0.1:{free_port()}/",
            f"mailto://u:{secret}@127.0.0.1:{free_port()}?from=a@b.cd&to=a@b.cd",
        ]
        for _ in range(2):
            once(tmp_path, *urls, *down).report("drift", [DRIFT])
    files = "".join(path.read_text() for path in tmp_path.iterdir())
    assert any(line["event"] == "alerts not delivered" for line in logs)
    assert secret not in caplog.text + str(logs) + files


def test_an_address_of_an_unknown_kind_is_refused_when_the_alerter_is_made(tmp_path: Path) -> None:
    with pytest.raises(AlertSettingError, match=r"SEISMIC_ALERT_URLS: address 1 \(slak://…\)"):
        an_alerter(tmp_path, "slak://token")


@pytest.mark.parametrize(
    ("name", "value"), [("repeat_hours", 0), ("budget_seconds", -1), ("budget_seconds", float("nan"))]
)
def test_a_time_that_is_none_is_refused(tmp_path: Path, name: str, value: float) -> None:
    with pytest.raises(AlertSettingError, match=f"SEISMIC_ALERT_{name.upper()} is"):
        Alerter(tmp_path / "alerts.json", [], **{name: value})  # type: ignore[arg-type]


STEPS = st.lists(st.tuples(st.sets(st.sampled_from(["drift/a", "drift/b"])), st.booleans()), max_size=6)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, story=st.uuids())
def test_each_period_is_told_once_and_ended_once_whenever_the_webhook_is_down(
    tmp_path: Path, steps: list[Any], story: object
) -> None:
    began, before = Counter[str](), set[str]()
    with hook() as server:
        alerter = once(tmp_path / str(story), server.url)
        for keys, down in [*steps, (set(), False)]:
            server.down = down
            alerter.report("drift", [an_alert(key) for key in sorted(keys)])
            began.update(keys - before)
            before = keys
        assert Counter(key for key, change in told(server) if change == "new") == began
        assert Counter(key for key, change in told(server) if change == "resolved") == began
        assert len(server.posts) == 2 * began.total()
