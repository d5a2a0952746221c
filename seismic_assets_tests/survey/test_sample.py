"""Stage 0: the sample holds the survey's own traces, complete headers, and appears whole or not at all."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from seismic_assets.segy import NotSegyError, digest_file, open_segy, write_segy
from seismic_assets.survey.errors import SurveyError
from seismic_assets.survey.sample import sample_survey
from seismic_assets.survey.sample_files import PARTIAL_NAME
from seismic_assets.survey.sample_report import METADATA_NAME, SubVolume


def make_survey(path: Path, *, inlines: int = 20, crosslines: int = 25, holes: tuple[int, ...] = ()) -> Path:
    """A survey whose first sample of each trace is the trace's number, with zeros for the inlines of `holes`."""
    inline, crossline = np.meshgrid(np.arange(100, 100 + inlines), np.arange(300, 300 + crosslines), indexing="ij")
    inline, crossline = inline.ravel().copy(), crossline.ravel()
    x, y = 600_000 + 25.0 * crossline, 6_000_000 + 25.0 * inline
    inline[list(holes)] = 0
    traces = np.random.default_rng(0).normal(0, 1000, (len(inline), 40)).astype(np.float32)
    traces[:, 0] = np.arange(len(inline))
    write_segy(
        path,
        traces,
        inline=inline,
        crossline=crossline,
        cdp_x=x,
        cdp_y=y,
        sample_interval_us=4000,
        start_ms=48,
        sample_format="ieee",
    )
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return make_survey(tmp_path / "survey.sgy")


def read_all(folder: Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    traces, columns = [], {name: [] for name in ("inline", "crossline", "cdp_x", "cdp_y", "start_ms")}
    for path in sorted(folder.glob("sample_*.sgy")):
        with open_segy(path) as reader:
            traces.append(reader.traces())
            headers = reader.headers()
            assert reader.sample_interval_us == 4000
        for name, values in columns.items():
            values.append(getattr(headers, name))
    return np.concatenate(traces), {name: np.concatenate(values) for name, values in columns.items()}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_random_sample_holds_distinct_traces_of_the_survey_in_file_order(source, tmp_path):
    report = sample_survey(source, tmp_path / "out", traces=60, files=4)
    traces, headers = read_all(tmp_path / "out")
    number = traces[:, 0].astype(int)
    assert len(set(number)) == 60
    assert (np.diff(number) > 0).all()
    with open_segy(source) as reader:
        original, original_headers = reader.traces(), reader.headers()
    np.testing.assert_allclose(traces, original[number], rtol=1e-6)
    for name, values in headers.items():
        np.testing.assert_allclose(values, getattr(original_headers, name)[number])
    assert [entry.traces for entry in report.files] == [15, 15, 15, 15]


def test_the_metadata_says_what_was_done(source, tmp_path):
    report = sample_survey(source, tmp_path / "out", traces=60, files=4, seed=7)
    metadata = json.loads((tmp_path / "out" / METADATA_NAME).read_text())
    assert metadata == json.loads(report.to_json())
    assert metadata["source"] == "survey.sgy"
    assert metadata["source_digest"] == digest_file(source)
    assert (metadata["mode"], metadata["seed"], metadata["source_traces"]) == ("random traces", 7, 500)
    assert (metadata["requested_traces"], metadata["sampled_traces"]) == (60, 60)
    assert [entry["name"] for entry in metadata["files"]] == [f"sample_00{number}.sgy" for number in range(4)]
    assert metadata["imputation"]["offset"]["absent"] is True


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(source, tmp_path):
    for folder, seed, block in (("a", 1, 4096), ("b", 1, 7), ("c", 2, 4096)):
        sample_survey(source, tmp_path / folder, traces=50, seed=seed, block=block)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


def test_holes_in_the_headers_are_filled_and_reported(tmp_path):
    source = make_survey(tmp_path / "holes.sgy", holes=(30, 111, 112, 260))
    report = sample_survey(source, tmp_path / "out", traces=500)
    _, headers = read_all(tmp_path / "out")
    np.testing.assert_array_equal(headers["inline"], np.repeat(np.arange(100, 120), 25))
    assert report.imputation["inline"].imputed_by_knn == 4
    assert report.imputation["crossline"].missing == 0


def test_a_sub_volume_holds_every_trace_of_its_ranges(source, tmp_path):
    report = sample_survey(source, tmp_path / "out", window=SubVolume(105, 109, 310, 315), files=2, block=4)
    _, headers = read_all(tmp_path / "out")
    assert sorted(set(headers["inline"])) == list(range(105, 110))
    assert sorted(set(headers["crossline"])) == list(range(310, 316))
    assert (report.mode, report.sampled_traces, report.requested_traces) == ("sub-volume", 30, None)


def test_a_sub_volume_that_reaches_beyond_the_survey_takes_what_there_is_and_says_so(source, tmp_path):
    report = sample_survey(source, tmp_path / "out", window=SubVolume(118, 130, 300, 324), files=1)
    assert report.sampled_traces == 50
    assert "reaches beyond the survey (inlines 100-119, crosslines 300-324)" in report.notes[0]


def test_fewer_traces_than_asked_are_all_taken_and_said(source, tmp_path):
    report = sample_survey(source, tmp_path / "out", traces=800)
    assert report.sampled_traces == 500
    assert report.notes == ("800 traces were asked for and the survey has 500: all were taken",)


def test_a_smaller_sample_replaces_a_larger_one(source, tmp_path):
    sample_survey(source, tmp_path / "out", traces=60, files=6)
    (tmp_path / "out" / "mine.sgy").write_bytes(b"kept")
    sample_survey(source, tmp_path / "out", traces=60, files=2)
    assert sorted(contents(tmp_path / "out")) == ["mine.sgy", "sample_000.sgy", "sample_001.sgy", METADATA_NAME]


def test_progress_is_told_after_each_file(source, tmp_path):
    seen = []
    sample_survey(source, tmp_path / "out", traces=60, files=3, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(20, 60), (40, 60), (60, 60)]


def test_a_killed_run_leaves_no_sample_and_the_next_one_clears_up(source, tmp_path):
    out = tmp_path / "out"
    code = (
        "import os, sys; from pathlib import Path; from seismic_assets.survey.sample import sample_survey\n"
        "sample_survey(Path(sys.argv[1]), Path(sys.argv[2]), traces=60, files=3, progress=lambda *_: os._exit(9))"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(source), str(out)], check=False, env=os.environ.copy())
    assert killed.returncode == 9
    assert [path.name for path in out.iterdir()] == [PARTIAL_NAME]
    sample_survey(source, out, traces=60, files=3)
    sample_survey(source, tmp_path / "fresh", traces=60, files=3)
    assert contents(out) == contents(tmp_path / "fresh")


