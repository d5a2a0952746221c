"""The audit trail: whole lines by several processes, on a full disk, from one day to the next."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from seismic_assets.serving import audit
from seismic_assets.serving.audit import AuditTrail
from seismic_assets_tests.small_disk import fill

WRITE = """
import sys
from pathlib import Path
from seismic_assets.serving.audit import AuditTrail

trail = AuditTrail(Path(sys.argv[1]), 30)
for number in range(500):
    trail.write([{"process": int(sys.argv[2]), "number": number, "padding": "x" * (number % 97)}])
trail.close()
assert trail.lost == 0
"""


class Days:
    """The day as the audit trail sees it."""

    def __init__(self) -> None:
        self.today = datetime(2025, 3, 1, 23, 59, tzinfo=UTC)

    def now(self, zone: object) -> datetime:
        return self.today


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> Days:
    days = Days()
    monkeypatch.setattr(audit, "datetime", days)
    return days


def lines_of(folder: Path) -> list[dict]:
    return [json.loads(line) for path in sorted(folder.glob("audit-*.jsonl")) for line in path.read_text().splitlines()]


def test_several_processes_write_whole_lines_to_one_file(tmp_path: Path) -> None:
    started = [subprocess.Popen([sys.executable, "-c", WRITE, str(tmp_path), str(number)]) for number in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]

    lines = lines_of(tmp_path)
    for process in range(3):
        assert [line["number"] for line in lines if line["process"] == process] == list(range(500))
    assert len(list(tmp_path.iterdir())) == 1


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    AuditTrail(tmp_path, 30).write([{"a": 1}])

    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


def test_each_day_has_a_file_of_its_own(tmp_path: Path, days: Days) -> None:
    trail = AuditTrail(tmp_path, 30)
    trail.write([{"day": 1}])
    days.today += timedelta(minutes=2)
    trail.write([{"day": 2}])
    trail.write([{"day": 2}])

    assert sorted(path.name for path in tmp_path.iterdir()) == ["audit-2025-03-01.jsonl", "audit-2025-03-02.jsonl"]
    assert [line["day"] for line in lines_of(tmp_path)] == [1, 2, 2]


def test_days_beyond_the_retention_go_and_nothing_else_does(tmp_path: Path, days: Days) -> None:
    for name in ("audit-2025-02-18.jsonl", "audit-2025-02-19.jsonl", "audit-2025-02-28.jsonl", "notes.jsonl"):
        (tmp_path / name).write_text("{}\n")

    AuditTrail(tmp_path, 10).write([{"day": 1}])

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "audit-2025-02-19.jsonl",
        "audit-2025-02-28.jsonl",
        "audit-2025-03-01.jsonl",
        "notes.jsonl",
    ]


def test_a_day_has_a_largest_size(tmp_path: Path) -> None:
    trail = AuditTrail(tmp_path, 30, largest_day=100)
    with capture_logs() as logs:
        for number in range(20):
            trail.write([{"number": number}])

    written = lines_of(tmp_path)
    assert [line["number"] for line in written] == list(range(len(written)))
    assert 0 < len(written) < 20 and trail.lost == 20 - len(written)
    assert len(logs) == 1 and "as large as it may become" in logs[0]["reason"]


def test_on_a_full_disk_lines_are_counted_as_lost_and_said_once(small_disk: Path) -> None:
    trail = AuditTrail(small_disk, 30)
    trail.write([{"number": 0}])
    filling = fill(small_disk)
    with capture_logs() as logs:
        for number in range(1, 1001):
            trail.write([{"number": number, "padding": "x" * 100}])
        lost = trail.lost
        filling.unlink()
        trail.write([{"number": 1001}])

    assert lost > 500 and trail.lost == lost
    assert [line["event"] for line in logs] == ["the audit trail cannot be written"]
    (path,) = small_disk.glob("audit-*.jsonl")
    whole = [line for line in path.read_text().split("\n") if line.endswith("}")]
    assert len(whole) == 1002 - lost
    assert json.loads(whole[-1])["number"] == 1001


def test_of_many_lines_those_that_had_room_are_kept_and_the_others_counted(small_disk: Path) -> None:
    trail = AuditTrail(small_disk, 30)
    trail.write([{"number": 0}])
    filling = fill(small_disk)
    with filling.open("r+b") as file:
        file.truncate(filling.stat().st_size - 4096)
    trail.write([{"number": number, "padding": "x" * 100} for number in range(1, 101)])
    lost = trail.lost
    filling.unlink()
    trail.write([{"number": 101}, {"number": 102}])

    assert 10 < lost < 90 and trail.lost == lost
    (path,) = small_disk.glob("audit-*.jsonl")
    whole = [json.loads(line)["number"] for line in path.read_text().split("\n") if line.endswith("}")]
    assert whole == [*range(101 - lost), 101, 102]


def test_a_folder_that_cannot_be_made_ends_nothing_and_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "serving").write_text("a file where the folder should be")
    trail = AuditTrail(tmp_path / "serving" / "audit", 30)
    with capture_logs() as logs:
        trail.write([{"number": 1}])
        trail.write([{"number": 2}])
        (tmp_path / "serving").unlink()
        trail.write([{"number": 3}])

    assert trail.lost == 2 and len(logs) == 1
    assert [line["number"] for line in lines_of(tmp_path / "serving" / "audit")] == [3]
