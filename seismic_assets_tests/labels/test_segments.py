import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.labels import LabelError
from seismic_assets.labels.geometry import FileGeometry
from seismic_assets.labels.segments import SegmentPainter, Segments

NUM_TRACES, NUM_SAMPLES = 4, 12
entries = st.lists(
    st.tuples(
        st.integers(0, NUM_TRACES - 1), st.integers(0, NUM_SAMPLES - 1), st.integers(1, NUM_SAMPLES), st.integers(0, 2)
    ),
    min_size=1,
    max_size=8,
)


def segments_of(rows) -> Segments:
    row, first, length, class_index = (np.array(column) for column in zip(*rows, strict=True))
    stop = np.minimum(first + length, NUM_SAMPLES)
    return Segments(row, first, stop, class_index.astype(np.int16), np.arange(1, len(row) + 1))


def slow_paint(rows) -> np.ndarray | None:
    """The painted section, or None where two classes meet on a sample."""
    section = np.full((NUM_TRACES, NUM_SAMPLES), -1)
    for row, first, length, class_index in rows:
        for sample in range(first, min(first + length, NUM_SAMPLES)):
            if section[row, sample] not in (-1, class_index):
                return None
            section[row, sample] = class_index
    return section


@given(entries, st.integers(1, 8))
def test_segments_are_painted_or_refused_as_sample_by_sample(rows, cut):
    geometry = FileGeometry("x.sgy", np.zeros(NUM_TRACES), np.arange(NUM_TRACES), 0.0, 4000, NUM_SAMPLES)
    parts = [segments_of(part) for part in (rows[:cut], rows[cut:]) if part]
    wanted = slow_paint(rows)
    if wanted is None:
        with pytest.raises(LabelError, match="two classes"):
            SegmentPainter(geometry, parts, ["a", "b"], "xyz")
        return
    painter = SegmentPainter(geometry, parts, ["a", "b"], "xyz")
    np.testing.assert_array_equal(painter.sample_classes(np.arange(NUM_TRACES)), wanted)
    np.testing.assert_array_equal(painter.sample_classes(np.array([2, 0, 2])), wanted[[2, 0, 2]])
