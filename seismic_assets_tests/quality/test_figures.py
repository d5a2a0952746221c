import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seismic_assets.lake import TRACE_QUALITY
from seismic_assets.quality import QualityFigures

samples = st.one_of(st.floats(-1e6, 1e6, width=32), st.sampled_from([0.0, float("nan"), float("inf"), float("-inf")]))
traces_of = st.tuples(st.integers(1, 20), st.integers(1, 6)).flatmap(
    lambda shape: hnp.arrays(np.float32, shape, elements=samples)
)
small = st.integers(0, 2)


def figures_of(*blocks, **headers):
    figures = QualityFigures()
    for traces in blocks:
        given_headers = {name: np.arange(1, len(traces) + 1, dtype=np.int32) for name in ("inline", "crossline")}
        given_headers |= {"offset": np.zeros(len(traces), np.int32), "cdp_x": np.ones(len(traces))}
        given_headers |= {"cdp_y": np.ones(len(traces))} | headers
        figures.add(traces, **given_headers)
    return figures


def test_no_trace_gives_zeros():
    assert set(QualityFigures().as_row().values()) == {0}


@settings(max_examples=150, deadline=None)
@given(traces=traces_of, cut=st.integers(0, 20))
def test_amplitudes_and_counts_are_numpy_s_however_the_traces_come(traces, cut):
    row = figures_of(traces[:cut], traces[cut:]).as_row()
    finite = traces[np.isfinite(traces)].astype(np.float64)
    assert row["traces"] == len(traces)
    assert row["nan_traces"] == sum(not np.isfinite(trace).all() for trace in traces)
    assert row["dead_traces"] == sum(np.isfinite(trace).all() and len(set(trace.tolist())) == 1 for trace in traces)
    expected = (finite.mean(), finite.std(), finite.min(), finite.max()) if finite.size else (0, 0, 0, 0)
    found = tuple(row[f"{name}_amplitude"] for name in ("mean", "std", "min", "max"))
    rounding = 1e-12 * float(np.abs(finite).max(initial=0))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=rounding)


@pytest.mark.parametrize("offset", [0, 1e4, -1e6])
def test_the_deviation_does_not_cancel_on_a_large_offset(offset):
    traces = (np.random.default_rng(0).normal(size=(300, 50)) + offset).astype(np.float32)
    figures = figures_of(*np.array_split(traces, 7))
    assert figures.std_amplitude == pytest.approx(float(traces.astype(np.float64).std()), rel=1e-9)


@settings(max_examples=100, deadline=None)
@given(positions=st.lists(st.tuples(small, small, small, small), min_size=1, max_size=30), cut=st.integers(0, 30))
def test_repeated_and_missing_positions_are_counted_over_all_blocks(positions, cut):
    figures = QualityFigures()
    for part in (positions[:cut], positions[cut:]):
        inline, crossline, offset, x = np.array(part, np.int32).reshape(-1, 4).T
        figures.add(
            np.ones((len(part), 3), np.float32),
            inline=inline,
            crossline=crossline,
            offset=offset,
            cdp_x=x.astype(np.float64),
            cdp_y=np.zeros(len(part)),
        )
    placed = [position[:3] for position in positions if position[:2] != (0, 0)]
    assert figures.repeated_positions == len(placed) - len(set(placed))
    assert figures.traces_without_position == sum(
        inline == crossline == x == 0 for inline, crossline, _, x in positions
    )


def test_the_figures_are_columns_of_the_quality_table():
    assert set(figures_of(np.ones((2, 3), np.float32)).as_row()) <= set(TRACE_QUALITY.schema.names)
