import numpy as np
import polars as pl
import pytest

from seismic_assets.labels import LabelError
from seismic_assets.segy import file_id_of
from seismic_assets_tests.labels.building import line_of_traces, load

YAML = "sources: [{kind: table, path: t.csv}]"
PARQUET = "sources: [{kind: table, path: t.parquet}]"


def classes_of(folder, text: str, yaml: str = YAML, name: str = "x.sgy") -> np.ndarray | None:
    (folder / "t.csv").write_text(text)
    labels = load(folder, yaml).for_file(name, **line_of_traces(3))
    return None if labels is None else labels.sample_classes(slice(None))


def refusal(folder, text: str) -> str:
    with pytest.raises(LabelError) as caught:
        classes_of(folder, text)
    return str(caught.value)


def test_a_row_without_times_is_about_the_whole_trace(tmp_path):
    classes = classes_of(tmp_path, "file_id,trace_index,class\nx.sgy,1,boundary\n")
    assert classes is not None
    assert classes[1].tolist() == [2] * 10
    assert (classes[[0, 2]] == -1).all()


def test_an_interval_holds_its_start_and_not_its_end(tmp_path):
    classes = classes_of(
        tmp_path, "file,inline,crossline,start_ms,end_ms,class\nx.sgy,7,101,8,16,1\nx.sgy,7,101,16,,0\n"
    )
    assert classes is not None
    assert classes[1].tolist() == [-1, -1, 1, 1, 0, 0, 0, 0, 0, 0]


def test_a_parquet_file_says_the_same(tmp_path):
    pl.DataFrame({"file_id": ["x.sgy"], "trace_index": [2], "class": [1]}).write_parquet(tmp_path / "t.parquet")
    classes = classes_of(tmp_path, "", PARQUET)
    assert classes is not None and classes[2].tolist() == [1] * 10


@pytest.mark.parametrize("written", ["a b/x.sgy", "x.sgy", file_id_of("a b/x.sgy"), "a b\\x.sgy"])
def test_a_file_is_known_by_its_path_its_name_and_its_id(tmp_path, written):
    text = f"file_id,trace_index,class\n{written},0,1\n"
    assert classes_of(tmp_path, text, name="a b/x.sgy") is not None


def test_rows_of_other_files_are_passed_over(tmp_path):
    assert classes_of(tmp_path, "file_id,trace_index,class\nother.sgy,0,1\n") is None


def test_the_file_may_stand_in_the_yaml_instead(tmp_path):
    text = "trace_index,class\n0,1\n"
    yaml = "sources: [{kind: table, path: t.csv, file: x.sgy}]"
    assert classes_of(tmp_path, text, yaml) is not None
    assert classes_of(tmp_path, text, yaml, name="other.sgy") is None


def test_a_name_made_of_digits_comes_before_an_index(tmp_path):
    yaml = "classes: ['1', '0']\n" + YAML
    classes = classes_of(tmp_path, "file_id,trace_index,class\nx.sgy,0,1\n", yaml)
    assert classes is not None and classes[0, 0] == 0


def test_rows_beyond_the_file_are_counted(tmp_path):
    (tmp_path / "t.csv").write_text(
        "file_id,trace_index,start_ms,end_ms,class\nx.sgy,9,,,1\nx.sgy,0,400,500,1\nx.sgy,0,0,8,1\n"
    )
    labels = load(tmp_path, YAML).for_file("x.sgy", **line_of_traces(3))
    assert labels is not None
    assert (labels.matches[0].samples, labels.matches[0].outside) == (2, 2)


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("x.sgy,0,salt,,", "the class 'salt' is unknown"),
        ("x.sgy,0,3,,", "the class '3' is unknown"),
        ("x.sgy,0,,,", "the class is empty"),
        (",0,1,,", "the file_id is empty"),
        ("x.sgy,0.5,1,,", "the trace_index '0.5' is unknown or out of place; give a whole number"),
        ("x.sgy,,1,,", "the trace_index is empty"),
        ("x.sgy,0,1,soon,", "the start_ms 'soon' is unknown or out of place; give a number"),
        ("x.sgy,0,1,nan,", "the start_ms 'nan'"),
        ("x.sgy,0,1,8,8", "start_ms is not before end_ms"),
    ],
)
def test_a_bad_row_is_refused_with_file_and_line(tmp_path, row, what):
    message = refusal(tmp_path, f"file_id,trace_index,class,start_ms,end_ms\nx.sgy,1,1,,\n{row}\n")
    assert message.startswith(f"{tmp_path / 't.csv'}, line 3: {what}")


@pytest.mark.parametrize(
    ("header", "what"),
    [
        ("file_id,trace_index", "'class' is missing"),
        ("file_id,inline,class", "needs the column 'trace_index'"),
        ("trace_index,class", "'file_id' is missing"),
    ],
)
def test_a_missing_column_is_named(tmp_path, header, what):
    assert what in refusal(tmp_path, f"{header}\n" + ",".join("1" for _ in header.split(",")) + "\n")


def test_overlapping_intervals_of_two_classes_are_refused_with_both_lines(tmp_path):
    message = refusal(
        tmp_path,
        "file_id,trace_index,start_ms,end_ms,class\nx.sgy,0,0,40,1\nx.sgy,0,4,8,1\nx.sgy,0,20,24,2\n",
    )
    path = tmp_path / "t.csv"
    assert f"{path}, line 2 and {path}, line 4 give x.sgy, inline 7, crossline 100, sample 5" in message


def test_a_trace_index_that_contradicts_inline_and_crossline_is_refused(tmp_path):
    message = refusal(tmp_path, "file_id,trace_index,inline,crossline,class\nx.sgy,0,7,101,1\n")
    assert "line 2: trace 0 of x.sgy has inline 7, crossline 100" in message


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_a_file_that_is_no_table_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(LabelError, match="cannot be read as a table"):
        load(tmp_path, f"sources: [{{kind: table, path: {name}}}]")
