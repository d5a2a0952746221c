import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seismic_assets.labels import LabelError, read_picks
from seismic_assets_tests.labels.building import line_of_traces, load

picks = st.tuples(
    st.integers(-(2**31), 2**31 - 1),
    st.integers(-(2**31), 2**31 - 1),
    st.floats(-1e6, 1e6),
    st.floats(-1e6, 1e6),
)


@given(
    rows=st.lists(picks, min_size=1),
    separator=st.sampled_from([" ", "\t", ",", " , ", "   "]),
    newline=st.sampled_from(["\n", "\r\n"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_back(tmp_path, rows, separator, newline):
    path = tmp_path / "p.pts"
    lines = ["# inline crossline time", "", *(separator.join(map(str, row)) + "  # pick" for row in rows)]
    path.write_bytes(newline.join(lines).encode())
    frame = read_picks(path)
    assert frame.drop("line").rows() == rows
    assert frame["line"].to_list() == list(range(3, 3 + len(rows)))


def test_the_amplitude_may_be_left_out(tmp_path):
    (tmp_path / "p.pts").write_text("1 2 3\n")
    assert read_picks(tmp_path / "p.pts").columns == ["line", "inline", "crossline", "time_ms"]


def test_columns_may_come_in_another_order(tmp_path):
    (tmp_path / "p.pts").write_text("3.5 2 1\n")
    frame = read_picks(tmp_path / "p.pts", ["time_ms", "crossline", "inline"])
    assert frame.select("inline", "crossline", "time_ms").rows() == [(1, 2, 3.5)]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("1 2", "2 values instead of 4"),
        ("1 2 3", "3 values instead of 4"),
        ("1 2 3 4 5", "5 values instead of 4"),
        ("1,2,,4", "the time_ms '' is no number"),
        ("1 2 abc 4", "the time_ms 'abc' is no number"),
        ("1 2 nan 4", "the time_ms 'nan' is no number"),
        ("1 2 3 inf", "the amplitude 'inf' is no number"),
        ("1.5 2 3 4", "the inline '1.5' is no whole number"),
        ("1 2147483648 3 4", "the crossline '2147483648' is no whole number"),
        ("il xl time amp", "the inline 'il' is no whole number"),
    ],
)
def test_a_bad_row_is_refused_with_file_and_line(tmp_path, row, what):
    path = tmp_path / "p.pts"
    path.write_text(f"# a comment\n1 2 3 4\n{row}\n")
    with pytest.raises(LabelError) as caught:
        read_picks(path)
    assert str(caught.value).startswith(f"{path}, line 3: {what}")


@pytest.mark.parametrize("content", [b"", b"# nothing\n\n"])
def test_a_file_without_picks_is_refused(tmp_path, content):
    (tmp_path / "p.pts").write_bytes(content)
    with pytest.raises(LabelError, match="holds no picks"):
        read_picks(tmp_path / "p.pts")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "p.pts").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(LabelError, match="UTF-8"):
        read_picks(tmp_path / "p.pts")


YAML = "sources:\n  - {kind: picks, class: anomaly, path: a.pts}\n  - {kind: picks, class: boundary, path: b.pts}\n"


def test_picks_fall_on_the_nearest_sample_whatever_their_order(tmp_path):
    (tmp_path / "a.pts").write_text("7 102 33\n7 100 8\n")
    (tmp_path / "b.pts").write_text("7 100 10.1\n")
    labels = load(tmp_path, YAML).for_file("x.sgy", **line_of_traces(3))
    assert labels is not None
    wanted = np.full((3, 10), -1)
    wanted[2, 8] = wanted[0, 2] = 1
    wanted[0, 3] = 2
    np.testing.assert_array_equal(labels.sample_classes(slice(None)), wanted)
    assert labels.source == "picks a.pts and 1 more"


def test_picks_above_and_below_the_trace_are_counted_not_refused(tmp_path):
    (tmp_path / "a.pts").write_text("7 100 -8\n7 100 400\n7 100 8\n9 9 8\n")
    (tmp_path / "b.pts").write_text("9 9 8\n")
    labels = load(tmp_path, YAML).for_file("x.sgy", **line_of_traces(3))
    assert labels is not None
    assert [(match.samples, match.outside) for match in labels.matches] == [(1, 2), (0, 0)]


def test_one_sample_in_two_classes_is_refused_with_both_files_and_lines(tmp_path):
    (tmp_path / "a.pts").write_text("7 101 4\n7 100 8\n")
    (tmp_path / "b.pts").write_text("# b\n\n7 100 9\n")
    labels = load(tmp_path, YAML)
    with pytest.raises(LabelError) as caught:
        labels.for_file("x.sgy", **line_of_traces(3))
    message = str(caught.value)
    assert f"{tmp_path / 'a.pts'}, line 2" in message
    assert f"{tmp_path / 'b.pts'}, line 3" in message
    assert "inline 7, crossline 100, sample 2" in message
    assert "'anomaly' and 'boundary'" in message


def test_the_same_class_twice_on_a_sample_is_harmless(tmp_path):
    (tmp_path / "a.pts").write_text("7 100 8\n7 100 8\n")
    (tmp_path / "b.pts").write_text("7 100 20\n")
    labels = load(tmp_path, YAML).for_file("x.sgy", **line_of_traces(3))
    assert labels is not None and labels.sample_classes([0])[0, 2] == 1
