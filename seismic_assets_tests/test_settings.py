import subprocess
import sys
from pathlib import Path

import pytest

from seismic_assets.attributes import CLASSIC, FeatureSet, WindowGrid
from seismic_assets.settings import Settings, SettingsError, load_settings
from seismic_assets.training import MODEL_FAMILIES


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


def test_an_address_of_alerts_that_cannot_be_used_is_refused_at_the_start_without_what_is_secret(monkeypatch):
    monkeypatch.setenv("SEISMIC_ALERT_URLS", "https://example.org/hook foo://user:hush@host")
    with pytest.raises(
        SettingsError, match=r"^SEISMIC_ALERT_URLS: address 2 \(foo://…\) is of a kind that is not known"
    ) as told:
        load_settings()
    assert "hush" not in str(told.value)


@pytest.mark.parametrize("line", ["bad", "* * *", "61 * * * *"])
def test_a_cron_line_that_cannot_be_used_is_refused_in_a_sentence(monkeypatch, line):
    from seismic_assets.defs.build import build_definitions

    monkeypatch.setenv("SEISMIC_MONITORING_CRON", line)
    with pytest.raises(SettingsError, match=r"^SEISMIC_MONITORING_CRON='.*' is no cron line: give minute, hour"):
        build_definitions(load_settings())


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("SEISMIC_ENV", "test", "'dev', 'staging' or 'prod'"),
        ("ENVIRONMENT", "test", "'dev', 'staging' or 'prod'"),
        ("SEISMIC_WINDOW_SAMPLES", "7", "greater than or equal to 8"),
        ("SEISMIC_WINDOW_SAMPLES", "many", "a valid integer"),
        ("SEISMIC_WINDOW_STEP", "0", "greater than or equal to 1"),
        ("SEISMIC_WINDOW_STEP", "3.5", "a valid integer"),
        ("SEISMIC_FEATURE_GENERATIONS", "0", "greater than or equal to 1"),
        ("SEISMIC_ONLINE_FILES", "a,,b", "patterns of file ids"),
        ("SEISMIC_TRAINING_SOURCE", "feast", "'lake' or 'store'"),
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
        ("SEISMIC_FEATURE_SET", "deluxe", "'classic', 'extended' or 'lateral'"),
        ("SEISMIC_TIME_FEATURE", "perhaps", "a valid boolean"),
        ("SEISMIC_EMBEDDING", "umap", "'pca', 'mlp_autoencoder' or 'samples'"),
        ("SEISMIC_MODEL_FAMILIES", "oracle", "choose, each once, from "),
        ("SEISMIC_MODEL_FAMILIES", "random_forest,oracle", "choose, each once, from "),
        ("SEISMIC_MODEL_FAMILIES", "random_forest,random_forest", "choose, each once, from "),
        ("SEISMIC_MODEL_FAMILIES", "random_forest,", "choose, each once, from "),
        ("SEISMIC_MODEL_FAMILIES", ",", "choose, each once, from "),
        ("SEISMIC_TUNING_TRIALS", "-1", "greater than or equal to 0"),
        ("SEISMIC_TUNING_MINUTES", "0", "greater than 0"),
        ("SEISMIC_TUNING_MINUTES", "inf", "a finite number"),
        ("SEISMIC_TUNING_PATIENCE", "0", "greater than or equal to 1"),
        ("SEISMIC_TUNING_WINDOWS", "99", "greater than or equal to 100"),
        ("SEISMIC_CLASS_FLOOR", "-0.1", "greater than or equal to 0"),
        ("SEISMIC_CLASS_FLOOR", "1.1", "less than or equal to 1"),
        ("SEISMIC_CALIBRATION_MARGIN", "-0.1", "greater than or equal to 0"),
        ("SEISMIC_CALIBRATION_MARGIN", "1.1", "less than or equal to 1"),
        ("SEISMIC_MIN_SCORE_DIFFERENCE", "-1.1", "greater than or equal to -1"),
        ("SEISMIC_MIN_SCORE_DIFFERENCE", "1.1", "less than or equal to 1"),
        ("SEISMIC_LATENCY_BUDGET_MS", "0", "greater than 0"),
        ("SEISMIC_LATENCY_BUDGET_MS", "inf", "a finite number"),
        ("SEISMIC_MODEL_POLL_SECONDS", "-1", "greater than or equal to 0"),
        ("SEISMIC_MODEL_POLL_SECONDS", "inf", "a finite number"),
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
    with pytest.raises(SettingsError, match=r"SEISMIC_API_PORT='0' is not allowed: .*\. SEISMIC_SEED='-1' is not"):
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
    assert [load_settings(env=env).log_level for env in ("dev", "staging", "prod")] == ["DEBUG", "INFO", "WARNING"]
    monkeypatch.setenv("LOG_LEVEL", "error")
    assert load_settings().log_level == "ERROR"


def test_training_from_a_store_that_is_off_is_refused(monkeypatch):
    monkeypatch.setenv("SEISMIC_TRAINING_SOURCE", "store")
    monkeypatch.setenv("SEISMIC_FEATURE_STORE", "false")
    with pytest.raises(SettingsError, match="SEISMIC_TRAINING_SOURCE=store needs the feature store"):
        load_settings()


