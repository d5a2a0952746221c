"""`seismic deploy`: what is refused before anything is looked at."""

from pathlib import Path

import pytest

from seismic_assets_tests.commands import seismic


@pytest.mark.parametrize("url", ["foo", "ftp://127.0.0.1:8000", "http://", "http://127.0.0.1:x", "http://[::1"])
def test_an_address_of_the_service_that_is_none_is_refused_at_once(url: str, tmp_path: Path) -> None:
    done = seismic("deploy", "--env", "staging", "--url", url, "--storage-root", tmp_path / "storage")

    assert done.returncode == 2
    assert f"{url} is no address of a service; give one such as http://127.0.0.1:8000" in told(done.stderr)
    assert list(tmp_path.iterdir()) == []


def told(text: str) -> str:
    """What stands in the frame that typer draws, in one line."""
    return " ".join(text.replace("│", " ").split())
