"""The attributes of the feature set `extended` as nodes of a graph.

NumPy computes them in float32; here everything between the samples and the finished attribute is float64, so that what
differs is NumPy's rounding alone. The matrices are made by the functions that NumPy's side uses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft

from seismic_assets.attributes import spectral, waveform
from seismic_assets.attributes.analytic import quadrature
from seismic_assets.attributes.unit import SILENCE
from seismic_assets.inference.single_graph_nodes import WindowGraph


@dataclass(frozen=True)
class _Unit:
    """Names of what `UnitWindows` holds.

    Attributes:
        samples: (m, n) float64 over their root mean square.
        varying: the same less the first sample.
        rms: (m, 1) float64.
        highest, lowest: (m, 1) int64.
        num_samples: n.
    """

    samples: str
    varying: str
    rms: str
    highest: str
    lowest: str
    num_samples: int


def extended_nodes(graph: WindowGraph, windows: str, num_samples: int, sample_interval_us: int) -> str:
    """`attributes.extended` of (m, num_samples) float32 windows: (m, len(EXTENDED)) float32, in its order."""
    unit = _unit(graph, windows, num_samples)
    columns = [
        *_analytic(graph, unit, sample_interval_us),
        *_spectral(graph, unit, sample_interval_us),
        *_waveform(graph, unit),
    ]
    return graph.cast(graph.node("Concat", columns, axis=1), np.float32)


def arctan2_nodes(graph: WindowGraph, above: str, beside: str) -> str:
    """`numpy.arctan2` of two float64 tables, in radians; 0 at the origin, pi where `above` is a zero of either sign."""
    upright = graph.with_constant("Equal", beside, np.float64(0))
    divisor = graph.node("Where", [upright, graph.constant(np.float64(1)), beside])
    # There is no arc tangent of float64 numbers in onnxruntime.
    ratio = graph.cast(graph.node("Div", [above, divisor]), np.float32)
    angle = graph.cast(graph.node("Atan", [ratio]), np.float64)
    below = graph.with_constant("Less", above, np.float64(0))
    half = graph.node("Where", [below, graph.constant(-np.pi), graph.constant(np.pi)])
    left = graph.with_constant("Less", beside, np.float64(0))
    turned = graph.node("Where", [left, graph.node("Add", [angle, half]), angle])
    vertical = graph.with_constant("Mul", graph.node("Sign", [above]), np.pi / 2)
    return graph.node("Where", [upright, vertical, turned])


def _unit(graph: WindowGraph, windows: str, num_samples: int) -> _Unit:
    wide = graph.cast(windows, np.float64)
    silent = graph.with_constant("LessOrEqual", graph.largest(graph.node("Abs", [wide])), np.float64(SILENCE))
    size = graph.node("Sqrt", [_mean(graph, _square(graph, wide), num_samples)])
    divisor = graph.node("Where", [silent, graph.constant(np.inf), size])
    moved = graph.node("Sub", [windows, graph.samples_between(windows, 0, 1)])
    return _Unit(
        samples=graph.node("Div", [wide, divisor]),
        varying=graph.node("Div", [graph.cast(moved, np.float64), divisor]),
        rms=graph.node("Where", [silent, graph.constant(np.float64(0)), size]),
        highest=graph.node("ArgMax", [windows], axis=1, keepdims=1),
        lowest=graph.node("ArgMin", [windows], axis=1, keepdims=1),
        num_samples=num_samples,
    )


def _analytic(graph: WindowGraph, unit: _Unit, sample_interval_us: int) -> list[str]:
    count, per_radian = unit.num_samples, np.float64(1 / (2 * np.pi * sample_interval_us * 1e-6))
    real = unit.samples
    imaginary = graph.product(unit.varying, quadrature(scipy.fft.rfft(np.eye(count), axis=1), count))
    square = graph.node("Add", [_square(graph, real), _square(graph, imaginary)])
    envelope = graph.node("Sqrt", [square])
    mean = _mean(graph, envelope, count)
    # As NumPy sees it: what is equal in float32 has its peak at the first sample.
    peak = graph.node("ArgMax", [graph.cast(envelope, np.float32)], axis=1, keepdims=1)

    spread = graph.node("Sub", [_mean(graph, square, count), _square(graph, mean)])
    deviation = graph.node("Sqrt", [graph.with_constant("Max", spread, np.float64(0))])
    strength = graph.node("Mul", [mean, unit.rms])
    turn_real, turn_imaginary, sizes = _turns(graph, real, imaginary, envelope, count)
    total = [graph.sum(turn_real), graph.sum(turn_imaginary)]
    frequency = graph.with_constant("Mul", arctan2_nodes(graph, total[1], total[0]), per_radian)
    least = np.float64(0.5e6 / (count * sample_interval_us))
    floored = graph.with_constant("Max", graph.node("Abs", [frequency]), least)

    around = _around(graph, peak, count)
    near_real, near_imaginary = (graph.sum(_taken(graph, turn, around)) for turn in (turn_real, turn_imaginary))
    phase = arctan2_nodes(graph, _taken(graph, imaginary, peak), _taken(graph, real, peak))
    return [
        strength,
        graph.node("Mul", [_taken(graph, envelope, peak), unit.rms]),
        graph.node("Div", [deviation, _or_one(graph, mean)]),
        _position(graph, peak, count),
        frequency,
        graph.with_constant("Mul", _circular_deviation(graph, total, sizes), per_radian),
        graph.node("Div", [strength, graph.node("Sqrt", [floored])]),
        graph.with_constant("Mul", arctan2_nodes(graph, near_imaginary, near_real), per_radian),
        graph.with_constant("Mul", phase, np.float64(180 / np.pi)),
    ]


def _turns(graph: WindowGraph, real: str, imaginary: str, envelope: str, count: int) -> tuple[str, str, str]:
    """Real and imaginary part of z[t+1] conj(z[t]), (m, n - 1) each, and (m, 1) the sum of its sizes."""
    (real_before, real_after), (imaginary_before, imaginary_after), sizes = (
        (graph.samples_between(each, 0, count - 1), graph.samples_between(each, 1, count))
        for each in (real, imaginary, envelope)
    )
    along = graph.node("Mul", [real_after, real_before])
    across = graph.node("Mul", [imaginary_after, imaginary_before])
    gained = graph.node("Mul", [imaginary_after, real_before])
    lost = graph.node("Mul", [real_after, imaginary_before])
    return (
        graph.node("Add", [along, across]),
        graph.node("Sub", [gained, lost]),
        graph.sum(graph.node("Mul", list(sizes))),
    )


def _circular_deviation(graph: WindowGraph, total: list[str], sizes: str) -> str:
    """Of the turns, in radians: sqrt(-2 log(concentration)), 0 where there are none."""
    length = graph.node("Sqrt", [graph.node("Add", [_square(graph, each) for each in total])])
    concentration = graph.node("Div", [length, _or_one(graph, sizes)])
    within = graph.node("Clip", [concentration, *(graph.constant(np.float64(each)) for each in (1e-6, 1))])
    deviation = graph.node("Sqrt", [graph.with_constant("Mul", graph.node("Log", [within]), np.float64(-2))])
    there = graph.with_constant("Greater", sizes, np.float64(0))
    return graph.node("Where", [there, deviation, graph.constant(np.float64(0))])


def _around(graph: WindowGraph, peak: str, count: int) -> str:
    """(m, k) int64 steps between samples around each peak, moved to lie within the window."""
    steps = max(2, count // 8)
    first = _clipped(graph, graph.with_constant("Sub", peak, np.int64(steps // 2)), count - 1 - steps)
    return graph.with_constant("Add", first, np.arange(steps))


def _spectral(graph: WindowGraph, unit: _Unit, sample_interval_us: int) -> list[str]:
    transform = scipy.fft.rfft(np.eye(unit.num_samples), axis=1)[:, 1:]
    parts = [_square(graph, graph.product(unit.varying, each)) for each in (transform.real, transform.imag)]
    power = graph.node("Add", parts)
    total = graph.sum(power)
    there = graph.with_constant("Greater", total, np.float64(0))
    power = graph.node("Div", [power, graph.node("Where", [there, total, graph.constant(np.inf)])])
    share = (np.arange(1, unit.num_samples // 2 + 1) * (2 / unit.num_samples)).astype(np.float64)
    nyquist = np.float64(0.5e6 / sample_interval_us)
    centroid = graph.product(power, share[:, None])
    away = graph.node("Sub", [graph.constant(share), centroid])
    variance = graph.sum(graph.node("Mul", [power, _square(graph, away)]))
    return [
        graph.with_constant("Mul", centroid, nyquist),
        graph.with_constant("Mul", graph.node("Sqrt", [variance]), nyquist),
        graph.product(power, spectral.band_members(share).astype(np.float64)),
    ]


def _waveform(graph: WindowGraph, unit: _Unit) -> list[str]:
    samples, count, quarters = unit.samples, unit.num_samples, waveform.QUARTERS
    square = _square(graph, samples)
    before, after = graph.samples_between(samples, 0, count - 1), graph.samples_between(samples, 1, count)
    step = _square(graph, graph.node("Sub", [after, before]))
    parts = graph.product(square, waveform.part_means(count, waveform.PARTS).astype(np.float64))
    quarter = graph.product(square, waveform.part_means(count, quarters).astype(np.float64))
    quarter = graph.with_constant("Add", quarter, np.float64(waveform.QUIET))
    step = graph.product(step, waveform.step_means(count).astype(np.float64))

    peak, depth = _taken(graph, samples, unit.highest), graph.node("Neg", [_taken(graph, samples, unit.lowest)])
    upward = graph.node("GreaterOrEqual", [peak, depth])
    strongest = graph.node("Where", [upward, unit.highest, unit.lowest])
    size = graph.node("Where", [upward, peak, depth])
    lags = graph.with_constant("Add", strongest, np.array(waveform.LAGS))
    event = _taken(graph, samples, _clipped(graph, lags, count - 1))
    return [
        graph.node("Sqrt", [parts]),
        graph.node("Sqrt", [graph.node("Div", [step, quarter])]),
        peak,
        depth,
        _position(graph, unit.highest, count),
        _position(graph, unit.lowest, count),
        graph.node("Div", [_rival(graph, square, strongest, count), _or_one(graph, size)]),
        graph.node("Where", [upward, event, graph.node("Neg", [event])]),
    ]


def _rival(graph: WindowGraph, square: str, strongest: str, count: int) -> str:
    """The largest |u| apart from the strongest event."""
    away = graph.node("Abs", [graph.node("Sub", [graph.constant(np.arange(count)), strongest])])
    near = graph.with_constant("LessOrEqual", away, np.int64(max(3, count // 8)))
    rest = graph.node("Where", [near, graph.constant(np.float64(0)), square])
    return graph.node("Sqrt", [graph.largest(rest)])


def _square(graph: WindowGraph, table: str) -> str:
    return graph.node("Mul", [table, table])


def _mean(graph: WindowGraph, table: str, count: int) -> str:
    return graph.with_constant("Div", graph.sum(table), np.float64(count))


def _or_one(graph: WindowGraph, column: str) -> str:
    """The column, and 1 where it is not above 0: a divisor."""
    return graph.node(
        "Where", [graph.with_constant("Greater", column, np.float64(0)), column, graph.constant(np.float64(1))]
    )


def _taken(graph: WindowGraph, table: str, places: str) -> str:
    """(m, k) values of a table at (m, k) int64 places."""
    return graph.node("GatherElements", [table, places], axis=1)


def _clipped(graph: WindowGraph, places: str, last: int) -> str:
    return graph.node("Clip", [places, *(graph.constant(np.int64(each)) for each in (0, last))])


def _position(graph: WindowGraph, place: str, count: int) -> str:
    """0 at the first sample and 1 at the last."""
    return graph.with_constant("Div", graph.cast(place, np.float64), np.float64(count - 1))
