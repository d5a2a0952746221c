"""Show an alert on its way, with everything real: `python -m deploy.try_alerts`, from the repository's root.

A service and an exporter are started, Prometheus scrapes them by the shipped rules, Alertmanager routes by the shipped
routes, and a webhook gets the message when drift is high, when it is over, and when the service is gone. Needs Debian's
packages `prometheus` and `prometheus-alertmanager`.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import typer

from deploy.alert_stack import Stack, missing_programs, running, wait_until

_FEATURES = 40


def story(stack: Stack, say: Callable[[str], None]) -> None:
    """Drift, its end, and the end of the service, each seen at the webhook.

    Raises:
        TimeoutError: a message did not arrive.
    """
    say(f"scraped: {', '.join(f'{job} {health}' for job, health in sorted(stack.targets().items()))}")
    write_report(stack.root, drifted=2, severity="low")
    _expect_quiet(stack, "SeismicDrift")
    say("a report with 2 of 40 features drifted: no message")

    before = len(stack.messages)
    write_report(stack.root, drifted=18, severity="high")
    _await(stack, say, "SeismicDrift", "firing", before)
    if stack.got("SeismicDrift", "firing", severity="warning"):
        raise RuntimeError("the warning of the same thing was not silenced")

    write_report(stack.root, drifted=1, severity="low")
    _await(stack, say, "SeismicDrift", "resolved", before)

    before = len(stack.messages)
    stack.stop("api")
    _await(stack, say, "SeismicServiceDown", "firing", before)


def write_report(root: Path, drifted: int, severity: str) -> None:
    """A monitoring report with so many of 40 features drifted, put in the place of the latest."""
    report = {
        "timestamp": datetime.now(UTC).isoformat(),
        "summary": f"{drifted} of {_FEATURES} features drifted",
        "feature_drift": {
            "features_tested": _FEATURES,
            "features_drifted": drifted,
            "drift_ratio": drifted / _FEATURES,
            "severity": severity,
        },
        "performance": {"accuracy": 0.9, "f1_weighted": 0.9},
    }
    path = root / "reports" / "monitoring" / "latest.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(report))
    temporary.replace(path)


def _await(stack: Stack, say: Callable[[str], None], name: str, status: str, since: int) -> None:
    began = time.monotonic()
    wait_until(lambda: stack.got(name, status, since=since), f"{name} {status}", lambda: stack.messages)
    found = stack.got(name, status, since=since)
    if found is not None:
        took = time.monotonic() - began
        say(
            f"after {took:.1f} s the webhook got: {found.status} {found.name} ({found.severity}, receiver "
            f"{found.receiver}): {found.summary}"
        )


def _expect_quiet(stack: Stack, name: str) -> None:
    """Until Prometheus has read the report and evaluated the rules on it; no message may have come of it."""
    query = "/api/v1/query?query=count_over_time(seismic:drift_score:max[1m])"

    def evaluated() -> bool:
        result = stack.asked("prometheus", query)["data"]["result"]
        return bool(result) and int(result[0]["value"][1]) >= 3

    wait_until(evaluated, "three evaluations of a report")
    if any(each.name == name for each in stack.messages):
        raise RuntimeError(f"{name} came of a healthy report: {stack.messages}")


def main() -> None:
    """Run it in a temporary folder."""
    missing = missing_programs()
    if missing:
        typer.echo(f"not installed: {', '.join(missing)}; apt-get install prometheus prometheus-alertmanager", err=True)
        sys.exit(2)
    with tempfile.TemporaryDirectory(prefix="seismic-alerts-") as folder, running(Path(folder)) as stack:
        story(stack, typer.echo)


if __name__ == "__main__":
    main()
