"""Whence settings are, and what is shown of them."""

import pytest

from seismic_assets.settings import load_settings
from seismic_assets.settings.origins import differences, settings_in_force, unknown_secret_files, unknown_variables
from seismic_assets.settings.profiles import ENVIRONMENTS


def told(**given):
    rows = settings_in_force(load_settings(**given), frozenset(given))
    return {row.name: (row.value, row.kind, row.origin) for row in rows}


def test_each_setting_says_what_set_it(tmp_path, monkeypatch):
    (tmp_path / "seismic_online_redis_password").write_text("hush")
    monkeypatch.setenv("SEISMIC_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("LOG_LEVEL", "error")

    rows = told(env="prod")

    assert rows["env"] == ("prod", "given", "")
    assert rows["log_level"] == ("ERROR", "variable", "LOG_LEVEL")
    assert rows["api_workers"] == (2, "profile", "prod")
    assert rows["seed"] == (42, "default", "")
    assert rows["online_redis_password"] == ("***", "secret file", str(tmp_path / "seismic_online_redis_password"))


def test_an_empty_variable_sets_nothing(monkeypatch):
    monkeypatch.setenv("SEISMIC_SEED", "")

    assert told()["seed"] == (42, "default", "")


@pytest.mark.parametrize(
    ("variable", "value", "hidden"),
    [
        ("SEISMIC_API_KEY", "hush-hush-hush-hush", "hush"),
        ("MLFLOW_TRACKING_URI", "postgresql://mlflow:hush@db/mlflow", "hush"),
        ("SEISMIC_TUNING_STORAGE", "postgresql://optuna:hu:sh@db/optuna", "sh@"),
        ("SEISMIC_ALERT_URLS", "json://hush@example.org", "hush"),
    ],
)
def test_no_secret_is_shown(variable, value, hidden, monkeypatch):
    monkeypatch.setenv(variable, value)

    assert hidden not in str(told())


def test_what_is_no_setting_is_told_with_what_was_meant(monkeypatch):
    monkeypatch.setenv("SEISMIC_STORAG_ROOT", "/srv")
    monkeypatch.setenv("SEISMIC_XYZZY", "1")
    monkeypatch.setenv("SEISMIC_SECRETS_DIR", "/run/secrets")
    unknown = unknown_variables()

    assert unknown["SEISMIC_STORAG_ROOT"] == "SEISMIC_STORAGE_ROOT"
    assert unknown["SEISMIC_XYZZY"] == ""
    assert "SEISMIC_SECRETS_DIR" not in unknown


def test_the_profiles_are_compared_where_they_differ_only():
    compared = differences()

    assert compared["log_level"] == {"dev": "DEBUG", "staging": "INFO", "prod": "WARNING"}
    assert all(len({str(values[env]) for env in ENVIRONMENTS}) > 1 for values in compared.values())


def test_a_secret_file_that_is_no_setting_is_told_with_what_was_meant(tmp_path, monkeypatch):
    for name in ("seismic_s3_secret_key", "SEISMIC_XYZZY", "seismic_api_key", "API_KEY", "other_password"):
        (tmp_path / name).write_text("hush")
    (tmp_path / "seismic_folder").mkdir()
    monkeypatch.setenv("SEISMIC_SECRETS_DIR", str(tmp_path))

    assert unknown_secret_files() == {
        str(tmp_path / "seismic_s3_secret_key"): "SEISMIC_S3_SECRET_ACCESS_KEY",
        str(tmp_path / "SEISMIC_XYZZY"): "",
    }


def test_without_a_folder_of_secrets_no_file_is_told():
    assert unknown_secret_files() == {}
