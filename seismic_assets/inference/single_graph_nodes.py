"""What serving computes in NumPy, written as the nodes of a graph: attributes, embedding, standardisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes import Embedder
from seismic_assets.training.graph import GraphBuilder

_ALONG_SAMPLES = np.array([1])
_ROUNDING = np.float64(1e-13)  # of the sum of the absolute samples, in a component of the float64 spectrum


class WindowGraph(GraphBuilder):
    """A graph whose inputs are samples; what a method returns is a column (m, 1) or a table (m, k) of the m windows."""

    def sum(self, table: str) -> str:
        """Sum along the samples, in the type of the table."""
        return self._reduced("ReduceSum", table)

    def smallest(self, table: str) -> str:
        """Smallest value along the samples."""
        return self._reduced("ReduceMin", table)

    def largest(self, table: str) -> str:
        """Largest value along the samples."""
        return self._reduced("ReduceMax", table)

    def product(self, table: str, matrix: NDArray[Any]) -> str:
        """Matrix product of a table with a constant of the same type."""
        return self.node("MatMul", [table, self.constant(matrix)])

    def with_constant(self, operator: str, table: str, value: Any) -> str:
        """An operator between a table and a number or an array."""
        return self.node(operator, [table, self.constant(value)])

    def samples_between(self, table: str, start: int, stop: int) -> str:
        """Columns start..stop-1."""
        edges = [self.constant(np.array([edge])) for edge in (start, stop)]
        return self.node("Slice", [table, *edges, self.constant(_ALONG_SAMPLES)])

    def attach(self, graph: Any, prefix: str) -> None:
        """Take over the nodes of another `GraphProto`, each of its names with a prefix, its inputs' names too."""
        from onnx import compose

        prefixed = compose.add_prefix_graph(graph, prefix)
        self._nodes.extend(prefixed.node)
        self._constants.extend(prefixed.initializer)

    def model(
        self,
        inputs: Mapping[str, tuple[str | int, ...]],
        outputs: Mapping[str, tuple[type[np.generic], tuple[str | int, ...]]],
        *,
        operators: Mapping[str, int],
        ir_version: int,
    ) -> Any:
        """The `ModelProto` of all nodes.

        Args:
            inputs: shape of each float32 input; a name in it stands for any length.
            outputs: type and shape of each output.
            operators: version of the operators by domain.
            ir_version: of the format.
        """
        from onnx import helper

        def described(name: str, dtype: type[np.generic], shape: tuple[str | int, ...]) -> Any:
            return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), list(shape))

        graph = helper.make_graph(
            self._nodes,
            "windows_to_probabilities",
            [described(name, np.float32, shape) for name, shape in inputs.items()],
            [described(name, *each) for name, each in outputs.items()],
            self._constants,
        )
        opsets = [helper.make_opsetid(domain, version) for domain, version in operators.items()]
        return helper.make_model(graph, opset_imports=opsets, ir_version=ir_version)

    def _reduced(self, operator: str, table: str) -> str:
        return self.node(operator, [table, self.constant(_ALONG_SAMPLES)], keepdims=1)


def handcrafted_nodes(graph: WindowGraph, windows: str, num_samples: int, sample_interval_us: int) -> str:
    """`attributes.handcrafted` of (m, num_samples) float32 windows: (m, 8) float32, in its order.

    Sums are taken in float64, like there. Of the spectrum see `dominant_frequency_nodes`.
    """
    samples, count = graph.cast(windows, np.float64), np.float64(num_samples)
    mean = graph.with_constant("Div", graph.sum(samples), count)
    energy = graph.sum(graph.node("Mul", [samples, samples]))
    rest = graph.node("Sub", [samples, mean])
    variance = graph.with_constant("Div", graph.sum(graph.node("Mul", [rest, rest])), count)
    rms = graph.node("Sqrt", [graph.with_constant("Div", energy, count)])
    columns = [
        graph.cast(mean, np.float32),
        graph.cast(graph.node("Sqrt", [variance]), np.float32),
        graph.smallest(windows),
        graph.largest(windows),
        graph.cast(rms, np.float32),
        graph.cast(energy, np.float32),
        zero_crossing_nodes(graph, windows, num_samples),
        dominant_frequency_nodes(graph, windows, num_samples, sample_interval_us),
    ]
    return graph.node("Concat", columns, axis=1)


def zero_crossing_nodes(graph: WindowGraph, windows: str, num_samples: int) -> str:
    """Changes of the sign bit between neighbouring samples: (m, 1) float32."""
    # ONNX has no sign bit; what tells -0 from 0 is that 1 over it is minus infinity.
    inverse = graph.node("Div", [graph.constant(np.float32(1)), windows])
    sign = graph.with_constant("Less", inverse, np.float32(0))
    before, after = graph.samples_between(sign, 0, num_samples - 1), graph.samples_between(sign, 1, num_samples)
    return graph.sum(graph.cast(graph.node("Xor", [before, after]), np.float32))


def dominant_frequency_nodes(graph: WindowGraph, windows: str, num_samples: int, sample_interval_us: int) -> str:
    """Frequency in Hz of the bin of largest power: (m, 1) float32.

    The Fourier transform is a product with two float64 matrices, rounded to float32 where NumPy's transform is float32
    throughout: of two bins whose powers differ by less than about 1e-5 of the larger the two may choose differently.
    """
    bins = np.arange(1, num_samples // 2)
    if len(bins) == 0:
        return graph.with_constant("Mul", graph.smallest(windows), np.float32(0))
    # The product of sample and bin, less whole turns: the angle is then exact.
    angles = 2 * np.pi / num_samples * (np.outer(np.arange(num_samples), bins) % num_samples)
    # Less its first sample, in float32 like there: what that loses is lost here too, and a constant is exactly 0.
    wide = graph.cast(graph.node("Sub", [windows, graph.samples_between(windows, 0, 1)]), np.float64)
    parts = [graph.cast(graph.product(wide, matrix), np.float32) for matrix in (np.cos(angles), np.sin(angles))]
    power = graph.node("Add", [graph.node("Mul", [part, part]) for part in parts])
    number = graph.cast(graph.node("ArgMax", [power], axis=1, keepdims=1), np.float64)
    seconds = np.float64(num_samples * sample_interval_us * 1e-6)
    frequency = graph.with_constant("Div", graph.with_constant("Add", number, np.float64(1)), seconds)
    # What rounding leaves of bins that are zero, as under a wave of the Nyquist frequency, is no power.
    noise = graph.cast(graph.with_constant("Mul", graph.sum(graph.node("Abs", [wide])), _ROUNDING), np.float32)
    varies = graph.node("Greater", [graph.largest(power), graph.node("Mul", [noise, noise])])
    return graph.node("Where", [varies, graph.cast(frequency, np.float32), graph.constant(np.float32(0))])


def embedding_nodes(graph: WindowGraph, windows: str, embedder: Embedder) -> str:
    """`Embedder.embed`: (m, k) float32."""
    mean, projection, rest = embedder.projection_parts  # what it multiplies with, rounded as it rounds
    return graph.with_constant("Sub", graph.product(graph.with_constant("Sub", windows, mean), projection), rest)


def standardised_nodes(
    graph: WindowGraph, features: str, mean: NDArray[np.float64], scale: NDArray[np.float64], *, into: str
) -> str:
    """`attributes.standardise` of (m, f) float32 features: in float64, as float32."""
    rest = graph.with_constant("Sub", graph.cast(features, np.float64), mean.astype(np.float64))
    return graph.cast(graph.with_constant("Div", rest, scale.astype(np.float64)), np.float32, into=into)
