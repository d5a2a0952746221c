"""A synthetic survey on disk."""

from dataclasses import replace

import numpy as np
import pytest
import yaml

from seismic_assets.labels import read_label_config
from seismic_assets.segy import open_segy
from seismic_assets.survey.errors import SurveyError
from seismic_assets.survey.export import write_survey
from seismic_assets.survey.spec import SurveySpec
from seismic_assets.survey.synthetic import make_survey

SPEC = SurveySpec(seed=9, inlines=6, crosslines=9, samples=96)


@pytest.fixture(scope="module")
def survey():
    return make_survey(SPEC)


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def _files_of_sources(folder):
    return [source["file"] for source in yaml.safe_load((folder / "labels.yaml").read_text())["sources"]]


@pytest.mark.parametrize(("sample_format", "tolerance"), [("ibm", 1e-5), ("ieee", 0.0)])
def test_what_is_written_is_what_is_read(survey, tmp_path, sample_format, tolerance):
    (path,) = write_survey(survey, tmp_path, "north", sample_format=sample_format)
    with open_segy(path) as reader:
        headers, traces = reader.headers(0, reader.num_traces), reader.traces(0, reader.num_traces)
        assert (reader.num_samples, reader.sample_interval_us) == (96, 4000)
    assert np.allclose(traces, survey.traces.reshape(-1, 96), rtol=tolerance, atol=0)
    assert np.array_equal(headers.inline.reshape(6, 9)[:, 0], survey.inlines)
    assert np.array_equal(headers.crossline.reshape(6, 9)[0], survey.crosslines)
    assert np.allclose(headers.cdp_x, survey.cdp_x.ravel(), atol=0.005)
    assert np.allclose(headers.cdp_y, survey.cdp_y.ravel(), atol=0.005)
    assert np.array_equal(headers.cdp, np.arange(1, 55))


def test_several_files_hold_the_inlines_in_order_each_once(survey, tmp_path):
    paths = write_survey(survey, tmp_path, "north", files=4)
    inlines, cdps = [], []
    for path in paths:
        with open_segy(path) as reader:
            headers = reader.headers(0, reader.num_traces)
        inlines += np.unique(headers.inline).tolist()
        cdps += headers.cdp.tolist()
    assert [path.name for path in paths] == [f"north_00{number}.sgy" for number in range(4)]
    assert inlines == survey.inlines.tolist()
    assert cdps == list(range(1, 55))
    assert _files_of_sources(tmp_path) == [path.name for path in paths]


def test_the_label_volume_holds_the_truth_and_its_axes(survey, tmp_path):
    write_survey(survey, tmp_path, "north")
    with np.load(tmp_path / "north.npz") as volume:
        assert np.array_equal(volume["labels"], survey.labels)
        assert np.array_equal(volume["ilines"], survey.inlines)
        assert np.array_equal(volume["xlines"], survey.crosslines)


def test_the_labels_are_understood_by_the_reader_of_interpretations(survey, tmp_path):
    write_survey(survey, tmp_path, "north", files=2)
    config = read_label_config(tmp_path, ["unused"])
    assert config is not None
    assert config.classes == ("normal", "anomaly", "boundary")
    assert [(rule.class_index, rule.within, rule.share) for rule in config.window_rule] == [(2, 0.5, 0), (1, 1, 0.12)]
    assert [source.file for source in config.sources] == ["north_000.sgy", "north_001.sgy"]


def test_surveys_written_one_after_another_share_one_labels_yaml(survey, tmp_path):
    write_survey(survey, tmp_path, "north")
    write_survey(make_survey(replace(SPEC, seed=10)), tmp_path, "south", files=2)
    assert _files_of_sources(tmp_path) == ["north.sgy", "south_000.sgy", "south_001.sgy"]


def test_writing_a_survey_again_gives_the_same_bytes(survey, tmp_path):
    for folder in ("first", "second"):
        write_survey(survey, tmp_path / folder, "north", files=2)
    for name in _names(tmp_path / "first"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_writing_a_survey_again_with_fewer_files_leaves_none_of_the_old_ones(survey, tmp_path):
    write_survey(survey, tmp_path, "north", files=3)
    write_survey(survey, tmp_path, "north")
    assert _names(tmp_path) == ["labels.yaml", "north.npz", "north.sgy"]
    assert _files_of_sources(tmp_path) == ["north.sgy"]


def test_the_text_header_says_that_it_is_synthetic_and_with_which_seed(survey, tmp_path):
    (path,) = write_survey(survey, tmp_path, "north")
    text = path.read_bytes()[:3200].decode("cp500")
    assert "SYNTHETIC" in text
    assert "SEED 9" in text
    assert "SIGNAL TO NOISE 6" in text


def test_progress_counts_the_files(survey, tmp_path):
    seen = []
    write_survey(survey, tmp_path, "north", files=3, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "a\\b", "/north"])
def test_a_name_that_is_no_file_name_is_refused(survey, tmp_path, name):
    with pytest.raises(SurveyError, match="plain name"):
        write_survey(survey, tmp_path / "landing", name)
    assert not (tmp_path / "landing").exists()


@pytest.mark.parametrize("files", [0, 7])
def test_more_files_than_inlines_or_none_are_refused(survey, tmp_path, files):
    with pytest.raises(SurveyError, match="1 to 6 files"):
        write_survey(survey, tmp_path, "north", files=files)


def test_a_folder_that_is_a_file_is_refused(survey, tmp_path):
    (tmp_path / "landing").write_text("not a folder")
    with pytest.raises(SurveyError, match="landing"):
        write_survey(survey, tmp_path / "landing", "north")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("classes: [salt, else]\nsources: []\n", r"classes are \['salt', 'else'\]"),
        ("classes: [normal, anomaly, boundary]\nsources: []\n", "window_rule is None"),
        ("classes: [normal, anomaly, boundary]\n", "no list of sources"),
        ("sources: [a, b]\n", "no list of sources"),
        ("[1, 2\n", "cannot be read as YAML"),
    ],
)
def test_a_labels_yaml_that_means_something_else_is_left_alone_and_nothing_is_written(survey, tmp_path, content, said):
    (tmp_path / "labels.yaml").write_text(content)
    with pytest.raises(SurveyError, match=said):
        write_survey(survey, tmp_path, "north")
    assert _names(tmp_path) == ["labels.yaml"]
    assert (tmp_path / "labels.yaml").read_text() == content


def test_a_labels_yml_is_continued_rather_than_doubled(survey, tmp_path):
    write_survey(survey, tmp_path, "north")
    (tmp_path / "labels.yaml").rename(tmp_path / "labels.yml")
    write_survey(survey, tmp_path, "south")
    assert not (tmp_path / "labels.yaml").exists()
    assert len(read_label_config(tmp_path, ["unused"]).sources) == 2
