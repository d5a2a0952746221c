"""What is known of each feature: its unit, its formula, where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from seismic_assets.attributes.feature_set import CENTRE_TIME
from seismic_assets.attributes.lateral import LATERAL
from seismic_assets.attributes.spectral import SPECTRAL
from seismic_assets.attributes.waveform import WAVEFORM

FeatureGroup = Literal["statistical", "energy_frequency", "embedding", "extended", "lateral", "time"]
AMPLITUDE = "amplitude"
_TANER = "Taner, Koehler & Sheriff, Geophysics 44, 1979"
_BARNES = "Barnes, Geophysics 72, 2007"
_BODINE = "Bodine, SEG Expanded Abstracts, 1984"
_HJORTH = "Hjorth, Electroencephalogr. Clin. Neurophysiol. 29, 1970"
_MARFURT = "Marfurt, Kirlin, Farmer & Bahorich, Geophysics 63, 1998"
_CLAERBOUT = "Claerbout, Earth Soundings Analysis, 1992, chapter 4"


@dataclass(frozen=True)
class FeatureFacts:
    """What is known of one feature of a window x of n samples.

    Attributes:
        name: as in the tables.
        group: which features it belongs to.
        unit: of its values; `amplitude` is the unit of the samples, `1` a ratio.
        formula: in words and symbols; z is the analytic signal, P the power spectrum, u the window over its rms.
        source: of the formula; empty where it is common.
    """

    name: str
    group: FeatureGroup
    unit: str
    formula: str
    source: str = ""


def facts_of(names: Sequence[str], embedding: str = "pca") -> tuple[FeatureFacts, ...]:
    """Facts of features, in the order of their names.

    Args:
        names: of features.
        embedding: what makes the embedding: `pca`, `mlp_autoencoder` or `samples`.

    Raises:
        KeyError: no feature set has such a feature, or nothing makes such an embedding.
    """
    return tuple(_embedding(name, embedding) if name.startswith("embedding_") else _KNOWN[name] for name in names)


def _embedding(name: str, kind: str) -> FeatureFacts:
    number = name.removeprefix("embedding_")
    if not number.isdecimal():
        raise KeyError(name)
    unit, formula, source = _EMBEDDINGS[kind]
    return FeatureFacts(name, "embedding", unit, formula.format(number), source)


_EMBEDDINGS = {
    "pca": (
        "1",
        "principal component {} of the standardised window, fitted on the training windows alone",
        "Jolliffe, Principal Component Analysis, 2002",
    ),
    "mlp_autoencoder": (
        "1",
        "output {} of the bottleneck of a network that was fitted to repeat the training windows",
        "Hinton & Salakhutdinov, Science 313, 2006",
    ),
    "samples": (
        "1",
        "sample {} of the window, less the mean and over the standard deviation of the training windows",
        "",
    ),
}


def _facts(group: FeatureGroup, rows: dict[str, tuple[str, ...]]) -> dict[str, FeatureFacts]:
    return {name: FeatureFacts(name, group, *row) for name, row in rows.items()}


def _each(
    names: Sequence[str], prefix: str, unit: str, formula: str, source: str = ""
) -> dict[str, tuple[str, str, str]]:
    """One row for each name that begins so; the rest of the name takes the place of {}."""
    return {
        name: (unit, formula.format(name.removeprefix(prefix).replace("_", " ")), source)
        for name in names
        if name.startswith(prefix) and name.removeprefix(prefix)[-1].isdecimal()
    }


_KNOWN: dict[str, FeatureFacts] = {
    **_facts(
        "statistical",
        {
            "mean_amplitude": (AMPLITUDE, "sum(x) / n"),
            "std_amplitude": (AMPLITUDE, "sqrt(sum((x - mean)^2) / n)"),
            "min_amplitude": (AMPLITUDE, "min(x)"),
            "max_amplitude": (AMPLITUDE, "max(x)"),
            "rms_amplitude": (AMPLITUDE, "sqrt(sum(x^2) / n)"),
        },
    ),
    **_facts(
        "energy_frequency",
        {
            "energy": (f"{AMPLITUDE}^2", "sum(x^2)"),
            "zero_crossings": ("count", "changes of sign between neighbouring samples"),
            "dominant_frequency": ("Hz", "frequency of the largest |FFT(x)|^2 over the bins 1 .. n//2 - 1"),
        },
    ),
    **_facts(
        "extended",
        {
            "envelope_mean": (AMPLITUDE, "mean of |z|", _TANER),
            "envelope_max": (AMPLITUDE, "max of |z|", _TANER),
            "envelope_variation": ("1", "standard deviation of |z| over its mean", _TANER),
            "envelope_peak_position": ("1", "where |z| is largest, 0 first sample, 1 last", _TANER),
            "instantaneous_frequency": ("Hz", "arg(c) / (2 pi dt), c = sum(z[t+1] conj(z[t]))", _BARNES),
            "frequency_spread": ("Hz", "sqrt(-2 log(|c| / sum|z[t+1] z[t]|)) / (2 pi dt)", _BARNES),
            "sweetness": (
                f"{AMPLITUDE} / Hz^0.5",
                "envelope_mean / sqrt(instantaneous_frequency)",
                "Radovich & Oliveros, The Leading Edge 17, 1998",
            ),
            "response_frequency": (
                "Hz",
                "arg(c) / (2 pi dt) in the eighth of the window around the peak of |z|",
                _BODINE,
            ),
            "response_phase": ("degree", "arg(z) at the peak of |z|", _BODINE),
            "spectral_centroid": ("Hz", "sum(P f) / sum(P)"),
            "spectral_bandwidth": ("Hz", "sqrt(sum(P (f - centroid)^2) / sum(P))", "Barnes, Geophysics 58, 1993"),
            **_each(SPECTRAL, "band_energy_", "1", "share of sum(P) in band {} of six equal ones up to Nyquist"),
            **_each(WAVEFORM, "rms_", "1", "rms of u in part {} of six"),
            **_each(WAVEFORM, "roughness_", "1", "sqrt(mean(du^2) / (mean(u^2) + 0.001)) in quarter {}", _HJORTH),
            "peak_height": ("1", "max(u)"),
            "trough_height": ("1", "-min(u)"),
            "peak_position": ("1", "where u is largest, 0 first sample, 1 last"),
            "trough_position": ("1", "where u is smallest, 0 first sample, 1 last"),
            "event_rival": ("1", "largest |u| away from the strongest sample, over that sample"),
            **_each(WAVEFORM, "event_", "1", "u {} samples from the strongest sample, which counts as positive"),
        },
    ),
    **_facts(
        "lateral",
        {
            "semblance": ("1", "sum_t (sum_j u_j)^2 / (J sum_t sum_j u_j^2) over the traces around", _MARFURT),
            "semblance_minimum": ("1", "smallest semblance of the four quarters of the window", _MARFURT),
            **_each(LATERAL, "semblance_", "1", "semblance of quarter {} of the window", _MARFURT),
            "gradient_inline": ("1 / trace", "rms of the difference towards the next inline over the rms of x"),
            "gradient_crossline": ("1 / trace", "rms of the difference towards the next crossline over the rms of x"),
            "dip_inline": ("sample / trace", "-sum(g x') / sum(x'^2), later positive", _CLAERBOUT),
            "dip_crossline": ("sample / trace", "-sum(g x') / sum(x'^2), later positive", _CLAERBOUT),
            "dip_magnitude": ("sample / trace", "sqrt(dip_inline^2 + dip_crossline^2)", _CLAERBOUT),
            "unexplained_inline": ("1 / trace", "rms of g + dip x' over the rms of x"),
            "unexplained_crossline": ("1 / trace", "rms of g + dip x' over the rms of x"),
            "amplitude_contrast": ("1", "(own - other) / (own + other) of the rms and of the neighbours' mean rms"),
            "amplitude_variation": ("1", "standard deviation of the neighbours' rms over their mean"),
            "neighbours": ("count", "neighbours that are there, 0 to 8"),
        },
    ),
    **_facts("time", {CENTRE_TIME: ("ms", "time of the centre of the window")}),
}
