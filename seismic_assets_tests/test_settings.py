from pathlib import Path

import pytest

from seismic_assets.attributes import WindowGrid
from seismic_assets.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_defaults_are_those_of_the_documentation(tmp_path):
    settings = load_settings()
    assert (settings.env, settings.window, settings.seed) == ("dev", WindowGrid(64, 32), 42)
    assert settings.classes == ("normal", "anomaly", "boundary")
    assert (settings.landing_dir, settings.storage_root) == (tmp_path / "landing", tmp_path / "storage")
    assert (settings.lake_dir, settings.dagster_dir) == (tmp_path / "storage/lake", tmp_path / "storage/dagster")
    assert settings.mlflow_uri == f"sqlite:///{tmp_path}/storage/mlflow/mlflow.db"


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("SEISMIC_ENV", "test", "'dev', 'staging' or 'prod'"),
        ("ENVIRONMENT", "test", "'dev', 'staging' or 'prod'"),
        ("SEISMIC_WINDOW_SAMPLES", "7", "greater than or equal to 8"),
        ("SEISMIC_WINDOW_SAMPLES", "many", "a valid integer"),
        ("SEISMIC_WINDOW_STEP", "0", "greater than or equal to 1"),
        ("SEISMIC_WINDOW_STEP", "3.5", "a valid integer"),
        ("SEISMIC_CLASSES", "sand", "at least two different names"),
        ("SEISMIC_CLASSES", "sand,sand", "at least two different names"),
        ("SEISMIC_CLASSES", "sand,", "letters, digits, _ and -"),
        ("SEISMIC_CLASSES", "sand,a b", "letters, digits, _ and -"),
        ("SEISMIC_SAMPLE_INTERVAL_US", "0", "greater than or equal to 1"),
        ("SEISMIC_EMBEDDING_COMPONENTS", "0", "greater than or equal to 1"),
        ("SEISMIC_EMBEDDING_COMPONENTS", "513", "less than or equal to 512"),
        ("SEISMIC_LABEL_COVER", "0", "greater than 0"),
        ("SEISMIC_LABEL_COVER", "1.1", "less than or equal to 1"),
        ("SEISMIC_LABEL_COVER", "nan", "less than or equal to 1"),
        ("SEISMIC_SPLIT_BLOCK", "1", "greater than or equal to 4"),
        ("SEISMIC_SPLIT_BUFFER", "-1", "greater than or equal to 0"),
        ("SEISMIC_MIN_CLASS_WINDOWS", "0", "greater than or equal to 1"),
        ("SEISMIC_MAX_TRAINING_WINDOWS", "99", "greater than or equal to 100"),
        ("SEISMIC_SEED", "-1", "greater than or equal to 0"),
        ("SEISMIC_SAMPLE_TRACES", "0", "greater than or equal to 1"),
        ("SEISMIC_SAMPLE_FILES", "0", "greater than or equal to 1"),
        ("SEISMIC_SENSOR_INTERVAL_S", "0", "greater than or equal to 1"),
        ("SEISMIC_SENSOR_NEW_FILES", "0", "greater than or equal to 1"),
        ("SEISMIC_SETTLE_SECONDS", "-1", "greater than or equal to 0"),
        ("SEISMIC_SETTLE_SECONDS", "inf", "a finite number"),
        ("SEISMIC_LOG_LEVEL", "LOUD", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("LOG_LEVEL", "LOUD", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("SEISMIC_API_PORT", "0", "greater than or equal to 1"),
        ("SEISMIC_API_PORT", "65536", "less than or equal to 65535"),
    ],
)
def test_a_wrong_value_is_refused_with_its_variable_and_what_is_allowed(monkeypatch, variable, value, allowed):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    sentence = str(refused.value)
    assert sentence.startswith(f"{variable}='{value}' is not allowed: ")
    assert allowed in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


def test_every_wrong_value_has_its_sentence(monkeypatch):
    monkeypatch.setenv("SEISMIC_SEED", "-1")
    monkeypatch.setenv("SEISMIC_API_PORT", "0")
    with pytest.raises(SettingsError, match=r"SEISMIC_SEED='-1' is not allowed: .*\. SEISMIC_API_PORT='0' is not"):
        load_settings()


def test_a_wrong_override_is_refused_like_a_variable():
    with pytest.raises(SettingsError, match="SEISMIC_WINDOW_SAMPLES=3 is not allowed"):
        load_settings(window_samples=3)


@pytest.mark.parametrize(("name", "profile"), [("development", "dev"), ("staging", "staging"), ("production", "prod")])
def test_the_profile_may_be_named_in_full_by_environment(monkeypatch, name, profile):
    monkeypatch.setenv("ENVIRONMENT", name)
    assert load_settings().env == profile


