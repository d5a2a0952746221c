"""`seismic config show`."""

import json

import pytest

from seismic_assets_tests.commands import seismic


def test_the_profiles_and_what_is_set_are_shown():
    done = seismic("config", "show", "--env", "staging", api_key="hush-hush-hush-hush", seed="7")

    assert done.returncode == 0
    assert "staging (this)" in done.stdout
    assert [line.split() for line in done.stdout.splitlines() if "SEISMIC_SEED" in line] == [
        ["SEISMIC_SEED", "7", "variable", "SEISMIC_SEED"]
    ]
    assert "have their default" in done.stdout
    assert "hush" not in done.stdout


def test_json_has_every_setting_and_whence_it_is():
    told = json.loads(seismic("config", "show", "--json", env="production", storag_root="/srv").stdout)

    assert told["env"] == "prod"
    assert told["settings"]["SEISMIC_LOG_LEVEL"] == {
        "name": "log_level",
        "value": "WARNING",
        "kind": "profile",
        "origin": "prod",
    }
    assert told["profiles"]["api_workers"] == {"dev": 1, "staging": 1, "prod": 2}
    assert told["unknown"]["SEISMIC_STORAG_ROOT"] == "SEISMIC_STORAGE_ROOT"


def test_a_variable_that_is_no_setting_is_told():
    done = seismic("config", "show", storag_root="/srv")

    assert "SEISMIC_STORAG_ROOT is no setting; SEISMIC_STORAGE_ROOT is." in done.stderr


def test_a_secret_file_that_is_no_setting_is_told(tmp_path):
    file = tmp_path / "seismic_s3_secret_key"
    file.write_text("hush")

    done = seismic("config", "show", secrets_dir=str(tmp_path))
    assert f"{file} is no setting; SEISMIC_S3_SECRET_ACCESS_KEY is." in done.stderr
    told = json.loads(seismic("config", "show", "--json", secrets_dir=str(tmp_path)).stdout)
    assert told["unknown"][str(file)] == "SEISMIC_S3_SECRET_ACCESS_KEY"


@pytest.mark.parametrize(("given", "env"), [("production", "prod"), ("development", "dev"), ("prod", "prod")])
def test_an_environment_has_a_short_and_a_long_name(given, env):
    assert json.loads(seismic("config", "show", "--json", "--env", given).stdout)["env"] == env


def test_a_wrong_value_is_one_sentence():
    done = seismic("config", "show", seed="x")

    assert done.returncode == 2
    assert "SEISMIC_SEED='x' is not allowed" in done.stderr