def test_a_run_killed_while_files_were_put_in_place_leaves_nothing_behind_the_next(source, tmp_path):
    sample_survey(source, tmp_path / "out", traces=60, files=6)
    partial = tmp_path / "out" / PARTIAL_NAME
    partial.mkdir()
    (tmp_path / "out" / METADATA_NAME).rename(partial / METADATA_NAME)
    sample_survey(source, tmp_path / "out", traces=60, files=1)
    assert sorted(contents(tmp_path / "out")) == ["sample_000.sgy", METADATA_NAME]


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"traces": 3}, "3 traces do not fill 5 files"),
        ({"files": 0}, "files is 0"),
        ({"window": SubVolume(5, 9, 300, 310)}, r"the survey covers inlines 100-119, crosslines 300-324"),
        ({"window": SubVolume(9, 5, 300, 310)}, "give the smaller number first"),
        ({"window": SubVolume(100, 100, 300, 301)}, "2 traces of survey.sgy do not fill 5 files"),
    ],
)
def test_impossible_requests_are_refused_and_write_nothing(source, tmp_path, request_, sentence):
    with pytest.raises(SurveyError, match=sentence):
        sample_survey(source, tmp_path / "out", **request_)
    assert not (tmp_path / "out").exists() or not contents(tmp_path / "out")


def test_a_missing_survey_is_refused(tmp_path):
    with pytest.raises(SurveyError, match=r"nowhere\.sgy does not exist"):
        sample_survey(tmp_path / "nowhere.sgy", tmp_path / "out")


def test_a_file_that_is_not_segy_is_refused(tmp_path):
    (tmp_path / "text.sgy").write_text("no")
    with pytest.raises(NotSegyError, match=r"text\.sgy"):
        sample_survey(tmp_path / "text.sgy", tmp_path / "out")


def test_a_folder_that_cannot_be_made_is_refused(source, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SurveyError, match="cannot be made"):
        sample_survey(source, tmp_path / "file" / "out")


def test_a_survey_is_not_overwritten_by_its_own_sample(tmp_path):
    source = make_survey(tmp_path / "sample_000.sgy")
    with pytest.raises(SurveyError, match="would overwrite the survey"):
        sample_survey(source, tmp_path)


def test_foreign_metadata_is_refused(source, tmp_path):
    (tmp_path / METADATA_NAME).write_text("[]")
    with pytest.raises(SurveyError, match="is not the metadata of a sample"):
        sample_survey(source, tmp_path)


def test_a_survey_without_numbers_cannot_be_cut(tmp_path):
    zeros = np.zeros(20, int)
    write_segy(
        tmp_path / "line.sgy",
        np.ones((20, 8), np.float32),
        inline=zeros,
        crossline=zeros,
        cdp_x=zeros,
        cdp_y=zeros,
        sample_interval_us=2000,
    )
    with pytest.raises(SurveyError, match="no inline and crossline numbers"):
        sample_survey(tmp_path / "line.sgy", tmp_path / "out", window=SubVolume(1, 2, 1, 2))


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "traces"), [("f3.sgy", 100), ("F3_very_small.sgy", 50)])
def test_a_real_survey_is_sampled_trace_by_trace(real_data, tmp_path, name, traces):
    source = real_data / "segy" / "real" / name
    report = sample_survey(source, tmp_path, traces=traces, sample_format="ieee")
    sampled, headers = read_all(tmp_path)
    with open_segy(source) as reader:
        original, numbers = reader.traces(), reader.headers()
    place = {pair: index for index, pair in enumerate(zip(numbers.inline, numbers.crossline, strict=True))}
    index = [place[pair] for pair in zip(headers["inline"], headers["crossline"], strict=True)]
    np.testing.assert_array_equal(sampled, original[index])
    np.testing.assert_allclose(headers["cdp_x"], numbers.cdp_x[index])
    np.testing.assert_array_equal(headers["start_ms"], numbers.start_ms[index])
    assert report.sampled_traces == traces
    assert all(column.missing == 0 for column in report.imputation.values())