@pytest.mark.parametrize(
    ("alias", "own", "field"),
    [
        ("ENVIRONMENT", "SEISMIC_ENV", "env"),
        ("MLFLOW_TRACKING_URI", "SEISMIC_MLFLOW_TRACKING_URI", "mlflow_tracking_uri"),
        ("MLFLOW_EXPERIMENT_NAME", "SEISMIC_MLFLOW_EXPERIMENT", "mlflow_experiment"),
        ("LOG_LEVEL", "SEISMIC_LOG_LEVEL", "log_level"),
    ],
)
def test_an_alias_counts_below_the_project_s_own_variable_and_below_an_override(monkeypatch, alias, own, field):
    first, second, third = {"env": ("dev", "staging", "prod"), "log_level": ("DEBUG", "INFO", "ERROR")}.get(
        field, ("http://one", "http://two", "http://three")
    )
    monkeypatch.setenv(alias, first)
    assert getattr(load_settings(), field) == first
    monkeypatch.setenv(own, second)
    assert getattr(load_settings(), field) == second
    assert getattr(load_settings(**{field: third}), field) == third


def test_the_tracking_server_replaces_the_local_store(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow:5000")
    assert load_settings().mlflow_uri == "http://mlflow:5000"


def test_the_log_level_follows_the_profile_unless_it_is_given_in_any_case(monkeypatch):
    assert [load_settings(env=env).level for env in ("dev", "staging", "prod")] == ["DEBUG", "INFO", "WARNING"]
    monkeypatch.setenv("LOG_LEVEL", "error")
    assert load_settings().level == "ERROR"


@pytest.mark.parametrize("value", ["none", "None", "NONE"])
def test_no_window_is_the_whole_trace(monkeypatch, value):
    monkeypatch.setenv("SEISMIC_WINDOW_SAMPLES", value)
    settings = load_settings()
    assert settings.window_samples is None
    assert settings.window.starts(462).tolist() == [0]


def test_classes_are_separated_by_commas_and_spaces_around_them_do_not_count(monkeypatch):
    monkeypatch.setenv("SEISMIC_CLASSES", "sand , Shale-2,salt_3")
    assert load_settings().classes == ("sand", "Shale-2", "salt_3")


def test_an_empty_variable_is_no_value(monkeypatch):
    for variable in ("SEISMIC_SEED", "SEISMIC_WINDOW_SAMPLES", "LOG_LEVEL", "SEISMIC_CLASSES"):
        monkeypatch.setenv(variable, "")
    assert load_settings() == load_settings(seed=42)


def test_an_override_of_none_leaves_the_variable_in_force(monkeypatch):
    monkeypatch.setenv("SEISMIC_SEED", "7")
    assert load_settings(seed=None).seed == 7
    assert load_settings(seed=8).seed == 8


@pytest.mark.parametrize("below", ["", "storage", "a/b"])
def test_a_storage_root_in_the_landing_folder_is_refused(tmp_path, monkeypatch, below):
    monkeypatch.setenv("SEISMIC_LANDING_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SEISMIC_STORAGE_ROOT", str(tmp_path / "data" / below))
    with pytest.raises(SettingsError, match=r"SEISMIC_STORAGE_ROOT .* must not lie in SEISMIC_LANDING_DIR"):
        load_settings()


def test_a_storage_root_that_a_link_leads_into_the_landing_folder_is_refused(tmp_path):
    (tmp_path / "landing" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "landing" / "inner")
    with pytest.raises(SettingsError, match="must not lie in SEISMIC_LANDING_DIR"):
        load_settings(storage_root=tmp_path / "link")


def test_a_landing_folder_beside_or_within_the_storage_root_is_fine(tmp_path):
    assert load_settings(landing_dir=tmp_path / "a", storage_root=tmp_path / "ab").storage_root == tmp_path / "ab"
    assert load_settings(landing_dir=tmp_path / "a" / "in", storage_root=tmp_path / "a")


def test_paths_are_absolute_and_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SEISMIC_LANDING_DIR", "~/data/../in")
    assert load_settings().landing_dir == tmp_path / "in"
    assert load_settings(storage_root=Path("out")).storage_root == tmp_path / "out"


def test_settings_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        load_settings().seed = 1


@pytest.mark.parametrize("byte", [189, 191, 196])
def test_header_fields_that_share_bytes_are_refused_by_name(byte):
    with pytest.raises(SettingsError, match=r"SEISMIC_CROSSLINE_BYTE=193 and SEISMIC_INLINE_BYTE=\d+ share bytes"):
        load_settings(inline_byte=byte) if byte != 189 else load_settings(inline_byte=193)