@pytest.mark.parametrize("value", ["somewhere", "redis://:secret@host:6379"])
def test_an_address_of_redis_that_is_none_is_refused_without_being_told(monkeypatch, value):
    monkeypatch.setenv("SEISMIC_ONLINE_REDIS", value)
    with pytest.raises(SettingsError, match="SEISMIC_ONLINE_REDIS: give HOST:PORT") as refused:
        load_settings()
    assert value not in str(refused.value)


@pytest.mark.parametrize("value", ["redis://host:6379/", "host:6379,db=2,ssl=true"])
def test_an_address_of_redis_is_taken(monkeypatch, value):
    monkeypatch.setenv("SEISMIC_ONLINE_REDIS", value)
    assert load_settings().online_redis == value.removeprefix("redis://").rstrip("/")


@pytest.mark.parametrize("password", ["a,b", 'a"b', "a b", "$HOME", "a\\b"])
def test_a_password_that_feast_would_misread_is_refused_without_being_told(monkeypatch, password):
    monkeypatch.setenv("SEISMIC_ONLINE_REDIS_PASSWORD", password)
    with pytest.raises(SettingsError, match="SEISMIC_ONLINE_REDIS_PASSWORD: choose one without blanks") as refused:
        load_settings()
    assert password not in str(refused.value)


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


def test_a_model_is_the_classic_one_found_by_a_search_unless_asked_otherwise():
    settings = load_settings()
    assert settings.features == CLASSIC
    assert (settings.embedding, settings.embedding_components) == ("pca", 32)
    assert (settings.tuning_trials, settings.max_training_windows) == (50, 200_000)
    assert settings.model_families[0] == "hist_gradient_boosting"
    assert "lightgbm" not in settings.model_families


@pytest.mark.parametrize("name", ["classic", "extended", "lateral"])
@pytest.mark.parametrize(("time", "value"), [(True, "true"), (False, "0")])
def test_the_features_are_the_set_with_or_without_time(monkeypatch, name, time, value):
    monkeypatch.setenv("SEISMIC_FEATURE_SET", name)
    monkeypatch.setenv("SEISMIC_TIME_FEATURE", value)
    assert load_settings().features == FeatureSet(name, time)


def test_families_are_separated_by_commas_in_the_order_given(monkeypatch):
    monkeypatch.setenv("SEISMIC_MODEL_FAMILIES", "logistic_regression , lightgbm,random_forest")
    assert load_settings().model_families == ("logistic_regression", "lightgbm", "random_forest")


def test_every_family_may_be_chosen(monkeypatch):
    monkeypatch.setenv("SEISMIC_EMBEDDING", "samples")
    monkeypatch.setenv("SEISMIC_MODEL_FAMILIES", ",".join(MODEL_FAMILIES))
    assert load_settings().model_families == tuple(MODEL_FAMILIES)


def test_a_network_that_looks_at_samples_is_refused_without_them(monkeypatch):
    monkeypatch.setenv("SEISMIC_MODEL_FAMILIES", "hist_gradient_boosting,deep_cnn")
    with pytest.raises(SettingsError, match=r"holds deep_cnn, which looks at the samples.*SEISMIC_EMBEDDING=samples"):
        load_settings()


def test_an_unknown_family_is_refused_with_all_that_are_known():
    with pytest.raises(SettingsError) as refused:
        load_settings(model_families="oracle")
    assert all(family in str(refused.value) for family in MODEL_FAMILIES)


def test_studies_lie_below_the_storage_root_unless_a_storage_is_named(tmp_path, monkeypatch):
    assert load_settings().studies_uri == f"sqlite:///{tmp_path}/storage/tuning/studies.db"
    monkeypatch.setenv("SEISMIC_TUNING_STORAGE", "postgresql://host/studies")
    assert load_settings().studies_uri == "postgresql://host/studies"


def test_no_search_and_no_polling_are_possible(monkeypatch):
    monkeypatch.setenv("SEISMIC_TUNING_TRIALS", "0")
    monkeypatch.setenv("SEISMIC_MODEL_POLL_SECONDS", "0")
    assert (load_settings().tuning_trials, load_settings().model_poll_seconds) == (0, 0)


def test_every_setting_has_a_description_and_a_variable_of_the_project():
    for name, field in Settings.model_fields.items():
        assert field.description, name
        aliases = getattr(field.validation_alias, "choices", [f"SEISMIC_{name.upper()}"])
        assert aliases[0] == f"SEISMIC_{name.upper()}"


def test_the_page_of_settings_is_that_of_the_code() -> None:
    page = Path(__file__).parents[1] / "docs" / "make_settings_table.py"
    done = subprocess.run([sys.executable, page, "--check"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SEISMIC_TUNING_STORAGE", "foo", "URL of a database, as sqlite:////data/studies.db"),
        ("SEISMIC_TUNING_STUDY", "it's mine", "letters, digits"),
    ],
)
def test_where_a_search_is_kept_is_checked_at_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=said):
        load_settings()
