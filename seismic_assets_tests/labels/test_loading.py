import numpy as np
import pytest

from seismic_assets.labels import LabelError
from seismic_assets.segy import write_segy
from seismic_assets_tests.labels.building import line_of_traces, load, write_npz

VOLUME = "  - {kind: volume, path: v.npz}\n"
PICKS = "  - {kind: picks, class: anomaly, path: a.pts}\n"
TABLE = "  - {kind: table, path: t.csv}\n"


@pytest.fixture
def folder(tmp_path):
    write_npz(tmp_path / "v.npz", np.zeros((1, 1, 10), dtype=int), [7], [100])
    (tmp_path / "a.pts").write_text("7 101 8\n")
    (tmp_path / "t.csv").write_text("file_id,trace_index,class\nx.sgy,2,boundary\n")
    return tmp_path


@pytest.mark.parametrize(
    ("sources", "source"),
    [
        (TABLE + PICKS + VOLUME, "volume v.npz"),
        (TABLE + PICKS, "picks a.pts"),
        (TABLE, "table t.csv"),
    ],
)
def test_the_first_kind_that_labels_the_file_is_used_alone(folder, sources, source):
    labels = load(folder, "sources:\n" + sources).for_file("x.sgy", **line_of_traces(3))
    assert labels is not None and labels.source == source
    assert len(np.unique(labels.sample_classes(slice(None)))) == 2


def test_a_volume_without_a_labelled_sample_leaves_the_file_to_the_picks(folder):
    write_npz(folder / "v.npz", np.full((1, 1, 10), 255), [7], [100])
    labels = load(folder, "sources:\n" + VOLUME + PICKS).for_file("x.sgy", **line_of_traces(3))
    assert labels is not None and labels.kind == "picks"


def test_sources_of_the_other_kinds_are_still_counted(folder):
    labels = load(folder, "sources:\n" + VOLUME + PICKS + TABLE).for_file("x.sgy", **line_of_traces(3))
    assert labels is not None
    assert [match.samples for match in labels.matches] == [10, 1, 10]


def test_a_file_that_nothing_matches_has_no_labels_and_figures_that_say_so(folder):
    labels = load(folder, "sources:\n" + VOLUME + PICKS + TABLE)
    elsewhere = line_of_traces(3) | {"inline": np.full(3, 9)}
    assert labels.for_file("y.sgy", **elsewhere) is None
    assert [match.samples for match in labels.match("y.sgy", **elsewhere)] == [0, 0, 0]


def test_blocks_of_traces_give_what_the_whole_file_gives(folder):
    for sources in (VOLUME, PICKS, TABLE):
        labels = load(folder, "sources:\n" + sources).for_file("x.sgy", **line_of_traces(3))
        assert labels is not None
        whole = labels.sample_classes(slice(None))
        assert whole.shape == (3, 10) and whole.dtype == np.int16
        np.testing.assert_array_equal(labels.sample_classes(slice(1, 99)), whole[1:])
        np.testing.assert_array_equal(labels.sample_classes([2, 0]), whole[[2, 0]])


def label_line(path, places) -> None:
    write_segy(
        path,
        np.arange(len(places), dtype=np.float32)[:, None].repeat(10, axis=1),
        inline=np.zeros(len(places)),
        crossline=places,
        cdp_x=np.zeros(len(places)),
        cdp_y=np.zeros(len(places)),
        sample_interval_us=4000,
    )


def test_a_line_without_numbers_is_matched_by_the_order_of_its_traces(tmp_path):
    label_line(tmp_path / "v.sgy", [0, 0, 0])
    unnumbered = line_of_traces(3) | {"inline": np.zeros(3, int), "crossline": np.zeros(3, int)}
    labels = load(tmp_path, "sources: [{kind: volume, path: v.sgy}]").for_file("x.sgy", **unnumbered)
    assert labels is not None and labels.sample_classes(slice(None))[:, 0].tolist() == [0, 1, 2]


def test_a_line_without_numbers_that_has_other_traces_is_refused(tmp_path):
    label_line(tmp_path / "v.sgy", [0, 0, 0])
    unnumbered = line_of_traces(2) | {"inline": np.zeros(2, int), "crossline": np.zeros(2, int)}
    with pytest.raises(LabelError, match="several traces of one inline and crossline"):
        load(tmp_path, "sources: [{kind: volume, path: v.sgy}]").for_file("x.sgy", **unnumbered)
