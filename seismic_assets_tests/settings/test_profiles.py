"""What the environments set, and what goes before it."""

import pytest

from seismic_assets.settings import Settings, SettingsError, load_settings
from seismic_assets.settings.profiles import ENVIRONMENTS, PROFILES


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_what_a_profile_sets_is_in_force_however_the_environment_is_named(env, monkeypatch):
    monkeypatch.setenv("ENVIRONMENT", {"dev": "development", "staging": "staging", "prod": "production"}[env])
    settings = load_settings()

    assert settings.env == env
    assert {name: getattr(settings, name) for name in PROFILES[env]} == PROFILES[env]


def test_profiles_name_settings_and_allowed_values_only():
    for values in PROFILES.values():
        assert set(values) <= set(Settings.model_fields)
        load_settings(**values)


@pytest.mark.parametrize("variable", ["SEISMIC_LOG_LEVEL", "LOG_LEVEL"])
def test_a_variable_goes_before_the_profile(variable, monkeypatch):
    monkeypatch.setenv(variable, "ERROR")

    assert load_settings(env="prod").log_level == "ERROR"


def test_what_is_given_goes_before_the_profile():
    assert load_settings(env="prod", api_workers=1).api_workers == 1


def test_a_profile_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("SEISMIC_ENV", "qa")

    with pytest.raises(SettingsError, match="SEISMIC_ENV='qa' is not allowed"):
        load_settings()


@pytest.mark.parametrize("name", ["seismic_api_key", "SEISMIC_API_KEY"])
def test_a_secret_may_lie_in_a_file_and_goes_below_its_variable(name, tmp_path, monkeypatch):
    (tmp_path / name).write_text("from-a-file-0123456\n")
    monkeypatch.setenv("SEISMIC_SECRETS_DIR", str(tmp_path))

    assert load_settings().api_key.get_secret_value() == "from-a-file-0123456"

    monkeypatch.setenv("SEISMIC_API_KEY", "from-a-variable-0123")
    assert load_settings().api_key.get_secret_value() == "from-a-variable-0123"


def test_a_folder_of_secrets_that_is_none_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("SEISMIC_SECRETS_DIR", str(tmp_path / "none"))

    with pytest.raises(SettingsError, match=r"SEISMIC_SECRETS_DIR=.*none is not a folder; name one with a file"):
        load_settings()
