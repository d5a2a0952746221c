"""When the SQL alerts are asked again."""

from datetime import timedelta
from pathlib import Path

import pytest

from seismic_assets.defs.monitoring.sql_alerts import SqlWatch
from seismic_assets.lake import RETRAINING_DECISIONS, SEGY_CATALOGUE, Lake
from seismic_assets.monitoring import sql_alerts
from seismic_assets.settings import Settings
from seismic_assets_tests.defs.monitoring.building import NOW, settings_in
from seismic_assets_tests.monitoring.test_sql import frame_of

OWN = """
- {name: asked, severity: warning, sentence: 'asked {rows} times', sql: select * from retraining_decisions}
- {name: files, severity: info, sentence: '{rows} files', sql: select * from segy_catalogue}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    own = tmp_path / "own.yaml"
    own.write_text(OWN)
    settings = settings_in(tmp_path / "place").model_copy(update={"sql_alerts": own})
    decide(settings, 1)
    Lake(settings.lake_dir).replace(SEGY_CATALOGUE, frame_of(SEGY_CATALOGUE, {"file_id": "a.sgy", "admitted": True}))
    return settings


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Queries that were really asked."""
    queries: list[str] = []
    ask = sql_alerts.ask

    def spied(sql: str, *args, **kwargs):
        queries.append(sql)
        return ask(sql, *args, **kwargs)

    monkeypatch.setattr(sql_alerts, "ask", spied)
    return queries


def decide(settings: Settings, count: int) -> None:
    rows = [{"decided_at": NOW, "retrain": False, "reason": str(number)} for number in range(count)]
    Lake(settings.lake_dir).replace(RETRAINING_DECISIONS, frame_of(RETRAINING_DECISIONS, *rows))


def test_while_no_table_changes_nothing_is_asked(settings: Settings, asked: list[str]) -> None:
    watch = SqlWatch(settings)

    first = watch.look(NOW)
    asked.clear()

    assert [each.sentence for each in first or ()] == ["asked 1 times", "1 files"]
    assert watch.look(NOW + timedelta(minutes=4)) is None
    assert asked == []


def test_a_change_of_a_table_asks_those_that_name_it_and_the_others_stand(settings: Settings, asked: list[str]) -> None:
    watch = SqlWatch(settings)
    watch.look(NOW)
    asked.clear()
    decide(settings, 3)

    found = watch.look(NOW + timedelta(seconds=30))

    assert asked == ["select * from retraining_decisions"]
    assert [each.sentence for each in found or ()] == ["asked 3 times", "1 files"]


def test_after_some_minutes_all_are_asked_as_time_has_passed_too(settings: Settings, asked: list[str]) -> None:
    watch = SqlWatch(settings)
    watch.look(NOW)
    every = len(asked)
    asked.clear()

    assert watch.look(NOW + timedelta(minutes=5)) is not None
    assert len(asked) == every


def test_an_alert_that_is_written_anew_is_asked_at_once_and_one_that_is_gone_is_off(
    settings: Settings, asked: list[str]
) -> None:
    watch = SqlWatch(settings)
    watch.look(NOW)
    asked.clear()
    assert settings.sql_alerts is not None
    settings.sql_alerts.write_text(OWN.splitlines()[1].replace("asked {rows}", "{rows}") + "\n")

    found = watch.look(NOW + timedelta(seconds=30))

    assert [each.sentence for each in found or ()] == ["1 times"]
    assert asked == ["select * from retraining_decisions"]
    settings.sql_alerts.write_text("[]")
    assert watch.look(NOW + timedelta(seconds=60)) == []


def test_a_table_that_comes_is_asked_at_once(settings: Settings) -> None:
    watch = SqlWatch(settings)
    assert settings.sql_alerts is not None
    settings.sql_alerts.write_text("- {name: late, severity: info, sentence: 'it came', sql: select * from feedback}")
    watch.look(NOW)

    Lake(settings.serving_dir).replace(
        RETRAINING_DECISIONS, frame_of(RETRAINING_DECISIONS, {"decided_at": NOW, "retrain": False})
    )
    (settings.serving_dir / RETRAINING_DECISIONS.name).rename(settings.serving_dir / "feedback")

    assert [each.key for each in watch.look(NOW + timedelta(seconds=30)) or ()] == ["sql/late"]
