"""Rows in a terminal of 80 columns, and where there is no terminal."""

from datetime import UTC, datetime

import pytest

from seismic_assets.cli.rows import print_rows

LONG = "north_sea/2019/line_0123_final_migrated_stack.sgy"
COLUMNS = {"file_id": "file", "when": "when", "dead": "dead", "NaN": "NaN", "scale": "amplitude scale", "why": "reason"}
ROWS = [
    {
        "file_id": LONG,
        "when": datetime(2025, 1, 31, 8, 14, tzinfo=UTC),
        "dead": 4,
        "NaN": 0,
        "scale": 1440.2,
        "why": "",
    },
    {"file_id": "a.sgy", "when": None, "dead": 0, "NaN": 0, "scale": None, "why": "the header says 96 samples. " * 3},
]


def printed(capsys: pytest.CaptureFixture[str], rows: list[dict[str, object]]) -> str:
    print_rows(COLUMNS, rows, optional=("dead", "NaN", "why"), sentences=("why",))
    return capsys.readouterr().out


@pytest.mark.parametrize("width", ["40", "80", "120"])
def test_names_times_and_numbers_stay_whole(width, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", width)

    (line,) = [line for line in printed(capsys, ROWS).splitlines() if "line_0123" in line]

    assert line.split()[:4] == [LONG, "2025-01-31", "08:14", "4"]


def test_rows_keep_within_the_terminal_where_they_can(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")

    lines = printed(capsys, [{**ROWS[1], "dead": 2}]).splitlines()

    assert max(map(len, lines)) <= 80


def test_what_is_zero_in_every_row_is_left_out_and_said_to_be(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")

    table, _, said = printed(capsys, ROWS[:1]).rpartition("Zero in every row")

    assert "NaN" not in table
    assert "reason" not in table
    assert said == ", so not shown: NaN.\n"


def test_without_a_terminal_there_is_room_for_a_whole_row(monkeypatch, capsys):
    monkeypatch.delenv("COLUMNS", raising=False)

    assert [
        line
        for line in printed(capsys, ROWS).splitlines()
        if line.startswith("a.sgy") and ROWS[1]["why"].strip() in line
    ]
