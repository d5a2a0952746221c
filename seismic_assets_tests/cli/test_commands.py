"""The other commands, as processes."""

import json
from pathlib import Path

import pytest

from seismic_assets.cli.run import tell
from seismic_assets.driver.outcome import RunOutcome
from seismic_assets_tests.commands import seismic


def test_help_names_every_command_and_shows_examples() -> None:
    text = seismic("--help").stdout

    assert all(name in text for name in ("run", "inspect", "predict", "serve", "survey", "sample", "dev"))
    for name in ("run", "inspect", "predict", "survey", "sample"):
        assert f"seismic {name} " in seismic(name, "--help").stdout.split("Example")[1]


@pytest.mark.real_data
def test_inspect_gives_json_and_status_zero_for_a_readable_file(real_data: Path) -> None:
    result = seismic("inspect", real_data / "segy/real/f3.sgy", "--json")

    report = json.loads(result.stdout)
    assert result.returncode == 0
    assert (report["admitted"], report["traces"], report["samples"], report["sample_interval_us"]) == (
        True,
        414,
        75,
        4000,
    )
    assert report["geometry"]["inline"] == [111, 133]


@pytest.mark.real_data
def test_inspect_refuses_a_broken_file_with_a_reason_and_status_one(real_data: Path) -> None:
    result = seismic("inspect", real_data / "segy/malformed/broken.sgy", "--json")

    report = json.loads(result.stdout)
    assert result.returncode == 1
    assert not report["admitted"]
    assert report["problems"]


def test_inspect_of_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    result = seismic("inspect", tmp_path / "no.sgy")

    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "no.sgy" in result.stdout


def test_survey_writes_files_that_inspect_admits(tmp_path: Path) -> None:
    made = seismic("survey", tmp_path / "landing", "--inlines", "8", "--crosslines", "16", "--samples", "128")

    assert made.returncode == 0, made.stderr
    files = sorted((tmp_path / "landing").glob("*.sgy"))
    assert len(files) == 1
    assert seismic("inspect", files[0]).returncode == 0
    assert (tmp_path / "landing" / "labels.yaml").exists()


def test_survey_of_an_impossible_size_is_one_sentence(tmp_path: Path) -> None:
    result = seismic("survey", tmp_path, "--samples", "3")

    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert "samples" in result.stderr


@pytest.mark.real_data
def test_sample_draws_traces_into_files(real_data: Path, tmp_path: Path) -> None:
    result = seismic("sample", real_data / "segy/real/f3.sgy", tmp_path / "out", "--traces", "50", "--files", "2")

    assert result.returncode == 0, result.stderr
    metadata = json.loads((tmp_path / "out" / "sample_metadata.json").read_text())
    assert metadata["seed"] == 42
    assert len(list((tmp_path / "out").glob("*.sgy"))) == 2


def test_a_path_that_cannot_be_used_is_one_sentence_in_every_command(tmp_path: Path) -> None:
    file = tmp_path / "file[il,xl].txt"
    file.touch()
    landing = tmp_path / "landing"
    seismic("survey", landing, "--inlines", "8", "--crosslines", "16", "--samples", "128")

    for command in (
        ("survey", file),
        ("sample", next(landing.glob("*.sgy")), file),
        ("run", "--landing-dir", landing, "--storage-root", file),
        ("dev", "--landing-dir", landing, "--storage-root", file),
        ("predict", next(landing.glob("*.sgy")), "-o", tmp_path / "out.parquet", "--storage-root", file),
    ):
        result = seismic(*command)
        assert result.returncode != 0
        assert "Traceback" not in result.stderr, command
        assert "file[il,xl].txt" in result.stderr, command


@pytest.mark.parametrize("command", [("mcp", "--landing-dir", "none"), ("key", "list"), ("model", "list")])
def test_a_storage_root_that_is_not_there_is_said_to_be_missing(command: tuple[str, ...]) -> None:
    result = seismic(*command, "--storage-root", "none")

    assert result.returncode == 2
    assert result.stderr.startswith("Error: the storage root ")
    assert "none does not exist; give the one of your runs with --storage-root" in result.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("validate",),
        ("deploy", "--env", "prod"),
        ("exporter", "--port", "0"),
        ("key", "create", "--name", "a"),
        ("model", "list"),
        ("tidy",),
        ("sql", "SELECT 1"),
    ],
)
def test_a_file_is_no_storage_root_of_any_command(command: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "afile"
    file.touch()

    result = seismic(*command, "--storage-root", file)

    assert result.returncode == 2
    assert result.stderr == (
        f"Error: the storage root {file} is no folder: it is a file; give a folder with --storage-root or "
        "SEISMIC_STORAGE_ROOT.\n"
    )


@pytest.mark.parametrize("address", ["gs://surveys/storage", "s3:///storage", "S3://surveys/storage", "s3//surveys/x"])
@pytest.mark.parametrize("option", ["--storage-root", "--landing-dir"])
def test_a_misspelt_address_of_an_option_is_shown_as_it_was_given_and_no_folder_is_made(
    address: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = seismic("config", "show", option, address)

    assert result.returncode == 2
    assert f"='{address}' is not allowed: {address} is no address in an object store; write s3://" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("more", [("--full",), ("--keep", "x"), ("--full", "--keep", "x")])
def test_a_workflow_is_printed_by_itself(more: tuple[str, ...]) -> None:
    result = seismic("validate", "--workflow", *more)

    assert result.returncode == 2
    assert "--workflow prints a workflow and looks at nothing" in result.stderr
    assert result.stdout == ""


def test_mcp_names_a_landing_folder_that_is_not_there(tmp_path: Path) -> None:
    result = seismic("mcp", "--storage-root", tmp_path, "--landing-dir", tmp_path / "none")

    assert result.returncode == 2
    assert f"the landing folder {tmp_path / 'none'} does not exist" in result.stderr


def test_a_command_without_a_language_model_does_not_look_at_its_address(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()

    result = seismic("quality", "files", "--storage-root", tmp_path, ollama_host="http://me:secret@a..b")

    assert result.returncode == 0, result.stderr
    assert "no file has been read yet" in result.stdout


def test_the_lines_of_a_run_name_the_reports_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "quality_report.html"
    tell(RunOutcome(), page)
    assert str(page) not in capsys.readouterr().out

    page.touch()
    tell(RunOutcome(), page)

    assert f"reports in words beside it: {page}" in capsys.readouterr().out
