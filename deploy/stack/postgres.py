"""The cluster of databases, which the image of PostgreSQL makes by itself and a bare machine does not."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from deploy.stack.errors import StackError
from deploy.stack.programs import search_path

ACCOUNT = "postgres"
SCRIPTS = "/docker-entrypoint-initdb.d"


def account() -> str | None:
    """The account that the server must run as: it refuses to run as root. None where we are nobody's superior.

    Raises:
        StackError: we are root, and there is no such account.
    """
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(ACCOUNT).pw_name
    except KeyError as error:
        raise StackError(
            f"PostgreSQL does not run as root, and there is no account {ACCOUNT}; apt-get install postgresql makes it, "
            "or start the stack as another user."
        ) from error


def prepare_cluster(environment: Mapping[str, str], scripts: Path) -> None:
    """Make the cluster with its databases where it is not there yet; one that was begun and not ended is made anew.

    Args:
        environment: of the service: PGDATA, POSTGRES_USER, POSTGRES_PASSWORD_FILE, POSTGRES_INITDB_ARGS.
        scripts: folder of SQL files that are run once.

    Raises:
        StackError: it cannot be made.
    """
    data = Path(environment["PGDATA"])
    if (data / "PG_VERSION").exists():
        return
    data.parent.mkdir(parents=True, exist_ok=True)
    owner = account()
    _give(data.parent, owner)
    _check_reachable(data.parent, owner)
    with tempfile.TemporaryDirectory(dir=data.parent, prefix="making-") as made:
        _give(Path(made), owner)
        cluster, password = Path(made) / "cluster", Path(made) / "password"
        password.write_text(Path(environment["POSTGRES_PASSWORD_FILE"]).read_text())
        _give(password, owner)
        user = environment["POSTGRES_USER"]
        arguments = environment.get("POSTGRES_INITDB_ARGS", "").split()
        _run(["initdb", "-D", str(cluster), "-U", user, f"--pwfile={password}", "--encoding=UTF8", *arguments], owner)
        for script in sorted(scripts.glob("*.sql")):
            # A server of one session, which needs no port; it takes a statement a line.
            _run(["postgres", "--single", "-j", "-D", str(cluster), "postgres"], owner, _statements(script))
        cluster.replace(data)


def _statements(script: Path) -> str:
    """What `postgres --single -j` takes: statements that end in a semicolon and an empty line."""
    lines = [line for line in script.read_text().splitlines() if not line.startswith("--")]
    return "".join(f"{each.strip()};\n\n" for each in "\n".join(lines).split(";") if each.strip())


def _give(path: Path, owner: str | None) -> None:
    if owner is not None:
        shutil.chown(path, owner, owner)


def _check_reachable(folder: Path, owner: str | None) -> None:
    """Say which folder keeps the account out, before a program of PostgreSQL says less."""
    if owner is None:
        return
    for parent in folder.parents:
        if not parent.stat().st_mode & 0o001:
            raise StackError(
                f"the account {owner} may not enter {parent}, which PostgreSQL's data lie below; give another folder "
                f"with --work, or chmod o+x {parent}."
            )


def _run(command: list[str], owner: str | None, given: str | None = None) -> None:
    program = shutil.which(command[0], path=search_path()) or command[0]
    as_owner = {} if owner is None else {"user": owner, "group": owner, "extra_groups": []}
    done = subprocess.run(  # type: ignore[call-overload]
        [program, *command[1:]], input=given, capture_output=True, text=True, check=False, cwd="/", **as_owner
    )
    if done.returncode or "ERROR" in done.stderr:
        raise StackError(f"the databases cannot be made: {command[0]} says {' '.join(done.stderr.split())[-400:]}.")
