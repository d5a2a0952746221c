"""Two processes that find the same at once."""

import json
import subprocess
import sys
from collections import Counter
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from seismic_assets.alerts import Alert, Alerter, Group
from seismic_assets_tests.alerts.receivers import hook

REPORT = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from seismic_assets.alerts import Alert, Alerter

alerter = Alerter(Path(sys.argv[1]), [sys.argv[2]])
alerts = [Alert(f"drift/{number}", "warning", "Drift", "Look at it.") for number in range(5)]
print("ready", flush=True)
sys.stdin.readline()
print(json.dumps([asdict(alerter.report("drift", each)) for each in (alerts, alerts)]), flush=True)
sys.stdin.readline()
print(json.dumps(asdict(alerter.report("drift", []))), flush=True)
"""


def test_processes_that_report_the_same_at_once_say_it_once(tmp_path: Path) -> None:
    with hook() as server:
        command = [sys.executable, "-c", REPORT, str(tmp_path / "alerts.json"), server.url]
        processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
        ]
        assert [each.stdout.readline() for each in processes if each.stdout] == ["ready\n"] * 2
        began = [figures for each in _all_go(processes) for figures in each]
        ended = _all_go(processes)
        for each in processes:
            each.communicate()
        assert [each.returncode for each in processes] == [0, 0]
        assert sum(each["new"] for each in began) == sum(each["delivered"] for each in began) == 5
        assert sum(each["resolved"] for each in ended) == sum(each["delivered"] for each in ended) == 5
        said = sorted((post["key"], post["status"]) for post in server.posts)
    assert said == sorted((f"drift/{number}", status) for number in range(5) for status in ("firing", "resolved"))


def _all_go(processes: list["subprocess.Popen[str]"]) -> list:
    for each in processes:
        assert each.stdin
        each.stdin.write("go\n")
        each.stdin.flush()
    return [json.loads(each.stdout.readline()) for each in processes if each.stdout]


FILES, ROUNDS = 6, 3
GROUP = Group("run/bronze", "bronze could not be made", "files")


def fail_and_mend(state: Path, url: str, whose: str, start: Barrier) -> None:
    """What a daemon does whose files fail, and are made again, one by one; the other's files are not its business."""
    alerter = Alerter(state, [url], gather_minutes=1e-9)
    for _ in range(ROUNDS):
        start.wait(30)
        for number in range(FILES):
            alert = Alert(f"run/bronze/{whose}-{number}", "critical", "It failed", "See its log.", group=GROUP)
            alerter.event(alert)
        start.wait(30)
        for number in range(FILES):
            alerter.healthy(f"run/bronze/{whose}-{number}")


@pytest.mark.timeout(120)
def test_processes_with_files_of_one_group_lose_and_repeat_nothing_of_each_other(tmp_path: Path) -> None:
    spawn = get_context("spawn")
    start = spawn.Barrier(2)
    with hook() as server:
        arguments = (tmp_path / "alerts.json", server.url)
        processes = [spawn.Process(target=fail_and_mend, args=(*arguments, whose, start)) for whose in ("a", "b")]
        for each in processes:
            each.start()
        for each in processes:
            each.join()
        alerter = Alerter(tmp_path / "alerts.json", [server.url], gather_minutes=1e-9)
        left = alerter.say()
        told = Counter((key, post["status"]) for post in server.posts for key in post["keys"])

    assert [each.exitcode for each in processes] == [0, 0]
    assert (left.waiting, alerter.standing()) == (0, [])
    assert told == {
        (f"run/bronze/{whose}-{number}", status): ROUNDS
        for whose in ("a", "b")
        for number in range(FILES)
        for status in ("firing", "resolved")
    }
