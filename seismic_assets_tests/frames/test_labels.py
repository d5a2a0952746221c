import numpy as np
import pytest

from seismic_assets.attributes import WindowGrid
from seismic_assets.frames import label_frames, match_frame
from seismic_assets.labels import load_sources, read_label_config
from seismic_assets.lake import BRONZE_TRACES, LABEL_MATCHES, TRACE_LABELS
from seismic_assets_tests.frames.building import FILE, SAMPLES, USABLE, bronze_lake

GRID = WindowGrid(20, 10)
LABELLED = 15  # of the 25 traces


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """Class 1 from sample 50 on, in the crosslines 200 to 214 alone; class 0 above."""
    folder = tmp_path_factory.mktemp("labelled")
    lake, _ = bronze_lake(folder)
    classes = np.zeros((1, LABELLED, SAMPLES), np.uint8)
    classes[:, :, 50:] = 1
    np.savez(
        folder / "truth.npz",
        labels=classes,
        ilines=[5],
        xlines=np.arange(200, 200 + LABELLED),
        sample_interval_ms=2.0,
        start_ms=40.0,
    )
    (folder / "labels.yaml").write_text("classes: [above, below]\nsources:\n  - {kind: volume, path: truth.npz}\n")
    config = read_label_config(folder, ("a", "b"))
    headers = lake.read(BRONZE_TRACES)
    labels = load_sources(config).for_file(
        FILE,
        headers["inline"].to_numpy(),
        headers["crossline"].to_numpy(),
        start_ms=40.0,
        sample_interval_us=2000,
        num_samples=SAMPLES,
    )
    return lake, config, labels


@pytest.mark.parametrize("rows", [1, 4, 1000])
def test_labels_stand_beside_the_keys_of_their_windows(labelled, rows):
    lake, config, labels = labelled
    lake.replace_file(
        TRACE_LABELS, FILE, label_frames(lake.stream(BRONZE_TRACES, FILE, rows=rows), labels, config, GRID, 0.5)
    )
    frame = lake.read(TRACE_LABELS)
    expected = [
        (trace, number, 200 + trace, int(start >= 50))  # half of the window at 40 is of either class: the lower wins
        for trace in USABLE
        if trace < LABELLED
        for number, start in enumerate(GRID.starts(SAMPLES))
    ]
    assert frame.select("trace_index", "window_index", "crossline", "class").rows() == expected
    assert frame["class_name"].to_list() == [("above", "below")[row[3]] for row in expected]


def test_a_match_frame_fits_its_table(labelled):
    for frame in (match_frame(labelled[2].matches), match_frame((), "labels contradict")):
        assert set(frame.columns) == set(LABEL_MATCHES.schema.names) - {"file_id"}
        assert frame.height == 1
    refused = match_frame((), "labels contradict").row(0, named=True)
    assert refused == {"source": "", "kind": "", "samples": 0, "outside": 0, "problem": "labels contradict"}
