import numpy as np
import pytest

from seismic_assets.labels import LabelError
from seismic_assets_tests.labels.building import line_of_traces, load, write_npz

YAML = "sources: [{kind: volume, path: v.npz}]"


def columns_of(*columns) -> np.ndarray:
    """Traces as one inline of a label volume."""
    return np.array([columns])


def classes_of(folder, geometry=None, yaml: str = YAML) -> np.ndarray | None:
    labels = load(folder, yaml).for_file("x.sgy", **(geometry or line_of_traces(3, num_samples=4)))
    return None if labels is None else labels.sample_classes(slice(None))


def test_a_volume_labels_the_traces_at_its_lines_in_the_order_of_the_file(tmp_path):
    write_npz(tmp_path / "v.npz", columns_of([2] * 4, [0, 1, 255, -3]), [7], [102, 100])
    np.testing.assert_array_equal(classes_of(tmp_path), [[0, 1, -1, -1], [-1] * 4, [2] * 4])


def test_a_volume_elsewhere_labels_nothing(tmp_path):
    write_npz(tmp_path / "v.npz", columns_of([2] * 4), [8], [100])
    assert classes_of(tmp_path) is None


def test_a_volume_for_another_file_labels_nothing(tmp_path):
    write_npz(tmp_path / "v.npz", columns_of([2] * 4), [7], [100])
    assert classes_of(tmp_path, yaml="sources: [{kind: volume, path: v.npz, file: y.sgy}]") is None


@pytest.mark.parametrize(("start_ms", "wanted"), [(0.0, [0, 1, 2, -1]), (8.0, [-1, -1, 0, 1]), (-4.0, [1, 2, -1, -1])])
def test_a_stated_time_axis_places_a_volume_of_another_length(tmp_path, start_ms, wanted):
    write_npz(tmp_path / "v.npz", columns_of([0, 1, 2]), [7], [100], start_ms=start_ms, sample_interval_ms=4.0)
    classes = classes_of(tmp_path)
    assert classes is not None and classes[0].tolist() == wanted


def test_the_samples_that_match_are_counted_within_the_file(tmp_path):
    write_npz(tmp_path / "v.npz", columns_of([0, 1, 2]), [7], [100], start_ms=8.0, sample_interval_ms=4.0)
    matches = load(tmp_path, YAML).match("x.sgy", **line_of_traces(3, num_samples=4))
    assert [match.samples for match in matches] == [2]


def test_a_volume_wholly_above_or_below_the_file_labels_nothing(tmp_path):
    write_npz(tmp_path / "v.npz", columns_of([0, 1, 2]), [7], [100], start_ms=16.0, sample_interval_ms=4.0)
    assert classes_of(tmp_path) is None


def test_another_number_of_samples_without_a_time_axis_is_refused(tmp_path):
    write_npz(tmp_path / "v.npz", columns_of([0, 1, 2]), [7], [100])
    with pytest.raises(LabelError, match=r"has 3 samples a trace, x\.sgy has 4; add start_ms"):
        classes_of(tmp_path)


@pytest.mark.parametrize(
    "axis", [{"start_ms": 1.0, "sample_interval_ms": 4.0}, {"start_ms": 0.0, "sample_interval_ms": 2.0}]
)
def test_a_time_axis_that_falls_between_samples_is_refused(tmp_path, axis):
    write_npz(tmp_path / "v.npz", columns_of([0, 1, 2, 0]), [7], [100], **axis)
    with pytest.raises(LabelError, match="do not fall on those of x"):
        classes_of(tmp_path)


TWO = "sources: [{kind: volume, path: v.npz}, {kind: volume, path: w.npz}]"


def test_two_volumes_complete_each_other(tmp_path):
    write_npz(tmp_path / "v.npz", columns_of([0, 0, 255, 255]), [7], [100])
    write_npz(tmp_path / "w.npz", columns_of([255, 0, 1, 255], [2] * 4), [7], [100, 101])
    np.testing.assert_array_equal(classes_of(tmp_path, yaml=TWO), [[0, 0, 1, -1], [2] * 4, [-1] * 4])


def test_two_volumes_that_contradict_each_other_are_both_named(tmp_path):
    write_npz(tmp_path / "v.npz", columns_of([0, 0, 255, 255]), [7], [100])
    write_npz(tmp_path / "w.npz", columns_of([255, 1, 1, 255]), [7], [100])
    with pytest.raises(LabelError) as caught:
        classes_of(tmp_path, yaml=TWO)
    message = str(caught.value)
    assert f"{tmp_path / 'v.npz'} and {tmp_path / 'w.npz'} give x.sgy, inline 7, crossline 100, sample 1" in message
    assert "'normal' and 'anomaly'" in message
