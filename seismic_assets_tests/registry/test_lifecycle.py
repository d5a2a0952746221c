"""Stages, promotion and rollback on a real MLflow with a SQLite store."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import mlflow
import pytest

from seismic_assets.registry import PRODUCTION, STAGING, ModelRegistry, RegistryError
from seismic_assets_tests.registry.building import add_version


def stages(registry: ModelRegistry) -> dict[str, str]:
    """The stage of each version; the tag must say the same as the aliases."""
    found = registry.versions()
    assert all(each.tags.get("stage", "none") == each.stage for each in found)
    return {each.version: each.stage for each in found}


def moves(registry: ModelRegistry) -> list[tuple[str, str, str | None]]:
    return [(entry.action, entry.version, entry.previous) for entry in registry.history()]


def stored_bundle(registry: ModelRegistry, root: Path, version: str) -> Path:
    (folder,) = (root / "artifacts").rglob(f"{registry.version_info(version).run_id}/artifacts/bundle")
    return folder


def test_a_version_goes_from_none_over_staging_to_production_and_is_archived(lifecycle: ModelRegistry) -> None:
    assert stages(lifecycle) == {"1": "none", "2": "none", "3": "none"}
    lifecycle.stage("1")
    assert stages(lifecycle) == {"1": "staging", "2": "none", "3": "none"}
    lifecycle.promote("1")
    assert stages(lifecycle) == {"1": "production", "2": "none", "3": "none"}
    lifecycle.stage("2")
    lifecycle.promote("2")
    assert stages(lifecycle) == {"1": "archived", "2": "production", "3": "none"}


def test_an_older_challenger_falls_back_to_none_but_not_the_one_in_production(lifecycle: ModelRegistry) -> None:
    lifecycle.stage("1")
    lifecycle.stage("2")
    assert stages(lifecycle) == {"1": "none", "2": "staging", "3": "none"}
    lifecycle.promote("2")
    lifecycle.stage("3")
    assert stages(lifecycle) == {"1": "none", "2": "production", "3": "staging"}
    assert (lifecycle.version_of(PRODUCTION), lifecycle.version_of(STAGING)) == ("2", "3")


def test_a_former_champion_that_is_staged_again_falls_back_to_archived(lifecycle: ModelRegistry) -> None:
    for version in ("1", "2"):
        lifecycle.promote(version)
    lifecycle.stage("1")
    lifecycle.stage("3")

    assert stages(lifecycle) == {"1": "archived", "2": "production", "3": "staging"}


def test_promote_with_the_alias_staging_makes_a_challenger(lifecycle: ModelRegistry) -> None:
    lifecycle.promote("1", STAGING)

    assert (lifecycle.version_of(STAGING), lifecycle.version_of()) == ("1", None)
    assert moves(lifecycle) == [("stage", "1", None)]
    with pytest.raises(RegistryError, match="is promoted to production or staging, not to 'prod'"):
        lifecycle.promote("1", "prod")


def test_every_move_is_kept_in_order_with_who_and_why(lifecycle: ModelRegistry) -> None:
    lifecycle.stage("1", by="run 12", reason="newest")
    lifecycle.promote("1", by="run 12", reason="first")
    lifecycle.stage("2", by="run 13")
    lifecycle.reject("2", "worse by 0.1", by="run 13")
    lifecycle.promote("2", by="ann", reason="all the same")
    lifecycle.rollback(by="bob", reason="it was worse")

    history = lifecycle.history()

    assert [(e.action, e.version, e.previous, e.by, e.reason) for e in history] == [
        ("stage", "1", None, "run 12", "newest"),
        ("promote", "1", None, "run 12", "first"),
        ("stage", "2", "1", "run 13", ""),
        ("reject", "2", None, "run 13", "worse by 0.1"),
        ("promote", "2", "1", "ann", "all the same"),
        ("rollback", "1", "2", "bob", "it was worse"),
    ]
    assert all(entry.took_effect for entry in history)
    assert [entry.time for entry in history] == sorted(entry.time for entry in history)
    assert history[-1].undoes == history[-2].id


def test_what_changes_nothing_is_not_kept(lifecycle: ModelRegistry) -> None:
    for _ in range(2):
        lifecycle.stage("1")
    for version in ("1", "01"):
        lifecycle.promote(version)

    assert moves(lifecycle) == [("stage", "1", None), ("promote", "1", None)]


def test_a_rejected_challenger_stays_in_staging_with_the_reason(lifecycle: ModelRegistry) -> None:
    lifecycle.promote("1")
    lifecycle.stage("2")
    lifecycle.reject("2", "macro-F1 0.4\nbelow 0.5")

    rejected = lifecycle.version_info("2")
    assert (rejected.stage, rejected.rejected_because) == ("staging", "macro-F1 0.4 below 0.5")
    assert lifecycle.version_of() == "1"


@pytest.mark.parametrize("again", ["stage", "promote"])
def test_a_rejection_is_forgotten_when_a_version_gets_another_chance(lifecycle: ModelRegistry, again: str) -> None:
    lifecycle.stage("2")
    lifecycle.reject("2", "worse")
    getattr(lifecycle, again)("2")

    assert lifecycle.version_info("2").rejected_because is None


@pytest.mark.parametrize(("version", "stage"), [("1", "production"), ("2", "none")])
def test_only_the_challenger_can_be_rejected(lifecycle: ModelRegistry, version: str, stage: str) -> None:
    lifecycle.stage("1")
    lifecycle.promote("1")

    with pytest.raises(RegistryError, match=rf"version {version} is in {stage}; only the version in staging"):
        lifecycle.reject(version, "worse")


def test_each_rollback_undoes_one_promotion_more(lifecycle: ModelRegistry) -> None:
    for version in ("1", "2", "1", "3"):
        lifecycle.promote(version)

    assert [lifecycle.rollback() for _ in range(3)] == ["1", "2", "1"]
    assert lifecycle.version_of() == "1"
    with pytest.raises(RegistryError, match=r"in production before version 1; promote the one that you want"):
        lifecycle.rollback()
    assert lifecycle.version_of() == "1"


def test_a_promotion_after_a_rollback_is_undone_first(lifecycle: ModelRegistry) -> None:
    for version in ("1", "2"):
        lifecycle.promote(version)
    lifecycle.rollback()
    lifecycle.promote("3")

    assert lifecycle.rollback() == "1"
    with pytest.raises(RegistryError, match="promote the one that you want"):
        lifecycle.rollback()


def test_a_rolled_back_version_is_archived_and_no_challenger_any_more(lifecycle: ModelRegistry) -> None:
    lifecycle.promote("1")
    lifecycle.stage("2")
    lifecycle.promote("2")
    lifecycle.rollback(reason="confuses faults")

    assert stages(lifecycle) == {"1": "production", "2": "archived", "3": "none"}
    assert lifecycle.version_info("2").rolled_back_because == "confuses faults"
    assert lifecycle.version_of(STAGING) is None


def test_a_rollback_leaves_a_newer_challenger_in_staging(lifecycle: ModelRegistry) -> None:
    for version in ("1", "2"):
        lifecycle.promote(version)
    lifecycle.stage("3")
    lifecycle.rollback()

    assert stages(lifecycle) == {"1": "production", "2": "archived", "3": "staging"}


def test_a_champion_from_before_the_audit_trail_can_be_gone_back_to(lifecycle: ModelRegistry) -> None:
    mlflow.MlflowClient(lifecycle.uri).set_registered_model_alias(lifecycle.model_name, PRODUCTION, "1")
    with pytest.raises(RegistryError, match="the audit trail knows of no version"):
        lifecycle.rollback()
    lifecycle.promote("2")

    assert lifecycle.rollback() == "1"


def test_without_a_champion_there_is_nothing_to_roll_back(open_registry: Callable[[], ModelRegistry]) -> None:
    with pytest.raises(RegistryError, match=r"no version of .* is in production; promote one"):
        open_registry().rollback()


@pytest.mark.parametrize("version", ["99", "abc", "-1", ""])
def test_an_unknown_version_is_a_sentence_and_the_champion_stays(lifecycle: ModelRegistry, version: str) -> None:
    lifecycle.promote("1")

    for move in (lifecycle.promote, lifecycle.stage, lifecycle.version_info):
        with pytest.raises(RegistryError, match=rf"there is no version {version} of {lifecycle.model_name} in sqlite"):
            move(version)
    assert (lifecycle.version_of(), lifecycle.version_of(STAGING)) == ("1", None)
    assert moves(lifecycle) == [("promote", "1", None)]


def test_a_version_that_is_not_ready_is_refused(lifecycle: ModelRegistry, store_root: Path) -> None:
    with sqlite3.connect(store_root / "mlflow.db") as database:
        database.execute(
            "UPDATE model_versions SET status = 'FAILED_REGISTRATION' WHERE name = ? AND version = 2",
            [lifecycle.model_name],
        )

    for move in (lifecycle.promote, lifecycle.stage):
        with pytest.raises(RegistryError, match=r"version 2 of .* is FAILED_REGISTRATION in MLflow, not READY"):
            move("2")
    assert lifecycle.version_of() is None


def test_a_version_with_an_altered_file_is_refused_and_the_champion_stays(
    lifecycle: ModelRegistry, store_root: Path
) -> None:
    lifecycle.promote("1")
    scaler = stored_bundle(lifecycle, store_root, "2") / "scaler.npz"
    scaler.write_bytes(scaler.read_bytes()[:-1] + b"x")

    said = r"version 2 is not put into production: version 2: scaler\.npz .*artifacts/bundle was altered"
    with pytest.raises(RegistryError, match=said):
        lifecycle.promote("2")
    assert stages(lifecycle) == {"1": "production", "2": "none", "3": "none"}
    assert moves(lifecycle) == [("promote", "1", None)]


def test_a_version_whose_files_are_missing_is_refused_and_the_champion_stays(
    lifecycle: ModelRegistry, store_root: Path
) -> None:
    lifecycle.promote("1")
    (stored_bundle(lifecycle, store_root, "2") / "model.onnx").unlink()
    shutil.rmtree(stored_bundle(lifecycle, store_root, "3"))

    with pytest.raises(RegistryError, match=r"version 2 is not put into production: .* has no model\.onnx"):
        lifecycle.promote("2")
    with pytest.raises(RegistryError, match=r"version 3 is not put into production: .* cannot be fetched"):
        lifecycle.promote("3")
    assert stages(lifecycle) == {"1": "production", "2": "none", "3": "none"}


def test_a_rollback_to_a_version_whose_files_are_missing_is_refused(lifecycle: ModelRegistry, store_root: Path) -> None:
    for version in ("1", "2"):
        lifecycle.promote(version)
    shutil.rmtree(stored_bundle(lifecycle, store_root, "1"))

    with pytest.raises(RegistryError, match="version 1 is not put into production"):
        lifecycle.rollback()
    assert lifecycle.version_of() == "2"


KILLED = """
import os, sys
from pathlib import Path
from mlflow import MlflowClient
from seismic_assets.registry import ModelRegistry

