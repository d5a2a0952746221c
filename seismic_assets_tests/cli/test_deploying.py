"""`seismic deploy`: what is refused before anything is looked at."""

from pathlib import Path

import pytest

from seismic_assets_tests.commands import seismic
from seismic_assets_tests.ports import free_port


@pytest.mark.parametrize("url", ["foo", "ftp://127.0.0.1:8000", "http://", "http://127.0.0.1:x", "http://[::1"])
def test_an_address_of_the_service_that_is_none_is_refused_at_once(url: str, tmp_path: Path) -> None:
    done = seismic("deploy", "--env", "staging", "--url", url, "--storage-root", tmp_path / "storage")

    assert done.returncode == 2
    assert f"{url} is no address of a service; give one such as http://127.0.0.1:8000" in told(done.stderr)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_a_database_of_the_history_that_is_down_is_told_and_nothing_is_begun(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    database = f"postgresql://me:hush@127.0.0.1:{free_port()}/dagster"
    folders = ("--landing-dir", tmp_path / "landing", "--storage-root", tmp_path / "storage")
    done = seismic("deploy", "--env", "staging", "--skip-build", *options, *folders, dagster_database=database)

    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 2
    assert "the database of SEISMIC_DAGSTER_DATABASE cannot be used" in said
    assert "Traceback" not in said and "hush" not in said
    assert not (tmp_path / "storage").exists()


def told(text: str) -> str:
    """What stands in the frame that typer draws, in one line."""
    return " ".join(text.replace("│", " ").split())
