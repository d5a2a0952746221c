import sqlite3

import optuna
import pytest

from seismic_assets.training import TrainingError
from seismic_assets.training.studies import opened_study

MADE_WITH = {"search space": "a", "training data": "b"}


def assert_refused(storage, said):
    with pytest.raises(TrainingError, match=said), opened_study(storage, "study", MADE_WITH):
        pass


def test_a_study_is_there_again_under_its_name(tmp_path):
    storage = f"sqlite:///{tmp_path / 'tuning.db'}"
    for trials in (1, 2):
        with opened_study(storage, "study", MADE_WITH) as study:
            study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
            assert len(study.trials) == trials
    with opened_study(storage, "another", MADE_WITH) as study:
        assert study.trials == []


def test_what_a_study_was_made_with_is_named_where_it_differs(tmp_path):
    storage = f"sqlite:///{tmp_path / 'tuning.db'}"
    with opened_study(storage, "study", {**MADE_WITH, "training data": "other"}):
        pass
    assert_refused(
        storage, "the study 'study' was made with another training data; choose another study name or delete"
    )


def test_a_study_made_by_another_program_is_refused(tmp_path):
    storage = f"sqlite:///{tmp_path / 'tuning.db'}"
    optuna.create_study(storage=storage, study_name="study").optimize(lambda trial: trial.suggest_float("x", 0, 1), 1)
    assert_refused(storage, "the study 'study' was made with another search space and another training data")


def test_a_folder_that_is_not_there_is_told(tmp_path):
    assert_refused(
        f"sqlite:///{tmp_path}/none/a.db", r"storage of the study, sqlite:.*/none/a\.db, cannot be used \(unable"
    )


def test_a_file_that_is_no_database_is_told(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("horizons of the north block\n" * 100)
    assert_refused(f"sqlite:///{path}", r"cannot be used \(file is not a database\); name a place that can be written")


def test_the_database_of_another_program_is_told(tmp_path):
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        other.execute("INSERT INTO alembic_version VALUES ('abc')")
    other.close()
    assert_refused(f"sqlite:///{tmp_path / 'other.db'}", "or a database made by this program")


def test_an_address_that_is_no_url_is_told():
    assert_refused("tuning.db", "the storage of the study, 'tuning.db', cannot be used")


def test_a_password_is_not_told():
    with pytest.raises(TrainingError) as told, opened_study("nodatabase://me:secret@host/x", "study", MADE_WITH):
        pass
    assert "secret" not in str(told.value)
    assert "me:***@host" in str(told.value)


def test_optuna_is_silent_within_and_as_before_without(tmp_path):
    before = optuna.logging.get_verbosity()
    with opened_study(f"sqlite:///{tmp_path / 'tuning.db'}", "study", MADE_WITH):
        assert optuna.logging.get_verbosity() == optuna.logging.CRITICAL
    assert optuna.logging.get_verbosity() == before
