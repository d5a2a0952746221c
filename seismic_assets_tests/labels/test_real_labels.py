import numpy as np
import pytest

from seismic_assets.labels import load_sources, missing_files, read_label_config, read_picks, window_classes
from seismic_assets.segy import open_segy
from seismic_assets_tests.labels.building import DEFAULTS

pytestmark = pytest.mark.real_data


def test_every_pick_of_f3_inline_339_labels_a_sample_of_its_own(real_data):
    config = read_label_config(real_data / "labelled" / "f3_il339", DEFAULTS)
    assert config is not None
    crosslines = np.unique(np.concatenate([read_picks(source.path)["crossline"] for source in config.sources]))
    labels = load_sources(config).for_file(
        "f3_il339.sgy",
        np.full(len(crosslines), 339),
        crosslines,
        start_ms=0.0,
        sample_interval_us=4000,
        num_samples=463,
    )
    assert labels is not None
    classes = labels.sample_classes(slice(None))
    assert np.count_nonzero(classes >= 0) == 60_230
    assert sum(match.samples for match in labels.matches) == 60_230
    counts = np.bincount(classes[classes >= 0])
    assert counts.tolist() == [8843, 7819, 5889, 6009, 8041, 7957, 9277, 2001, 4394]


def test_the_penobscot_volume_labels_every_sample_of_every_trace(real_data):
    folder = real_data / "labelled" / "penobscot"
    config = read_label_config(folder, DEFAULTS)
    assert config is not None
    (path,) = folder.glob("*.sgy")
    assert [source.file for source in missing_files(config, [path.name])] == ["penobscot_xl1155.sgy"]
    with open_segy(path) as reader:
        headers = reader.headers()
        labels = load_sources(config).for_file(
            path.name,
            headers.inline,
            headers.crossline,
            start_ms=reader.start_ms,
            sample_interval_us=reader.sample_interval_us,
            num_samples=reader.num_samples,
        )
    assert labels is not None
    counts = sum(
        np.bincount(labels.sample_classes(slice(start, start + 1024)).ravel(), minlength=8)
        for start in range(0, labels.num_traces, 1024)
    )
    assert counts.tolist() == [448982, 684221, 843420, 135084, 202928, 1961637, 1060190, 7091818]
    assert [match.samples for match in labels.matches] == [8280 * 1501, 0]

    windows = window_classes(labels.sample_classes(slice(0, 1024)), np.arange(0, 1470, 16), 32, num_classes=8)
    assert set(np.unique(windows)) == set(range(8))


def test_the_penobscot_crossline_is_labelled_where_its_inlines_were_interpreted(real_data):
    config = read_label_config(real_data / "labelled" / "penobscot", DEFAULTS)
    assert config is not None
    with open_segy(real_data / "segy" / "real" / "penobscot_xl1155.sgy") as reader:
        headers = reader.headers()
        labels = load_sources(config).for_file(
            "penobscot_xl1155.sgy",
            headers.inline,
            headers.crossline,
            start_ms=reader.start_ms,
            sample_interval_us=reader.sample_interval_us,
            num_samples=reader.num_samples,
        )
    assert labels is not None
    labelled = (labels.sample_classes(slice(None)) >= 0).all(axis=1)
    assert headers.inline[labelled].tolist() == list(range(1075, 1091))
