import numpy as np
import pytest

from seismic_assets.labels import LabelError
from seismic_assets.labels.volume_files import load_volume
from seismic_assets.segy import write_segy
from seismic_assets_tests.labels.building import write_npz

NAMES = ("rock", "salt")
GOOD = {"labels": np.zeros((2, 3, 4), dtype=np.uint8), "ilines": [1, 2], "xlines": [5, 6, 7]}


def refusal(path) -> str:
    with pytest.raises(LabelError) as caught:
        load_volume(path, NAMES)
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


def test_a_volume_keeps_the_integer_type_it_came_in(tmp_path):
    write_npz(tmp_path / "v.npz", **GOOD)
    volume = load_volume(tmp_path / "v.npz", NAMES)
    assert volume.values.dtype == np.uint8 and volume.values.shape == (6, 4)
    assert (volume.inline[3], volume.crossline[3]) == (2, 5)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"labels": np.zeros((2, 3, 4))}, "'labels' is float64; store it as integers"),
        ({"ilines": [1.0, 2.0]}, "'ilines' is float64"),
        ({"labels": np.zeros((3, 2, 4), dtype=int)}, "do not fit"),
        ({"labels": np.zeros((2, 3), dtype=int)}, "do not fit"),
        ({"labels": np.zeros((2, 3, 0), dtype=int)}, "holds no samples"),
        ({"ilines": [1, 1]}, "'ilines' holds 1 twice"),
        ({"xlines": [5, 6, 2**40]}, "'xlines' holds a number beyond 32 bits"),
        ({"start_ms": 0.0}, "has 'start_ms' alone"),
        ({"start_ms": [0.0, 1.0], "sample_interval_ms": 4.0}, "must be single numbers"),
        ({"start_ms": 0.0, "sample_interval_ms": -4.0}, "out of range"),
        ({"labels": np.full((2, 3, 4), 2)}, "unknown class 2 at inline 1, crossline 5, sample 0"),
        ({"labels": np.full((2, 3, 4), 256)}, "unknown class 256"),
        ({"labels": np.array([[[None]]]), "ilines": [1], "xlines": [5]}, "without pickle"),
    ],
)
def test_a_bad_archive_is_refused_with_what_is_wrong(tmp_path, change, what):
    write_npz(tmp_path / "v.npz", **(GOOD | change))
    assert what in refusal(tmp_path / "v.npz")


def test_a_missing_array_is_named(tmp_path):
    np.savez(tmp_path / "v.npz", labels=GOOD["labels"], ilines=GOOD["ilines"])
    assert "'xlines' is missing" in refusal(tmp_path / "v.npz")


def test_a_single_array_under_the_wrong_name_is_refused(tmp_path):
    with (tmp_path / "v.npz").open("wb") as stream:
        np.save(stream, GOOD["labels"])
    assert "single array" in refusal(tmp_path / "v.npz")


@pytest.mark.parametrize("keep", [0, 10, 300])
def test_a_cut_archive_is_refused(tmp_path, keep):
    write_npz(tmp_path / "v.npz", **GOOD)
    (tmp_path / "v.npz").write_bytes((tmp_path / "v.npz").read_bytes()[:keep])
    assert "cannot be read" in refusal(tmp_path / "v.npz")


def test_negative_and_255_are_no_unknown_classes(tmp_path):
    write_npz(tmp_path / "v.npz", **(GOOD | {"labels": np.array([-1, -9, 255, 1] * 6).reshape(2, 3, 4)}))
    load_volume(tmp_path / "v.npz", NAMES)


def write_label_segy(path, classes) -> None:
    count = len(classes)
    write_segy(
        path,
        np.asarray(classes, dtype=np.float32),
        inline=np.full(count, 7),
        crossline=np.arange(100, 100 + count),
        cdp_x=np.zeros(count),
        cdp_y=np.zeros(count),
        sample_interval_us=4000,
        start_ms=12.0,
    )


def test_a_segy_volume_has_its_axis_and_places_from_its_headers(tmp_path):
    write_label_segy(tmp_path / "v.sgy", [[0, 1, -1, 255], [1, 1, 0, 0]])
    volume = load_volume(tmp_path / "v.sgy", NAMES)
    assert volume.values.tolist() == [[0, 1, 255, 255], [1, 1, 0, 0]]
    assert volume.crossline.tolist() == [100, 101]
    assert volume.axis is not None and (volume.axis.start_ms, volume.axis.interval_ms) == (12.0, 4.0)


@pytest.mark.parametrize("value", [0.5, 2.0, 1e6])
def test_a_segy_sample_that_is_no_class_is_refused_with_its_place(tmp_path, value):
    write_label_segy(tmp_path / "v.sgy", [[0, 0, 0, 0], [1, 1, value, 0]])
    assert f"unknown class {value:.1f} at inline 7, crossline 101, sample 2" in refusal(tmp_path / "v.sgy")


def test_a_file_that_is_no_segy_is_refused(tmp_path):
    (tmp_path / "v.sgy").write_bytes(b"no seismic")
    assert "label volume" in refusal(tmp_path / "v.sgy")
