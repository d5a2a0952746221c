"""The YAML of SQL alerts, how they are evaluated, and each shipped one on and off."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.lake import BRONZE_TRACES, SEGY_CATALOGUE, TRACE_QUALITY, Lake
from seismic_assets.lake.monitoring_tables import MONITORING_HISTORY
from seismic_assets.monitoring.sql import SqlError
from seismic_assets.monitoring.sql_alerts import (
    SHIPPED_ALERTS,
    SqlAlert,
    SqlAlertResult,
    evaluate_alerts,
    load_alerts,
    shipped_and_own,
    tables_named,
)
from seismic_assets_tests.monitoring.test_sql import NOW, add_calls, add_predictions, add_rows, frame_of, tables_of

GOOD = "- {name: mine, severity: info, sentence: 'n is {n}', sql: SELECT 1 AS n}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "alerts.yaml"


def alert(sql: str, sentence: str = "it is on") -> SqlAlert:
    return SqlAlert(name="mine", severity="critical", sentence=sentence, sql=sql)


def result(sql: str, sentence: str = "it is on", tables: dict[str, Path] | None = None) -> SqlAlertResult:
    (found,) = evaluate_alerts([alert(sql, sentence)], tables or {}, NOW)
    return found


def test_an_alert_is_on_where_its_query_gives_rows() -> None:
    on = result("SELECT * FROM (VALUES (3, 'a'), (4, 'b')) AS t(n, word)", "{rows} rows, the first {n} and {word}")
    off = result("SELECT n FROM (VALUES (1)) AS t(n) WHERE n = 2", "n is {n}")

    assert on == SqlAlertResult("mine", "critical", "on", "2 rows, the first 3 and a", 2)
    assert off == SqlAlertResult("mine", "critical", "off")


def test_a_sentence_formats_numbers_and_times_and_says_nothing_of_null() -> None:
    sentence = "{share:.1%} of {n:,} at {now:%H:%M}, {gap:.2f} {{kept}}"

    assert result("SELECT 0.123 AS share, 12345 AS n, now, NULL AS gap FROM clock", sentence).sentence == (
        "12.3% of 12,345 at 12:00, nothing {kept}"
    )


def test_an_alert_whose_table_is_not_there_yet_is_not_applicable() -> None:
    found = result("SELECT * FROM monitoring_history")

    assert (found.status, found.sentence) == ("not applicable", "there is no table monitoring_history yet")


@pytest.mark.parametrize(
    ("table", "advice"), [("predctions", "write predictions"), ("nothing_like", "seismic sql --tables lists them")]
)
def test_an_alert_on_a_table_that_will_never_come_is_broken(table: str, advice: str) -> None:
    (found,) = evaluate_alerts([alert(f"SELECT * FROM {table}")], {}, NOW, to_come={"predictions", "feedback"})

    assert (found.status, found.sentence) == ("broken", f"no table is called {table}: {advice}")


@pytest.mark.parametrize(
    ("sql", "sentence", "said"),
    [
        ("SELECT n FROM (clock", "on", "the query is not understood"),
        ("SELECT 1 AS n", "{m} is off", "its sentence names the column m, and its query gives n"),
        ("SELECT 'word' AS n", "{n:.1%}", "cannot be filled in .*; correct the format after the colon"),
        ("SELECT CAST(w AS INT) AS n FROM (VALUES ('word')) AS t(w)", "on", "fails on the rows"),
        ("SELECT * FROM read_csv('/etc/passwd')", "on", "read_csv is not to be had"),
    ],
)
def test_a_broken_alert_says_why_and_the_others_are_evaluated(sql: str, sentence: str, said: str) -> None:
    broken, good = evaluate_alerts([alert(sql, sentence), alert("SELECT 1 AS n")], {}, NOW)

    assert broken.status == "broken"
    assert re.search(said, broken.sentence)
    assert good.status == "on"


def test_alerts_are_read_from_yaml(file: Path) -> None:
    file.write_text(GOOD)

    assert load_alerts(file) == (SqlAlert(name="mine", severity="info", sentence="n is {n}", sql="SELECT 1 AS n"),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name: mine", "is no list of alerts; begin each with '- name:'"),
        ("", "is no list of alerts"),
        ("- just words", "alert 1 is no mapping; give it name, severity, sentence and sql"),
        ("- [", "is no YAML"),
        (GOOD + "- {name: two, severity: info, sentence: s}", r"alert 2 \(two\): it has no sql; add it"),
        (GOOD.replace("info", "urgent"), r"alert 1 \(mine\): severity 'urgent' is not allowed: input should be 'info'"),
        (GOOD.replace("mine", "My Alert"), r"alert 1 \(My Alert\): name 'My Alert' is not allowed"),
        (GOOD.replace("sql:", "qsl:"), r"alert 1 \(mine\): (it has no sql|the key qsl is unknown)"),
        (GOOD.replace("severity: info", "severity: info, owner: me"), "the key owner is unknown; use name, severity"),
        (GOOD.replace("{n}", "{n"), "its braces do not match"),
        (GOOD.replace("{n}", "{n.__class__}"), r"\{n.__class__\} is no column"),
        (GOOD.replace("{n}", "{}"), r"\{\} is no column"),
        (GOOD.replace("{n}", "{n:{width}}"), r"\{n\} is no column"),
        (GOOD + GOOD, "two alerts are called mine; rename one"),
    ],
)
def test_a_mistake_in_the_yaml_is_one_sentence_with_file_and_alert(file: Path, text: str, sentence: str) -> None:
    file.write_text(text)

    with pytest.raises(SqlError, match=sentence) as raised:
        load_alerts(file)
    assert str(raised.value).startswith(str(file))
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_or_no_text_is_one_sentence(file: Path) -> None:
    with pytest.raises(SqlError, match=r"cannot be read \(No such file or directory\); check the path"):
        load_alerts(file)
    file.write_bytes(b"- \xff\xfe")
    with pytest.raises(SqlError, match="is no YAML"):
        load_alerts(file)


@given(st.text(max_size=80))
def test_any_sentence_is_refused_or_can_be_filled_in(sentence: str) -> None:
    try:
        accepted = alert("SELECT 1 AS n", sentence)
    except ValueError:
        return
    (found,) = evaluate_alerts([accepted], {}, NOW)
    assert found.status in ("on", "broken")


def test_an_alert_of_ones_own_replaces_the_shipped_one_of_its_name(file: Path) -> None:
    file.write_text(GOOD + GOOD.replace("mine", "dead_traces"))
    shipped = [each.name for each in load_alerts(SHIPPED_ALERTS)]

    alerts = {each.name: each for each in shipped_and_own(file)}

    assert [*alerts] == [*shipped, "mine"]
    assert alerts["dead_traces"].sql == "SELECT 1 AS n"
    assert [each.name for each in shipped_and_own(None)] == shipped


def shipped(name: str, root: Path, now: datetime = NOW) -> SqlAlertResult:
    (found,) = (
        each for each in evaluate_alerts(load_alerts(SHIPPED_ALERTS), tables_of(root), now) if each.name == name
    )
    return found


def test_without_tables_no_shipped_alert_is_on_or_broken() -> None:
    found = {each.name: each.status for each in evaluate_alerts(load_alerts(SHIPPED_ALERTS), {}, NOW)}

    assert set(found.values()) <= {"not applicable", "off"}
    assert found["drift_persists"] == "not applicable"


def test_quarantined_files_are_told_for_a_day(tmp_path: Path) -> None:
    judged = NOW.isoformat(timespec="seconds")
    entries = [
        {"file_id": "good.sgy", "relative": "good.sgy", "admitted": True, "judged_at": judged},
        {"file_id": "bad.sgy", "relative": "in/bad.sgy", "reason": "ends in the middle", "judged_at": judged},
    ]
    Lake(tmp_path / "lake").replace(SEGY_CATALOGUE, frame_of(SEGY_CATALOGUE, *entries))

    soon = shipped("files_quarantined", tmp_path, NOW + timedelta(hours=23))

    assert soon.sentence == "files quarantined within a day: 1, the last in/bad.sgy: it ends in the middle"
    assert shipped("files_quarantined", tmp_path, NOW + timedelta(hours=25)).status == "off"


def test_predictions_older_than_the_traces_are_told_after_an_hour(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    for file_id in ("renewed.sgy", "kept.sgy"):
        add_rows(lake, BRONZE_TRACES, {"file_id": file_id})
        add_predictions(lake, file_id, sand=2)
    later = datetime.now(UTC) + timedelta(hours=2)
    assert shipped("predictions_outdated", tmp_path, later).status == "off"

    add_rows(lake, BRONZE_TRACES, {"file_id": "renewed.sgy"})

    found = shipped("predictions_outdated", tmp_path, later)
    assert (found.status, found.rows) == ("on", 1)
    assert "older than their traces: 1, renewed.sgy among them" in found.sentence
    assert shipped("predictions_outdated", tmp_path, datetime.now(UTC)).status == "off"


def test_a_file_of_one_class_is_told(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    add_predictions(lake, "mixed.sgy", sand=970, shale=30)
    add_predictions(lake, "small.sgy", sand=500)
    assert shipped("one_class_predicted", tmp_path).status == "off"

    add_predictions(lake, "uniform.sgy", sand=10, shale=990)

    found = shipped("one_class_predicted", tmp_path)
    assert found.sentence.startswith("99.0% of the 1,000 predictions of uniform.sgy are shale; files like that: 1;")


def test_dead_traces_are_told(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    add_rows(lake, TRACE_QUALITY, {"file_id": "good.sgy", "status": "read", "traces": 100, "dead_traces": 5})
    add_rows(lake, TRACE_QUALITY, {"file_id": "failed.sgy", "status": "failed"})
    assert shipped("dead_traces", tmp_path).status == "off"

    add_rows(lake, TRACE_QUALITY, {"file_id": "poor.sgy", "status": "read", "traces": 100, "dead_traces": 6})

    assert shipped("dead_traces", tmp_path).sentence.startswith(
        "6.0% of the traces of poor.sgy are dead; files with more"
    )


@pytest.mark.parametrize(
    ("statuses", "ago", "status"),
    [
        ([200] * 18 + [500, 503], 0, "on"),
        ([200] * 19 + [500], 0, "off"),
        ([200] * 10 + [422] * 10, 0, "off"),
        ([500] * 19, 0, "off"),
        ([500] * 30, 61, "off"),
    ],
)
def test_failing_requests_are_told_within_the_hour(tmp_path: Path, statuses: list[int], ago: int, status: str) -> None:
    add_calls(tmp_path / "serving", statuses, NOW - timedelta(minutes=ago))

    found = shipped("requests_failing", tmp_path)

    assert found.status == status
    assert (status == "on") == ("2 of 20 requests within an hour failed" in found.sentence)


@pytest.mark.parametrize(
    ("severities", "status"),
    [
        (["none", "medium", "high", "medium"], "on"),
        (["high", "high", "high", "low"], "off"),
        (["high", "none", "high"], "off"),
        (["high", "high"], "off"),
    ],
)
def test_drift_that_persists_is_told(tmp_path: Path, severities: list[str], status: str) -> None:
    rows = [
        {"timestamp": NOW + timedelta(days=day), "file_id": "line.sgy", "model_version": "1", "severity": severity}
        for day, severity in enumerate(severities)
    ]
    Lake(tmp_path / "lake").replace(MONITORING_HISTORY, frame_of(MONITORING_HISTORY, *rows))

    found = shipped("drift_persists", tmp_path, NOW + timedelta(days=len(severities)))

    assert found.status == status
    assert (status == "on") == ("of line.sgy drift in 3 reports in a row, since 2026-05-05 12:00 UTC" in found.sentence)


def test_since_when_drift_persists_does_not_move_with_each_report(tmp_path: Path) -> None:
    rows = [
        {"timestamp": NOW + timedelta(days=day), "file_id": "served", "model_version": "1", "severity": "high"}
        for day in range(10)
    ]
    Lake(tmp_path / "lake").replace(MONITORING_HISTORY, frame_of(MONITORING_HISTORY, *rows))

    assert shipped("drift_persists", tmp_path, NOW + timedelta(days=10)).sentence == (
        f"the features of what was served drift in 10 reports in a row, since {NOW:%Y-%m-%d %H:%M} UTC; "
        "files or samples like that: 1"
    )


def test_drift_of_long_ago_or_of_a_file_that_is_gone_persists_no_longer(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    rows = [
        {"timestamp": NOW + timedelta(hours=hour), "file_id": file_id, "model_version": "1", "severity": severity}
        for file_id, severity in (("line.sgy", "high"), ("calm.sgy", "none"))
        for hour in range(3)
    ]
    lake.replace(MONITORING_HISTORY, frame_of(MONITORING_HISTORY, *rows))
    assert shipped("drift_persists", tmp_path, NOW + timedelta(days=6)).status == "on"
    assert shipped("drift_persists", tmp_path, NOW + timedelta(days=8)).status == "off"

    gone = [*rows, {**rows[-1], "timestamp": NOW + timedelta(hours=3)}]
    lake.replace(MONITORING_HISTORY, frame_of(MONITORING_HISTORY, *gone))

    assert shipped("drift_persists", tmp_path, NOW + timedelta(days=1)).status == "off"


def test_the_tables_that_a_query_names_are_told_by_its_words() -> None:
    tables = ["predictions", "bronze_traces", "clock"]

    assert tables_named(alert("SELECT * FROM Predictions CROSS JOIN clock"), tables) == {"predictions", "clock"}
    assert tables_named(alert("SELECT * FROM predictions_old"), tables) == frozenset()
