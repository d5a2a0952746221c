"""`seismic deploy` on a real deployment: what it refuses, what it takes back, and what a kill leaves."""

import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from deltalake import DeltaTable, write_deltalake

from seismic_assets.defs.raw.discovery import DECISIONS, latest_version
from seismic_assets.deployment import registry_of
from seismic_assets.driver import open_instance
from seismic_assets.driver.deploying import Wishes, deploying_alone, plan_of, roll_back
from seismic_assets.driver.deploying.deploy import journal_of
from seismic_assets.driver.validation import look_at
from seismic_assets.lake import BRONZE_TRACES, TRACE_QUALITY, Lake
from seismic_assets.registry import STAGING
from seismic_assets.releasing import DeployRefusedError, RolledBackError, UnfinishedError
from seismic_assets_tests.commands import SEISMIC, environment, seismic
from seismic_assets_tests.driver.deploying.small import (
    KEY,
    SMALL,
    TO_PRODUCTION,
    TO_STAGING,
    go,
    newest,
    of,
    sentences,
)
from seismic_assets_tests.driver.test_validation import digests
from seismic_assets_tests.ports import free_port
from seismic_assets_tests.postgres import postgres

pytestmark = [pytest.mark.slow]


def test_a_plan_changes_no_byte_and_says_what_is_left_out(made: Path) -> None:
    before = digests(made)

    folders = ("--landing-dir", made / "landing", "--storage-root", made / "storage")
    result = seismic("deploy", "--env", "staging", "--dry-run", "--skip-training", "--json", *folders, **SMALL)

    plan = json.loads(result.stdout)
    assert (result.returncode, plan["right"]) == (0, True), result.stderr
    assert [step["step"] for step in plan["steps"]] == [
        "wheel",
        "image",
        "migrate",
        "train",
        "promote",
        "model",
        "service",
    ]
    assert {step["step"]: step["skipped"] for step in plan["steps"]}["train"] == "--skip-training was given"
    assert digests(made) == before


def test_a_plan_for_nothing_makes_nothing(tmp_path: Path) -> None:
    plan = plan_of(of(tmp_path), Wishes("staging", "a person"))

    assert [check.name for check in plan.wrong] == ["files"]
    assert not (tmp_path / "storage").exists()


def test_staging_gets_the_newest_version(deployment: Path) -> None:
    settings = of(deployment)

    done = go(settings, TO_STAGING)

    version = newest(settings)
    assert version != "1"
    assert registry_of(settings).version_of(STAGING) == version
    assert sentences(done)["promote"] == f"version {version} is in staging now, instead of version 1"
    assert sentences(done)["model"].startswith(f"version {version} loads and predicts a trace of survey_001.sgy")


def test_production_asks_for_a_key_and_nothing_is_begun_without(deployment: Path) -> None:
    before = digests(deployment)

    with pytest.raises(DeployRefusedError, match="secrets: the profile prod asks for an API key, and there is none"):
        go(of(deployment, "prod"), TO_PRODUCTION)

    assert digests(deployment) == before


def test_production_gets_what_passes_the_gate_and_the_graph_follows(deployment: Path) -> None:
    lenient = {"min_score_difference": -1.0, "calibration_margin": 1.0, "latency_budget_ms": 1e6}
    settings = of(deployment, "prod", api_key=KEY, **lenient)
    registry_of(settings).stage("2", by="a test")

    done = go(settings, TO_PRODUCTION)

    assert sentences(done)["promote"] == "version 2 is in production now, instead of version 1"
    assert registry_of(settings).version_of() == "2"
    with open_instance(settings) as instance:
        assert str(latest_version(instance, DECISIONS)).startswith("2-")


def test_what_the_gate_refuses_leaves_production_as_it_is(deployment: Path) -> None:
    settings = of(deployment, "prod", api_key=KEY, class_floor=1.0)
    registry_of(settings).stage("2", by="a test")

    done = go(settings, TO_PRODUCTION)

    assert registry_of(settings).version_of() == "1"
    assert sentences(done)["promote"].startswith("the gate refuses version 2")
    assert sentences(done)["promote"].endswith("version 1 stays in production")


def test_a_service_that_does_not_follow_takes_the_promotion_back(deployment: Path) -> None:
    settings = of(deployment)
    nobody = replace(TO_STAGING, url=f"http://127.0.0.1:{free_port()}", wait=0.1)

    with pytest.raises(RolledBackError, match=r"the step service failed: .* version 1 is in staging again"):
        go(settings, nobody)

    assert registry_of(settings).version_of(STAGING) == "1"
    (ended,) = journal_of(settings).earlier()
    assert ended.status == "rolled back"


def test_in_production_the_registrys_own_rollback_takes_it_back(deployment: Path) -> None:
    settings = of(deployment, "prod", api_key=KEY)
    registry = registry_of(settings)
    journal = journal_of(settings)
    with pytest.raises(RolledBackError):
        go(settings, replace(TO_PRODUCTION, url=f"http://127.0.0.1:{free_port()}", wait=0.1))
    (ended,) = journal.earlier()
    registry.promote("2", by="a test")
    journal.write(ended.model_copy(update={"id": "killed", "status": "running", "step": "service"}))

    taken = roll_back(settings, TO_PRODUCTION)

    assert taken.undone == "version 1 is in production again, instead of version 2"
    assert registry.version_of() == "1"
    assert registry.version_info("2").rolled_back_because is not None
    registry.stage("2", by="a test")  # forgets that, for the next test