uri, artifacts, name, when = sys.argv[1:]
move = MlflowClient.set_registered_model_alias

def killed(*arguments):
    if when == "after":
        move(*arguments)
    os._exit(9)

MlflowClient.set_registered_model_alias = killed
ModelRegistry(uri, Path(artifacts), "seismic experiment", name).promote("2", by="the killed one")
"""


@pytest.mark.parametrize(("when", "in_production", "rolled_back_to"), [("before", "1", None), ("after", "2", "1")])
def test_a_process_killed_at_the_alias_leaves_its_promotion_recorded(
    lifecycle: ModelRegistry, store_root: Path, when: str, in_production: str, rolled_back_to: str | None
) -> None:
    lifecycle.promote("1")
    arguments = [lifecycle.uri, str(store_root / "artifacts"), lifecycle.model_name, when]

    process = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False, timeout=120)

    assert process.returncode == 9
    last = lifecycle.history()[-1]
    assert (last.action, last.version, last.previous, last.by) == ("promote", "2", "1", "the killed one")
    assert last.took_effect is (when == "after")
    assert lifecycle.version_of() == in_production
    assert {each.version: each.stage for each in lifecycle.versions()}[in_production] == "production"
    if rolled_back_to is None:
        with pytest.raises(RegistryError, match="the audit trail knows of no version"):
            lifecycle.rollback()
    else:
        assert lifecycle.rollback() == rolled_back_to


PROMOTING = """
import sys
from pathlib import Path
from seismic_assets.registry import ModelRegistry

uri, artifacts, name, by, one, other = sys.argv[1:]
registry = ModelRegistry(uri, Path(artifacts), "seismic experiment", name)
registry.version_of()
print("ready", flush=True)
sys.stdin.readline()
for turn in range(8):
    registry.promote((one, other)[turn % 2], by=by, reason=str(turn))
"""


@pytest.mark.slow
def test_two_processes_that_promote_at_once_lose_no_entry(lifecycle: ModelRegistry, store_root: Path) -> None:
    add_version(lifecycle, store_root / "bundle")
    store = [lifecycle.uri, str(store_root / "artifacts"), lifecycle.model_name]
    # What one promotes the other never does, so that no promotion finds its version in production already.
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROMOTING, *store, *who],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for who in (("ann", "1", "2"), ("bob", "3", "4"))
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=300)

    assert [process.returncode for process in processes] == [0, 0]
    history = lifecycle.history()
    for by, versions in (("ann", "12121212"), ("bob", "34343434")):
        own = [entry for entry in history if entry.by == by]
        assert [entry.version for entry in own] == list(versions)
        assert [entry.reason for entry in own] == [str(turn) for turn in range(8)]
    assert all(entry.took_effect for entry in history)
    assert lifecycle.version_of() in ("2", "4")
