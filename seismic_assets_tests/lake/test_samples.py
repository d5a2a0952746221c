import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seismic_assets.lake import samples_column, to_array

shapes = st.tuples(st.integers(1, 8), st.integers(1, 30))
every_float = hnp.arrays(np.uint32, shapes, elements=st.integers(0, 2**32 - 1)).map(lambda bits: bits.view(np.float32))


@given(every_float)
def test_samples_come_back_to_the_last_bit_whatever_they_are(traces):
    back = to_array(pl.Series(samples_column(traces)))
    assert (back.dtype, back.shape) == (np.float32, traces.shape)
    assert back.tobytes() == traces.tobytes()


def test_a_value_is_little_endian_float32(tmp_path):
    column = samples_column(np.array([[1.0, -2.0]], np.float32))
    assert column.to_pylist() == [b"\x00\x00\x80\x3f\x00\x00\x00\xc0"]


def test_a_view_that_is_not_contiguous_is_written_as_it_reads():
    traces = np.arange(60, dtype=np.float32).reshape(6, 10)[::2, ::3]
    assert (to_array(pl.Series(samples_column(traces))) == traces).all()


def test_big_endian_samples_are_converted():
    traces = np.array([[1.5, 2.5]], dtype=">f4")
    assert to_array(pl.Series(samples_column(traces))).tolist() == [[1.5, 2.5]]


def test_no_trace_is_an_empty_array():
    assert to_array(pl.Series([], dtype=pl.Binary)).shape == (0, 0)


@pytest.mark.parametrize("lengths", [(2, 3), (1, 3, 2), (2, 1, 3)])
def test_traces_of_different_length_are_refused(lengths):
    column = pl.Series([np.zeros(length, np.float32).tobytes() for length in lengths])
    with pytest.raises(ValueError, match="differ in length; read one file at a time"):
        to_array(column)
