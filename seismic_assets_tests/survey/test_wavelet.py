"""From impedance to a seismogram."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.survey.wavelet import reflectivity, ricker, seismogram


@given(st.floats(5, 60), st.sampled_from([0.001, 0.002, 0.004]))
def test_a_ricker_wavelet_is_symmetric_with_its_unit_peak_in_the_middle(frequency, interval):
    wavelet = ricker(frequency, interval)
    assert np.array_equal(wavelet, wavelet[::-1])
    assert wavelet.argmax() == len(wavelet) // 2
    assert wavelet.max() == 1.0


@pytest.mark.parametrize("frequency", [15.0, 32.0, 60.0])
def test_a_ricker_wavelet_has_its_spectral_peak_at_its_frequency(frequency):
    spectrum = np.abs(np.fft.rfft(ricker(frequency, 0.004), 4096))
    assert np.fft.rfftfreq(4096, 0.004)[spectrum.argmax()] == pytest.approx(frequency, rel=0.02)


def test_reflection_lies_at_the_first_sample_of_the_lower_layer_with_the_sign_of_the_step():
    impedance = np.full((2, 20), 1000, np.float32)
    impedance[0, 8:] = 3000
    impedance[1, 5:] = 500
    coefficients = reflectivity(impedance)
    assert coefficients[0, 8] == pytest.approx(0.5)
    assert coefficients[1, 5] == pytest.approx(-1 / 3)
    assert np.count_nonzero(coefficients) == 2


def test_no_contrast_gives_no_seismogram():
    assert not seismogram(np.zeros((3, 100), np.float32), 32.0, 0.004).any()


def test_a_reflector_keeps_its_time_and_polarity():
    coefficients = np.zeros((1, 200), np.float32)
    coefficients[0, 90] = -0.2
    trace = seismogram(coefficients, 32.0, 0.004)[0]
    assert np.abs(trace).argmax() == 90
    assert trace[90] == pytest.approx(-0.2, rel=0.01)


def test_the_wavelet_loses_frequency_with_depth():
    coefficients = np.zeros((2, 400), np.float32)
    coefficients[0, 30] = coefficients[1, 370] = 1
    spectra = np.abs(np.fft.rfft(seismogram(coefficients, 32.0, 0.004), axis=1))
    shallow, deep = spectra.argmax(axis=1)
    assert shallow > deep
