"""How far the answers of a single graph are from those that serving gives, measured on windows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d

from seismic_assets.attributes import (
    HANDCRAFTED,
    LARGEST_AMPLITUDE,
    Traces,
    Windows,
    scaled,
    standardise,
    usable_traces,
    window_features,
)
from seismic_assets.inference.predictor import Predictor
from seismic_assets.inference.single_graph import (
    AMPLITUDE_SCALE,
    CENTRE_TIMES,
    LABEL,
    PROBABILITIES,
    STANDARDISED_FEATURES,
    WINDOWS,
    SingleGraphError,
)
from seismic_assets.registry import Bundle
from seismic_assets.segy import STANDARD_MAP, HeaderMap, file_scale, open_segy, resample_traces
from seismic_assets.survey.wavelet import ricker

PROBABILITY_TOLERANCE = 1e-5  # within which the bundle's own graph equals scikit-learn
_TRACES = 256
_PEAKS = np.geomspace(0.04, 0.2, 16)  # cycles a sample, from 10 to 50 Hz at 4 ms


@dataclass(frozen=True)
class GraphComparison:
    """The answers of a single graph beside those of the served path, features in NumPy and the bundle's own graph.

    Attributes:
        windows: how many were compared.
        labels_equal: share of windows with the same class.
        probabilities_equal: share of windows whose probabilities all agree to `PROBABILITY_TOLERANCE`.
        largest_probability_difference: of any class of any window.
        largest_feature_difference: of any feature of any window, in standard deviations of the training windows.
        largest_feature: name of that feature; empty where no feature differs.
    """

    windows: int
    labels_equal: float
    probabilities_equal: float
    largest_probability_difference: float
    largest_feature_difference: float
    largest_feature: str


def compare(bundle: Bundle, graph: bytes, windows: Windows, scale: float | None = None) -> GraphComparison:
    """Answer windows both ways; memory is of the order of the windows and their features.

    Serving adds up the embedding in float32, in an order that is the BLAS library's and changes with the number of
    windows in a call, and takes the extended attributes in float32, the graph in float64. The classic features often
    agree to the last digit, the extended ones to about 1e-4 standard deviations; a window on the threshold of a tree
    then has the probabilities of the leaf beside.

    Args:
        bundle: the model as it is served.
        graph: what `single_graph` made of it.
        windows: m > 0 windows at the model's sample interval, with the times of their centres where the model sees
            them.
        scale: what amplitudes are divided by, for a model that was trained on normalised ones.

    Raises:
        SingleGraphError: there is no window, or one with a sample that is not finite or too large.
    """
    if not _can_be_compared(windows.samples):
        raise SingleGraphError(
            "the graph is compared on one window at least, and every sample must be finite and within "
            f"{LARGEST_AMPLITUDE:g}; leave dead and broken traces out"
        )
    served = served_features(bundle, windows, scale)
    expected = Predictor(bundle).probabilities(served)
    probabilities, label, inputs = _answers(graph, windows, scale)
    apart = np.abs(probabilities - expected).max(axis=1)
    features = np.abs(inputs - standardise(served, bundle.feature_mean, bundle.feature_scale)).max(axis=0)
    worst = int(features.argmax())
    return GraphComparison(
        windows=len(label),
        labels_equal=float((label == expected.argmax(axis=1)).mean()),
        probabilities_equal=float((apart <= PROBABILITY_TOLERANCE).mean()),
        largest_probability_difference=float(apart.max()),
        largest_feature_difference=float(features[worst]),
        largest_feature=bundle.manifest.feature_names[worst] if features[worst] > 0 else "",
    )


def served_features(bundle: Bundle, windows: Windows, scale: float | None = None) -> NDArray[np.float32]:
    """(m, f) float32 features of m windows as `Predictor` computes them, not standardised."""
    normalised = replace(windows, samples=scaled(windows.samples, scale))
    return window_features(normalised, bundle.embedder, bundle.manifest.features)


def trial_windows(bundle: Bundle, count: int = 4096, seed: int = 0) -> tuple[Windows, float | None]:
    """Made-up windows where no file is at hand, and the amplitude scale that they are to be divided by.

    Reflections at random places under Ricker wavelets from 0.04 to 0.2 cycles a sample, with noise of 0.03 to 3 times
    their strength, a tenth to ten times as strong as the training windows; centre times as in training.
    """
    manifest, random = bundle.manifest, np.random.default_rng(seed)
    num_samples = manifest.window_samples
    spikes = random.laplace(size=(count, num_samples)) * (random.random((count, num_samples)) < 0.2)
    peaks = [ricker(float(peak), 1.0) for peak in _PEAKS]
    signal = np.stack(
        [convolve1d(each, peaks[index % len(peaks)], mode="constant") for index, each in enumerate(spikes)]
    )
    noise = 10.0 ** random.uniform(-1.5, 0.5, (count, 1)) * random.normal(size=signal.shape)
    scale = None if manifest.normalise == "none" else 3.7
    strength = 10.0 ** random.uniform(-1, 1, (count, 1)) * _training_amplitude(bundle) * (scale or 1.0)
    samples = (strength * (signal + noise)).astype(np.float32)
    centre_ms = None
    if manifest.time_feature:
        centre_ms = (bundle.feature_mean[-1] + bundle.feature_scale[-1] * random.normal(size=count)).astype(np.float32)
    return Windows(samples, manifest.sample_interval_us, centre_ms), scale


def file_windows(
    bundle: Bundle, path: Path, *, mapping: HeaderMap = STANDARD_MAP, resample: bool = False
) -> tuple[Windows, float | None]:
    """The windows of the first live traces of a SEG-Y file, and its amplitude scale where the model needs one.

    They are those of the first block of 256 traces in which one is neither dead nor broken.

    Args:
        bundle: whose windows they are to be.
        path: the file.
        mapping: where its trace headers keep positions.
        resample: bring traces of another sample interval to the model's.

    Raises:
        SegyError: the file cannot be read.
        SingleGraphError: its sample interval is not the model's, or no trace is live.
    """
    manifest = bundle.manifest
    with open_segy(path, mapping) as reader:
        if not resample and reader.sample_interval_us != manifest.sample_interval_us:
            raise SingleGraphError(
                f"{path} has a sample interval of {reader.sample_interval_us} us, the model was trained on "
                f"{manifest.sample_interval_us} us; give another file, or resample it (SEISMIC_RESAMPLE=true)"
            )
        scale = None if manifest.normalise == "none" else file_scale(reader) or 1.0
        for headers, stored in reader.blocks(_TRACES):
            samples = resample_traces(stored, reader.sample_interval_us, manifest.sample_interval_us)
            live = usable_traces(samples)
            if live.any():
                traces = Traces(samples, manifest.sample_interval_us, headers.start_ms).of(live)
                return traces.windows(manifest.window), scale
    raise SingleGraphError(f"{path} has no live trace to compare the graph on; give another file")


def _training_amplitude(bundle: Bundle) -> float:
    """Mean of the attribute rms_amplitude over the training windows."""
    return float(bundle.feature_mean[HANDCRAFTED.index("rms_amplitude")])


def _can_be_compared(samples: NDArray[np.float32]) -> bool:
    return len(samples) > 0 and bool((np.abs(samples) <= LARGEST_AMPLITUDE).all())  # NaN is not


def _answers(
    graph: bytes, windows: Windows, scale: float | None
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]:
    """(m, classes) probabilities, (m,) labels and (m, f) standardised features."""
    import onnxruntime
    from onnx import helper, load_model_from_string

    model = load_model_from_string(graph)
    model.graph.output.append(helper.make_empty_tensor_value_info(STANDARDISED_FEATURES))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    known = {
        WINDOWS: windows.samples,
        AMPLITUDE_SCALE: None if scale is None else np.array([scale], dtype=np.float32),
        CENTRE_TIMES: windows.centre_ms,
    }
    inputs = {each.name: known[each.name] for each in session.get_inputs()}
    probabilities, label, features = session.run([PROBABILITIES, LABEL, STANDARDISED_FEATURES], inputs)
    return np.asarray(probabilities), np.asarray(label), np.asarray(features)
