"""`seismic key`."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from seismic_assets.cli.keys import key
from seismic_assets.cli.render import output
from seismic_assets.serving.keys import KeyStore, UnknownKeyError


def command(*arguments: str, root: Path) -> Result:
    output.width = 160  # a worker of pytest-xdist has a COLUMNS of its own when the console is made
    result = CliRunner().invoke(key, [*arguments, "--storage-root", str(root)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def create(root: Path, *arguments: str, name: str = "viewer") -> str:
    return command("create", "--name", name, *arguments, root=root).stdout.strip()


def listed(root: Path) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = json.loads(command("list", "--json", root=root).stdout)
    return result


def store(root: Path) -> KeyStore:
    return KeyStore(root / "serving" / "keys.json")


@pytest.mark.parametrize("name", ["create", "list", "revoke", "rotate"])
def test_the_help_of_each_command_shows_an_example(name: str) -> None:
    output = CliRunner().invoke(key, [name, "--help"]).output

    assert f"seismic key {name} " in output.split("Example")[1]


def test_create_prints_the_key_alone_on_the_standard_output(tmp_path: Path) -> None:
    result = command("create", "--name", "viewer", root=tmp_path)

    made = result.stdout.strip()
    assert re.fullmatch(r"sk_[0-9a-f]{10}_[\w-]{43}", made)
    assert made not in result.stderr
    assert "cannot be shown again" in result.stderr
    caller = store(tmp_path).caller(made)
    assert caller is not None
    assert caller.roles == {"predict"}


def test_a_key_of_an_admin_that_expires(tmp_path: Path) -> None:
    made = create(tmp_path, "--role", "admin", "--expires-days", "90")

    caller = store(tmp_path).caller(made)
    assert caller is not None
    assert caller.roles == {"admin", "predict"}
    (record,) = listed(tmp_path)
    left = datetime.fromisoformat(record["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=89) < left <= timedelta(days=90)


def test_list_shows_names_and_states_and_no_key_or_digest(tmp_path: Path) -> None:
    keys = [create(tmp_path, name=name) for name in ("viewer [blue]", "nightly")]
    ids = [each["id"] for each in listed(tmp_path)]
    command("revoke", ids[1], root=tmp_path)

    table = command("list", root=tmp_path).stdout

    assert re.search(rf"{ids[0]} +viewer \[blue\] +predict +active", table)
    assert re.search(rf"{ids[1]} +nightly +predict +revoked", table)
    assert all("digest" not in each for each in listed(tmp_path))
    assert all(each.split("_", 2)[2] not in table for each in keys)


def test_list_without_keys_says_how_to_make_one(tmp_path: Path) -> None:
    assert "seismic key create" in command("list", root=tmp_path).stdout
    assert listed(tmp_path) == []


def test_revoke_takes_a_key_back(tmp_path: Path) -> None:
    made = create(tmp_path)
    (record,) = listed(tmp_path)

    said = command("revoke", record["id"], root=tmp_path).stdout

    assert f"Key {record['id']} of viewer is revoked" in said
    assert store(tmp_path).caller(made) is None


def test_rotate_makes_another_key_and_keeps_the_one_before_for_a_day(tmp_path: Path) -> None:
    old = create(tmp_path, "--role", "admin")
    (before,) = listed(tmp_path)

    new = command("rotate", before["id"], root=tmp_path).stdout.strip()

    keys = store(tmp_path)
    assert keys.caller(old) is not None
    assert keys.caller(new) is not None
    replaced, made = listed(tmp_path)
    assert (made["name"], made["roles"]) == ("viewer", ["admin"])
    assert replaced["replaced_by"] == made["id"]
    left = datetime.fromisoformat(replaced["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(hours=24)


def test_rotate_may_end_the_key_before_at_once(tmp_path: Path) -> None:
    old = create(tmp_path)

    command("rotate", listed(tmp_path)[0]["id"], "--keep-hours", "0", root=tmp_path)

    assert store(tmp_path).caller(old) is None


@pytest.mark.parametrize("name", ["revoke", "rotate"])
def test_an_id_that_no_key_has_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnknownKeyError, match="seismic key list"):
        command(name, "0000000000", root=tmp_path)


@pytest.mark.parametrize("options", [["--role", "owner"], ["--expires-days", "0"], ["--expires-days", "1000000"]])
def test_what_is_not_allowed_is_refused_before_a_key_is_made(tmp_path: Path, options: list[str]) -> None:
    arguments = ["create", "--name", "viewer", *options, "--storage-root", str(tmp_path)]

    assert CliRunner().invoke(key, arguments).exit_code == 2

    assert not (tmp_path / "serving").exists()
