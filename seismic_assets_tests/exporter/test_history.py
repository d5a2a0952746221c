"""Opening Dagster's history to read it."""

import sqlite3
from importlib.resources import files
from pathlib import Path

import pytest

from seismic_assets.exporter.errors import NothingYetError, SourceError
from seismic_assets.exporter.history import History
from seismic_assets.exporter.parts import Look, Part, PartsCollector
from seismic_assets_tests.exporter.building import prepare, run, values
from seismic_assets_tests.postgres import postgres


def count_runs(history: History) -> int:
    with history.reading() as instance:
        return instance.get_runs_count()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return prepare(tmp_path / "home")


def test_a_home_that_is_not_there_is_no_fault_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(NothingYetError, match="is no home of Dagster yet"):
        count_runs(History(tmp_path / "home"))
    assert list(tmp_path.iterdir()) == []


def test_a_home_in_which_nothing_ran_is_no_fault_and_stays_as_it_is(home: Path) -> None:
    with pytest.raises(NothingYetError, match="has no history yet"):
        count_runs(History(home))
    assert [path.name for path in home.iterdir()] == ["dagster.yaml"]


def test_a_history_that_begins_later_is_seen(tmp_path: Path, ran: Path) -> None:
    history = History(tmp_path / "home")
    with pytest.raises(NothingYetError):
        count_runs(history)
    ran.rename(tmp_path / "home")
    assert count_runs(history) == 1
    run(tmp_path / "home", "catalogue")
    assert count_runs(history) == 2


@pytest.mark.parametrize("missing", ["history/runs.db", "history/runs/index.db"])
def test_half_a_history_is_said_and_not_made_anew(ran: Path, missing: str) -> None:
    (ran / missing).unlink()
    with pytest.raises(SourceError, match=rf"{missing} is missing"):
        count_runs(History(ran))
    assert not (ran / missing).exists()


def test_a_damaged_database_is_said_and_read_again_when_it_is_restored(ran: Path) -> None:
    database = ran / "history" / "runs.db"
    whole = database.read_bytes()
    history = History(ran)
    database.write_bytes(b"no database" * 1000)
    for leftover in database.parent.glob("runs.db-*"):
        leftover.unlink()
    with pytest.raises(SourceError, match=r"cannot be read .*not a database"):
        count_runs(history)
    database.write_bytes(whole)
    assert count_runs(history) == 1


def test_a_database_without_its_tables_is_said(ran: Path) -> None:
    history = History(ran)
    assert count_runs(history) == 1
    with sqlite3.connect(ran / "history" / "runs.db") as database:
        database.execute("DROP TABLE runs")
    with pytest.raises(SourceError, match="no such table: runs"):
        count_runs(history)


@pytest.mark.parametrize(("text", "said"), [("a: [", "is no YAML"), ("just text", "holds no settings")])
def test_a_damaged_configuration_is_said(home: Path, text: str, said: str) -> None:
    (home / "dagster.yaml").write_text(text)
    with pytest.raises(SourceError, match=said):
        count_runs(History(home))


def test_a_configuration_that_dagster_refuses_is_said(ran: Path) -> None:
    (ran / "dagster.yaml").write_text("telemetry:\n  unheard_of: 3\n")
    with pytest.raises(SourceError, match="cannot be read"):
        count_runs(History(ran))


def test_a_storage_whose_package_is_not_installed_is_said(home: Path) -> None:
    (home / "dagster.yaml").write_text("storage:\n  custom: {module: nowhere_at_all, class: X, config: {}}\n")
    with pytest.raises(SourceError, match="nowhere_at_all"):
        count_runs(History(home))


@pytest.mark.slow
def test_a_postgresql_that_went_away_is_a_sentence_and_a_part_that_is_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dagster tries for some ten seconds, then raises what is of its driver alone."""
    home = prepare(tmp_path / "home")
    shipped = files("seismic_assets").joinpath("dagster_postgres.yaml").read_text()
    (home / "dagster.yaml").write_text((home / "dagster.yaml").read_text() + shipped)
    history = History(home)
    with postgres() as address:
        monkeypatch.setenv("SEISMIC_DAGSTER_DATABASE", address)
        assert count_runs(history) == 0
    shown = values(PartsCollector([Part("runs", lambda: Look((), [str(count_runs(history))]))]).collect())
    assert shown["seismic_pipeline_up{part=runs}"] == 0
    assert shown["seismic_pipeline_scrape_errors_total{part=runs}"] == 1
    for _ in range(2):  # opened before it went, and not yet opened
        with pytest.raises(SourceError, match=r"cannot be read \(.*refused.*\); see that its PostgreSQL runs") as told:
            count_runs(history)
        assert address.split(":")[2].split("@")[0] not in str(told.value)
