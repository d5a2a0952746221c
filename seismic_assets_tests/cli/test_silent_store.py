"""Commands whose storage root lies in an object store that does not answer."""

from pathlib import Path

import pytest

from seismic_assets_tests.commands import seismic
from seismic_assets_tests.ports import free_port


@pytest.mark.parametrize(
    "command",
    [
        ("deploy", "--env", "staging", "--dry-run"),
        ("validate",),
        ("dev",),
        ("tidy",),
        ("sql", "--tables"),
        ("quality",),
        ("quality", "files"),
        ("mcp",),
        ("predict", "land", "--out", "rows.parquet"),
    ],
    ids=lambda command: command[0],
)
def test_a_store_that_does_not_answer_is_one_sentence_with_its_remedy(command: tuple[str, ...], tmp_path: Path) -> None:
    endpoint = f"http://127.0.0.1:{free_port()}"
    done = seismic(
        *command,
        storage_root="s3://surveys/st",
        state_dir=str(tmp_path / "state"),
        landing_dir=str(tmp_path / "landing"),
        s3_endpoint=endpoint,
        s3_access_key_id="x",
        s3_secret_access_key="y",
    )

    assert done.returncode == 2
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("Error: s3://surveys/st cannot be used: Could not connect to the endpoint URL")
    assert sentence.endswith("check SEISMIC_S3_ENDPOINT and the network")
    assert list(tmp_path.iterdir()) == []
