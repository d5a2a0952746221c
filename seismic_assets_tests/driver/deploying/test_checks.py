"""What a deploy looks at first: the databases of a deployment, down and answering."""

from pathlib import Path

import pytest

from seismic_assets.driver.deploying import Wishes, plan_of, resume
from seismic_assets.driver.deploying.deploy import journal_of
from seismic_assets.releasing import Aliases, DeployRefusedError
from seismic_assets_tests.driver.deploying.small import TO_STAGING, of
from seismic_assets_tests.ports import free_port
from seismic_assets_tests.postgres import postgres

NOBODY = "postgresql://me:hush@127.0.0.1:{port}/{name}"


def nobody(name: str) -> str:
    return NOBODY.format(port=free_port(), name=name)


def test_a_registry_whose_database_is_down_is_a_check_that_failed(tmp_path: Path) -> None:
    plan = plan_of(of(tmp_path, mlflow_tracking_uri=nobody("mlflow")), TO_STAGING)

    (check,) = plan.wrong
    assert check.name == "registry"
    assert check.sentence.startswith("the model registry at postgresql://me:***@127.0.0.1:")
    assert "hush" not in check.sentence
    assert {step.name: step.what for step in plan.steps}["promote"] == "let staging name another version"


def test_a_deploy_is_not_resumed_without_its_registry_and_stays_unfinished(tmp_path: Path) -> None:
    settings = of(tmp_path, mlflow_tracking_uri=nobody("mlflow"))
    journal = journal_of(settings)
    begun = journal.begin("staging", "some code", "a person", Aliases(staging=None, production=None))

    with pytest.raises(DeployRefusedError, match=r"registry: the model registry at postgresql://.* does not answer: "):
        resume(settings, TO_STAGING, lambda _: None)

    assert journal.unfinished() == begun


def test_searches_whose_database_is_down_are_a_check_that_failed(tmp_path: Path) -> None:
    (check,) = plan_of(of(tmp_path, tuning_storage=nobody("optuna")), TO_STAGING).wrong

    assert check.name == "searches"
    assert check.sentence.startswith("the database of SEISMIC_TUNING_STORAGE cannot be used (")
    assert "hush" not in check.sentence


def test_an_address_of_a_database_that_nobody_knows_is_refused_without_being_told(tmp_path: Path) -> None:
    (check,) = plan_of(of(tmp_path, tuning_storage="postgresqlite://u:hush@host/db"), TO_STAGING).wrong

    assert check.sentence == "SEISMIC_TUNING_STORAGE: give postgresql://USER:PASSWORD@HOST:PORT/NAME."


def test_a_database_of_searches_that_answers_is_right_and_a_file_is_no_check(tmp_path: Path) -> None:
    with postgres() as address:
        there = plan_of(of(tmp_path, tuning_storage=address), Wishes("staging", "a person"))
    local = plan_of(of(tmp_path), Wishes("staging", "a person"))

    assert ("searches", True) in [(check.name, check.right) for check in there.checks]
    assert "searches" not in [check.name for check in local.checks]
