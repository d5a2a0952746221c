"""Two processes that find the same at once."""

import json
import subprocess
import sys
from pathlib import Path

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