def test_a_table_of_an_older_version_is_refused_with_the_migration_and_made_anew_by_it(deployment: Path) -> None:
    settings = of(deployment)
    lake = Lake(settings.lake_dir)
    rows = DeltaTable(str(lake.path(TRACE_QUALITY))).to_pyarrow_table().drop_columns(["notes"])
    write_deltalake(
        str(lake.path(TRACE_QUALITY)), rows, mode="overwrite", schema_mode="overwrite", partition_by=["file_id"]
    )
    with pytest.raises(DeployRefusedError, match=r"lacks notes; run `seismic deploy --env staging --migrate-tables`"):
        go(settings, TO_STAGING)
    with pytest.raises(DeployRefusedError, match="made anew by the run that --skip-training leaves out"):
        go(settings, replace(TO_STAGING, migrate_tables=True))

    done = go(settings, replace(TO_STAGING, migrate_tables=True, skip_training=False))

    assert "trace_quality" in sentences(done)["train"]
    assert "notes" in lake.read(TRACE_QUALITY).columns and lake.read(TRACE_QUALITY).height == 2
    assert list((settings.lake_dir / "_replaced").glob("*/trace_quality"))
    assert [layer.name for layer in look_at(settings).layers if layer.wrong] == []


def test_a_table_of_a_newer_version_is_refused(deployment: Path) -> None:
    settings = of(deployment)
    folder = Lake(settings.lake_dir).path(BRONZE_TRACES)
    aside = folder.with_name("aside")
    shutil.copytree(folder, aside)
    try:
        rows = DeltaTable(str(folder)).to_pyarrow_table()
        write_deltalake(
            str(folder),
            rows.append_column("azimuth", rows["cdp_x"]),
            mode="overwrite",
            schema_mode="overwrite",
            partition_by=["file_id"],
        )

        with pytest.raises(DeployRefusedError, match=r"azimuth.*a newer version wrote it"):
            go(settings, TO_STAGING)
    finally:
        shutil.rmtree(folder)
        aside.rename(folder)


def test_two_at_once_are_refused(made: Path) -> None:
    folders = ("--landing-dir", made / "landing", "--storage-root", made / "storage")
    with deploying_alone(of(made)):
        result = seismic("deploy", "--env", "staging", "--skip-build", *folders, **SMALL)

    assert result.returncode == 2
    assert "another `seismic deploy` is at work on" in " ".join(result.stderr.split())


def test_two_at_once_on_two_machines_are_refused_by_the_database_of_the_history(tmp_path: Path) -> None:
    with postgres() as address:
        first = of(tmp_path / "one", dagster_database=address)
        second = of(tmp_path / "two", dagster_database=address)
        with (
            deploying_alone(first),
            pytest.raises(DeployRefusedError, match="at work on the database"),
            deploying_alone(second),
        ):
            pytest.fail("two deploys at once")
        with deploying_alone(second):
            pass


def killed(folder: Path) -> None:
    """A deploy to staging that is killed while it waits for a service, with the newest version promoted already."""
    settings = of(folder)
    options = ("--skip-build", "--skip-training", "--url", f"http://127.0.0.1:{free_port()}", "--wait", "300")
    folders = ("--landing-dir", str(folder / "landing"), "--storage-root", str(folder / "storage"))
    process = subprocess.Popen(
        [SEISMIC, "deploy", "--env", "staging", *options, *folders],
        env=environment(**SMALL),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        unfinished = journal_of(settings).unfinished()
        if unfinished is not None and unfinished.step == "service":
            break
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert registry_of(settings).version_of(STAGING) == newest(settings) != "1"


def test_killed_it_can_be_taken_back_and_nothing_else_begins_before(deployment: Path) -> None:
    killed(deployment)
    settings = of(deployment)
    folders = ("--landing-dir", deployment / "landing", "--storage-root", deployment / "storage")

    with pytest.raises(UnfinishedError, match=r"ended in the step service; go on with .*--resume.*--roll-back"):
        go(settings, TO_STAGING)
    result = seismic("deploy", "--env", "staging", "--roll-back", "--json", *folders, **SMALL)

    assert result.returncode == 0, result.stderr
    assert (
        json.loads(result.stdout)["undone"] == f"version 1 is in staging again, instead of version {newest(settings)}"
    )
    assert registry_of(settings).version_of(STAGING) == "1"
    assert journal_of(settings).unfinished() is None


def test_killed_it_can_be_resumed(deployment: Path) -> None:
    killed(deployment)
    folders = ("--landing-dir", deployment / "landing", "--storage-root", deployment / "storage")
    elsewhere = seismic("deploy", "--env", "production", "--resume", *folders, **SMALL, api_key=KEY)

    result = seismic("deploy", "--env", "staging", "--resume", "--skip-build", "--json", *folders, **SMALL)

    assert elsewhere.returncode == 2
    assert "the unfinished deploy is to staging" in " ".join(elsewhere.stderr.split())
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["status"] == "done"
    assert registry_of(of(deployment)).version_of(STAGING) == newest(of(deployment))
