import subprocess
from pathlib import Path

import pytest

from seismic_assets import code_identity


@pytest.fixture(autouse=True)
def asked_anew():
    code_identity.code_identity.cache_clear()
    yield
    code_identity.code_identity.cache_clear()


def repository(folder: Path) -> str:
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "first"]):
        subprocess.run(["git", "-C", folder, *command], check=True)
    return subprocess.run(
        ["git", "-C", folder, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_a_checkout_is_named_by_its_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = repository(tmp_path / "code")
    monkeypatch.setattr(code_identity, "_HERE", tmp_path / "code")

    assert code_identity.code_identity() == commit


def test_a_checkout_that_was_changed_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = repository(tmp_path / "code")
    (tmp_path / "code" / "__init__.py").write_text("changed = True")
    monkeypatch.setattr(code_identity, "_HERE", tmp_path / "code")

    assert code_identity.code_identity() == f"{commit}-changed"


def test_what_is_installed_within_another_repository_is_named_by_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository(tmp_path / "other")
    (tmp_path / "other" / "venv").mkdir()
    monkeypatch.setattr(code_identity, "_HERE", tmp_path / "other" / "venv")

    assert code_identity.code_identity().startswith("seismic-assets ")
