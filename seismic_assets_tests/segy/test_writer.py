import numpy as np
import pytest
import segyio
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seismic_assets.segy import SegyError, open_segy, write_segy
from seismic_assets.segy.writer import create_segy
from seismic_assets_tests.segy.building import write_line

shapes = st.tuples(st.integers(1, 6), st.integers(1, 40))
float32 = st.floats(width=32, allow_nan=True, allow_infinity=True)


def read(path):
    with open_segy(path) as reader:
        return reader.headers(), reader.traces()


@settings(max_examples=50, deadline=None)
@given(traces=hnp.arrays(np.float32, shapes, elements=float32))
def test_ieee_samples_come_back_to_the_last_bit(tmp_path_factory, traces):
    path = write_line(tmp_path_factory.mktemp("ieee") / "a.sgy", traces, sample_format="ieee")
    back = read(path)[1]
    nan = np.isnan(traces)
    assert (np.isnan(back) == nan).all()
    assert back[~nan].tobytes() == traces[~nan].tobytes()


@settings(max_examples=50, deadline=None)
@given(traces=hnp.arrays(np.float32, shapes, elements=st.floats(-(2.0**100), 2.0**100, width=32)))
def test_ibm_samples_come_back_within_their_24_bit_mantissa(tmp_path_factory, traces):
    back = read(write_line(tmp_path_factory.mktemp("ibm") / "a.sgy", traces))[1]
    # The leading hexadecimal digit may hold one bit only: 21 of the 24 bits remain, cut off.
    normal = np.abs(traces) > 1e-30
    np.testing.assert_allclose(back[normal], traces[normal], rtol=2.0**-20)
    assert (np.abs(back[~normal]) <= 1e-30).all()


def test_every_integer_of_21_bits_is_exact_in_ibm(tmp_path):
    integers = np.arange(-(2**21) + 1, 2**21, 67, dtype=np.float32)[None]
    assert (read(write_line(tmp_path / "a.sgy", integers))[1] == integers).all()


cents = st.lists(st.integers(-(2**31), 2**31 - 1), min_size=3, max_size=3)


@settings(max_examples=50, deadline=None)
@given(x=cents, y=cents, scalar=st.sampled_from([-10_000, -1000, -100, -10, 1, 0]))
def test_coordinates_that_the_scalar_can_hold_come_back_exactly(tmp_path_factory, x, y, scalar):
    divisor = max(-scalar, 1)
    x, y = np.array(x) / divisor, np.array(y) / divisor
    path = tmp_path_factory.mktemp("xy") / "a.sgy"
    headers = read(write_line(path, count=3, cdp_x=x, cdp_y=y, coordinate_scalar=scalar))[0]
    assert headers.cdp_x.tolist() == x.tolist()
    assert headers.cdp_y.tolist() == y.tolist()


def test_a_positive_scalar_multiplies(tmp_path):
    headers = read(write_line(tmp_path / "a.sgy", count=2, cdp_x=[1000, 2000], cdp_y=[0, 500], coordinate_scalar=100))[
        0
    ]
    assert (headers.cdp_x.tolist(), headers.cdp_y.tolist()) == ([1000, 2000], [0, 500])


int32 = st.lists(st.integers(-(2**31), 2**31 - 1), min_size=4, max_size=4)


@settings(max_examples=30, deadline=None)
@given(inline=int32, crossline=int32, cdp=int32, offset=int32)
def test_header_numbers_come_back(tmp_path_factory, inline, crossline, cdp, offset):
    numbers = {"inline": inline, "crossline": crossline, "cdp": cdp, "offset": offset}
    headers = read(write_line(tmp_path_factory.mktemp("headers") / "a.sgy", count=4, **numbers))[0]
    assert {name: getattr(headers, name).tolist() for name in numbers} == numbers


@pytest.mark.parametrize("start_ms", [0.0, 4.0, -200.0, 32_000.0])
def test_the_start_time_comes_back(tmp_path, start_ms):
    path = write_line(tmp_path / "a.sgy", start_ms=start_ms)
    assert read(path)[0].start_ms.tolist() == [start_ms] * 6
    with open_segy(path) as reader:
        assert reader.start_ms == start_ms


