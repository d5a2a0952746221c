"""`seismic ask` on a storage root without an index, with one, and with a damaged one."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from seismic_assets.cli.main import app
from seismic_assets.settings import load_settings
from seismic_assets_tests.knowledge.building import by_words

run = CliRunner().invoke


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_documentation_can_be_asked_before_anything_was_run(tmp_path):
    done = run(app, ["ask", "how do I roll a model back?", "--json", "--no-model", "--storage-root", str(tmp_path)])
    assert done.exit_code == 0
    given = json.loads(done.stdout)
    assert given["num_sources"] == 5
    assert any("rolled back" in each["content_preview"] for each in given["sources"])
    assert "was not made yet" in given["notes"][0]


def test_passages_are_shown_with_number_and_origin(tmp_path):
    by_words().save(load_settings(storage_root=tmp_path).knowledge_index_dir)
    done = run(app, ["ask", "which client is in the header?", "-k", "1", "--no-model", "--storage-root", str(tmp_path)])
    assert done.exit_code == 0
    assert "[1] line.sgy, text header, text of a data file, similarity" in done.stdout
    assert "CLIENT NOBODY" in done.stdout


def test_a_damaged_index_is_stood_for_and_said(tmp_path):
    folder = load_settings(storage_root=tmp_path).knowledge_index_dir
    place = by_words().save(folder)
    (place / "passages.json").write_text("[]")
    done = run(app, ["ask", "how is an API key made?", "--json", "--storage-root", str(tmp_path)])
    assert done.exit_code == 0
    assert "cannot be used" in json.loads(done.stdout)["notes"][0]


@pytest.mark.parametrize("options", [["--method", "magic"], ["--k", "0"], ["--k", "21"]])
def test_options_that_cannot_be_are_refused(tmp_path, options):
    assert run(app, ["ask", "keys?", *options, "--storage-root", str(tmp_path)]).exit_code == 2
