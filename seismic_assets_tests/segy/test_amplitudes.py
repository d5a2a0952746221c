import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seismic_assets.segy import inspect_file, open_segy
from seismic_assets.segy.amplitudes import coded_otherwise, robust_scale, summarise_amplitudes
from seismic_assets.segy.formats import encode_ibm
from seismic_assets.segy.inspect import coding, sample_traces
from seismic_assets_tests.segy.building import patch, write_line

float32 = st.floats(width=32, allow_nan=True, allow_infinity=True)


def noise(shape=(200, 50), scale=1000.0):
    return (scale * np.random.default_rng(5).standard_normal(shape)).astype(np.float32)


def test_statistics_of_known_samples():
    found = summarise_amplitudes(np.array([[0, 1, -3, 2], [5, 5, 5, 5]], np.float32))
    assert (found.traces, found.dead, found.not_finite) == (2, 1, 0)
    assert (found.minimum, found.maximum, found.mean) == (-3, 5, 2.5)
    assert found.std == pytest.approx(np.std([0, 1, -3, 2, 5, 5, 5, 5]))
    assert (found.p50, found.zeros) == (5, 1 / 8)
    assert found.scale == pytest.approx(1.4826 * 5)


def test_what_is_not_finite_is_counted_and_left_out():
    found = summarise_amplitudes(np.array([[np.nan, np.inf, 4], [-np.inf, 2, 6]], np.float32))
    assert (found.not_finite, found.minimum, found.maximum, found.mean, found.dead) == (3, 2, 6, 4, 0)


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_traces_of_nothing_have_statistics_of_zero(value):
    found = summarise_amplitudes(np.full((2, 5), value, np.float32))
    assert (found.minimum, found.maximum, found.std, found.p99, found.scale) == (0, 0, 0, 0, 0)


def test_the_robust_scale_is_the_deviation_of_noise_whatever_mutes_and_spikes_there_are():
    traces = noise(scale=250.0)
    traces[:60] = 0
    traces[100, ::7] = 1e30
    assert robust_scale(traces) == pytest.approx(250, rel=0.05)


@settings(deadline=None)
@given(hnp.arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 12)), elements=float32))
def test_statistics_of_any_samples_are_finite(traces):
    with np.errstate(all="raise", under="ignore"):
        found = summarise_amplitudes(traces)
    assert np.isfinite(list(vars(found).values())).all()
    assert found.minimum <= found.mean * (1 + 1e-9) + 1e-300 or found.mean < 0
    assert 0 <= found.zeros <= 1


def test_ibm_and_ieee_words_are_told_apart():
    samples = noise()
    ibm, ieee = encode_ibm(samples), samples.view(np.uint32)
    assert coded_otherwise(ibm, 1) == coded_otherwise(ieee, 5) == ""
    assert "declares IBM floats (format 1), but its samples look like IEEE" in coded_otherwise(ieee, 1)
    assert "declares IEEE floats (format 5), but its samples look like IBM" in coded_otherwise(ibm, 5)


@pytest.mark.parametrize("code", [2, 3, 6, 8])
def test_of_other_formats_nothing_is_said(code):
    assert coded_otherwise(noise().view(np.uint32), code) == ""


def test_of_few_different_samples_nothing_is_said():
    assert coded_otherwise(np.tile(noise((1, 900)).view(np.uint32), 50), 1) == ""
    assert coded_otherwise(np.zeros(100_000, np.uint32), 5) == ""


@pytest.mark.parametrize(("written", "flipped"), [("ibm", 5), ("ieee", 1)])
def test_a_file_with_the_wrong_format_code_is_noted_and_with_the_right_one_is_not(tmp_path, written, flipped):
    path = write_line(tmp_path / "a.sgy", noise(), sample_format=written)
    assert not any("check the format code" in problem for problem in inspect_file(path).problems)
    report = inspect_file(patch(path, 3225, flipped.to_bytes(2, "big")))
    assert report.admitted
    assert any("check the format code" in problem for problem in report.problems)


def test_sampled_traces_are_spread_over_the_file_and_keep_to_the_most(tmp_path):
    traces = np.arange(100, dtype=np.float32)[:, None] * np.ones(10, np.float32)
    with open_segy(write_line(tmp_path / "a.sgy", traces)) as reader:
        assert sample_traces(reader, 50)[:, 0].tolist() == [0, 24, 49, 74, 99]
        assert sample_traces(reader, 1).shape == (1, 10)
        assert (sample_traces(reader) == traces).all()


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["Format1msb", "Format1lsb", "Format5msb", "Format5lsb"])
def test_real_samples_are_coded_as_declared_until_the_code_is_flipped(real_data, tmp_path, name):
    path = tmp_path / "a.sgy"
    path.write_bytes((real_data / f"segy/multiformats/{name}.sgy").read_bytes())
    with open_segy(path) as reader:
        assert coding(reader) == ""
        other = 6 - reader.layout.format_code
        order = reader.layout.endian
    with open_segy(patch(path, 3225, other.to_bytes(2, order))) as reader:
        assert "check the format code" in coding(reader)


@pytest.mark.real_data
def test_no_real_file_is_taken_for_coded_otherwise(real_data):
    for path in sorted((real_data / "segy").rglob("*.sgy")):
        assert not any("check the format code" in problem for problem in inspect_file(path).problems), path.name