def test_segyio_reads_the_geometry_strictly(tmp_path):
    inline, crossline = np.repeat([1, 2, 3], 4), np.tile([10, 12, 14, 16], 3)
    path = write_line(tmp_path / "cube.sgy", count=12, inline=inline, crossline=crossline, text=["a survey"])
    with segyio.open(str(path)) as handle:
        assert (handle.ilines.tolist(), handle.xlines.tolist()) == ([1, 2, 3], [10, 12, 14, 16])
        assert b"a survey" in handle.text[0]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"traces": np.zeros((0, 5), np.float32)}, "nothing to write"),
        ({"traces": np.zeros(5, np.float32), "inline": [1], "crossline": [1], "cdp_x": [0], "cdp_y": [0]}, "nothing"),
        ({"traces": np.zeros((1, 65_536), np.float32)}, "exceed the 65,535"),
        ({"sample_interval_us": 0}, "sample interval in us must lie from 1 to 32,767"),
        ({"sample_interval_us": 40_000}, "sample interval in us must lie from 1 to 32,767"),
        ({"start_ms": 40_000}, "start in ms must lie"),
        ({"coordinate_scalar": -100_000, "cdp_x": [0] * 6, "cdp_y": [0] * 6}, "coordinate scalar must lie"),
        ({"inline": [2**31] * 6}, "must lie from"),
        ({"crossline": [1, 2]}, "give one value a trace"),
        ({"cdp_x": [3e7] * 6}, "coordinates with scalar -100 do not fit into 4 bytes; choose another"),
        ({"cdp_y": [np.nan] * 6}, "coordinates with scalar"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(tmp_path, changes, sentence):
    with pytest.raises(SegyError, match=sentence):
        write_line(tmp_path / "a.sgy", **changes)
    assert list(tmp_path.iterdir()) == []


def places(count, start=0):
    number = np.arange(start, start + count)
    return {"inline": number, "crossline": number, "cdp_x": number, "cdp_y": number}


def test_blocks_that_are_appended_make_the_file_that_is_written_at_once(tmp_path):
    traces = np.random.default_rng(0).normal(size=(7, 10)).astype(np.float32)
    write_segy(tmp_path / "once.sgy", traces, sample_interval_us=2000, **places(7))
    with create_segy(tmp_path / "blocks.sgy", num_samples=10, sample_interval_us=2000) as writer:
        for start, stop in ((0, 3), (3, 4), (4, 7)):
            writer.append(traces[start:stop], **places(stop - start, start))
        assert writer.traces == 7
    assert (tmp_path / "blocks.sgy").read_bytes() == (tmp_path / "once.sgy").read_bytes()


def test_a_file_that_fails_half_way_leaves_the_old_one(tmp_path):
    path = write_line(tmp_path / "a.sgy")
    before = path.read_bytes()

    def fail_in_the_middle():
        with create_segy(path, num_samples=10, sample_interval_us=4000) as writer:
            writer.append(np.ones((3, 10), np.float32), **places(3))
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        fail_in_the_middle()
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.sgy"]


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    with create_segy(tmp_path / "a.sgy", num_samples=10, sample_interval_us=4000) as writer:
        writer.append(np.ones((3, 10), np.float32), **places(3))
        assert not (tmp_path / "a.sgy").exists()
    assert read(tmp_path / "a.sgy")[1].shape == (3, 10)


def test_no_trace_and_traces_of_another_length_are_refused(tmp_path):
    with (
        pytest.raises(SegyError, match="no trace was given"),
        create_segy(tmp_path / "a.sgy", num_samples=10, sample_interval_us=4000),
    ):
        pass
    with (
        pytest.raises(SegyError, match=r"shape \(3, 9\) where 10 samples a trace were announced"),
        create_segy(tmp_path / "a.sgy", num_samples=10, sample_interval_us=4000) as writer,
    ):
        writer.append(np.ones((3, 9), np.float32), **places(3))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_ibm_floats_cannot_hold_is_refused_with_the_remedy(tmp_path, value):
    with pytest.raises(SegyError, match="neither NaN nor infinity; write IEEE floats"):
        write_line(tmp_path / "a.sgy", np.full((2, 3), value, np.float32))
    assert list(tmp_path.iterdir()) == []


def test_segyio_reads_the_same_samples(tmp_path):
    traces = (1e4 * np.random.default_rng(0).normal(size=(6, 30))).astype(np.float32)
    for sample_format in ("ibm", "ieee"):
        path = write_line(tmp_path / f"{sample_format}.sgy", traces, sample_format=sample_format)
        with segyio.open(str(path), ignore_geometry=True) as handle:
            assert (handle.trace.raw[:] == read(path)[1]).all()
