from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from seismic_assets.attributes import FeatureSet, Neighbours
from seismic_assets.frames import IngestOptions, amplitude_scales, bronze, ingest_files, surroundings_of
from seismic_assets.inference import (
    PREDICTED_COLUMNS,
    PredictionError,
    Predictor,
    batch_segy,
    bronze_predictions,
    predict_file,
    prediction_frame,
)
from seismic_assets.lake import BRONZE_TRACES, Lake, samples_column
from seismic_assets.segy import file_scale, open_segy, resample_traces, write_segy
from seismic_assets_tests.inference.building import (
    CLASSES,
    INTERVAL_US,
    START_MS,
    build_bundle,
    make_traces,
    placed,
    places,
)

ANSWERS = ["predicted_class", "predicted_class_name", "confidence", *(f"prob_{name}" for name in CLASSES)]


def frame_of(predictor: Predictor, traces: np.ndarray, start_ms: float = 0.0) -> pl.DataFrame:
    count = len(traces)
    return prediction_frame(
        predictor,
        traces,
        trace_index=np.arange(count, dtype=np.int64),
        inline=np.full(count, 100, np.int32),
        crossline=np.arange(300, 300 + count, dtype=np.int32),
        start_ms=np.full(count, start_ms, np.float32),
        sample_interval_us=INTERVAL_US,
    )


def segy_of(path: Path, traces: np.ndarray, sample_interval_us: int = INTERVAL_US) -> Path:
    places = np.arange(len(traces))
    write_segy(
        path,
        traces,
        inline=np.full(len(traces), 100),
        crossline=300 + places,
        cdp_x=places * 25.0,
        cdp_y=places * 0.0,
        sample_interval_us=sample_interval_us,
        start_ms=40,
        sample_format="ieee",
    )
    return path


def test_a_frame_has_a_row_a_window_trace_by_trace(predictor: Predictor) -> None:
    frame = frame_of(predictor, make_traces(3))

    assert frame["trace_index"].to_list() == [0] * 5 + [1] * 5 + [2] * 5
    assert frame["window_index"].to_list() == [0, 1, 2, 3, 4] * 3
    assert frame["crossline"].to_list() == [300] * 5 + [301] * 5 + [302] * 5


def test_windows_have_the_times_of_their_first_sample_and_of_the_one_after_the_last(predictor: Predictor) -> None:
    frame = frame_of(predictor, make_traces(1), start_ms=40)

    assert frame["start_ms"].to_list() == [40, 104, 168, 232, 296]
    assert frame["end_ms"].to_list() == [168, 232, 296, 360, 424]


def test_the_class_is_the_most_probable_one_and_the_confidence_its_probability(predictor: Predictor) -> None:
    frame = frame_of(predictor, make_traces(12))

    probabilities = frame.select(f"prob_{name}" for name in CLASSES).to_numpy()
    assert frame["predicted_class"].to_list() == probabilities.argmax(axis=1).tolist()
    assert frame["confidence"].to_list() == probabilities.max(axis=1).tolist()
    assert frame["predicted_class_name"].to_list() == [CLASSES[index] for index in frame["predicted_class"]]


def test_dead_and_nan_traces_are_rows_without_an_answer(predictor: Predictor) -> None:
    traces = make_traces(3)
    traces[0], traces[2, 10] = 0, np.nan

    frame = frame_of(predictor, traces)

    silent = frame.filter(pl.col("trace_index") != 1).select(ANSWERS)
    assert silent.height == 10
    assert all(column.null_count() == 10 for column in silent)
    assert sum(frame.filter(pl.col("trace_index") == 1).select(ANSWERS).null_count().row(0)) == 0


def test_a_file_gives_the_frame_of_its_traces(predictor: Predictor, tmp_path: Path) -> None:
    traces = make_traces(30)
    traces[4] = 0

    blocks = list(predict_file(predictor, segy_of(tmp_path / "a.sgy", traces)))

    assert_frame_equal(pl.concat(blocks), frame_of(predictor, traces, start_ms=40), abs_tol=1e-6)


def test_a_file_of_several_blocks_gives_the_same_and_reports_progress(predictor: Predictor, tmp_path: Path) -> None:
    traces = make_traces(2500, 40)
    done: list[tuple[int, int]] = []

    blocks = list(predict_file(predictor, segy_of(tmp_path / "a.sgy", traces), lambda *progress: done.append(progress)))

    assert [each[1] for each in done] == [2500] * len(done)
    assert (len(blocks) > 1, done[-1][0]) == (True, 2500)
    assert_frame_equal(pl.concat(blocks), frame_of(predictor, traces, start_ms=40), abs_tol=1e-6)


def test_a_file_of_another_sample_interval_is_refused(predictor: Predictor, tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match="2000 us"):
        list(predict_file(predictor, segy_of(tmp_path / "a.sgy", make_traces(3), 2000)))


def bronze_of(traces: np.ndarray) -> pa.RecordBatch:
    """Rows of bronze as the lake gives them."""
    count = len(traces)
    columns = {
        "trace_index": pa.array(np.arange(count, dtype=np.int64)),
        "inline": pa.array(np.full(count, 100, np.int32)),
        "crossline": pa.array(np.arange(300, 300 + count, dtype=np.int32)),
        "start_ms": pa.array(np.zeros(count, np.float32)),
        "sample_interval_us": pa.array(np.full(count, INTERVAL_US, np.int32)),
        "samples": samples_column(traces),
    }
    return pa.RecordBatch.from_pydict({name: columns[name] for name in PREDICTED_COLUMNS})


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_bronze_rows_give_the_same_frame_with_truth_and_version(predictor: Predictor, rows: int) -> None:
    traces = make_traces(3)
    whole = bronze_of(traces)
    batches = [whole.slice(start, rows) for start in range(0, 3, rows)]
    truth = pl.DataFrame(
        {"trace_index": [1], "window_index": [2], "class": [3]},
        schema={"trace_index": pl.Int64, "window_index": pl.Int32, "class": pl.Int32},
    )

    frame = pl.concat(bronze_predictions(predictor, batches, truth, "7"))

    assert_frame_equal(frame.drop("true_class", "model_version"), frame_of(predictor, traces), abs_tol=1e-6)
    assert frame["model_version"].unique().to_list() == ["7"]
    assert frame["true_class"].to_list() == [None] * 7 + [3] + [None] * 7


def cube_of(path: Path, traces: np.ndarray, order: np.ndarray, sample_interval_us: int = INTERVAL_US) -> Path:
    """A SEG-Y file of traces that lie line by line, written in some order."""
    inline, crossline = places(len(traces))
    write_segy(
        path,
        traces[order],
        inline=inline[order],
        crossline=crossline[order],
        cdp_x=crossline[order] * 12.5,
        cdp_y=inline[order] * 25.0,
        sample_interval_us=sample_interval_us,
        start_ms=START_MS,
        sample_format="ieee",
    )
    return path


def cube_frame(predictor: Predictor, traces: np.ndarray, order: np.ndarray, scale: float | None = None) -> pl.DataFrame:
    """The frame of `cube_of`, each trace's neighbours taken from memory."""
    inline, crossline = places(len(traces))
    whole = placed(traces).of(order)
    assert whole.start_ms is not None
    return prediction_frame(
        predictor,
        whole.samples,
        trace_index=np.arange(len(traces), dtype=np.int64),
        inline=inline[order],
        crossline=crossline[order],
        start_ms=whole.start_ms,
        sample_interval_us=INTERVAL_US,
        scale=scale,
        neighbours=whole.neighbours,
    )


def spoilt_cube() -> np.ndarray:
    traces = make_traces(100, 70, seed=6)
    traces[33], traces[54, 9] = 7.5, np.nan
    return traces


ORDERS = {"line by line": np.arange(100), "in no order": np.random.default_rng(1).permutation(100)}


@pytest.mark.parametrize("block", [1024, 7])
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_a_model_that_needs_neighbours_finds_them_in_the_file(
    lateral: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: np.ndarray, block: int
) -> None:
    monkeypatch.setattr(batch_segy, "BLOCK", block)

    frame = pl.concat(predict_file(lateral, cube_of(tmp_path / "a.sgy", spoilt_cube(), order)))

    assert_frame_equal(frame, cube_frame(lateral, spoilt_cube(), order), abs_tol=1e-6)


def test_neighbours_change_what_the_lateral_model_answers(lateral: Predictor) -> None:
    whole = placed(make_traces(100))
    assert whole.neighbours is not None
    alone = Neighbours(whole.neighbours.samples, np.zeros_like(whole.neighbours.present))
    given: dict[str, Any] = {"start_ms": whole.start_ms}

    beside = lateral.predict(whole.samples, INTERVAL_US, neighbours=whole.neighbours, **given).probabilities

    assert (beside != lateral.predict(whole.samples, INTERVAL_US, neighbours=alone, **given).probabilities).any()


@pytest.mark.parametrize("segment", [1000, 9])
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_bronze_gives_the_lateral_model_the_answers_of_the_file(
    lateral: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: np.ndarray, segment: int
) -> None:
    monkeypatch.setattr(bronze, "_SEGMENT_BYTES", 4 * segment * 70)
    monkeypatch.setattr(bronze, "_BLOCK_BYTES", 4 * 4 * 70)
    path, lake = cube_of(tmp_path / "a.sgy", spoilt_cube(), order), Lake(tmp_path / "lake")
    list(ingest_files(lake, {"a.sgy": path}, IngestOptions()))
    around = surroundings_of(lake, ["a.sgy"], FeatureSet("lateral"))["a.sgy"]
    blocks = [
        block for part in lake.segments(BRONZE_TRACES, ["a.sgy"]) for block in part.batches(PREDICTED_COLUMNS, rows=5)
    ]
    nothing = pl.DataFrame(schema={"trace_index": pl.Int64, "window_index": pl.Int32, "class": pl.Int32})

    frame = pl.concat(bronze_predictions(lateral, blocks, nothing, "7", around=around))

    expected = pl.concat(predict_file(lateral, path))
    assert_frame_equal(frame.drop("true_class", "model_version"), expected, abs_tol=1e-6)


@pytest.fixture(scope="module")
def normalising(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    """Of amplitudes over their scale, with neighbours."""
    folder = tmp_path_factory.mktemp("normalising")
    return Predictor(build_bundle(folder, feature_set=FeatureSet("lateral"), normalise="robust"))


def test_neighbours_are_divided_by_the_scale_of_the_file_too(normalising: Predictor, tmp_path: Path) -> None:
    path, order = cube_of(tmp_path / "a.sgy", spoilt_cube(), ORDERS["in no order"]), ORDERS["in no order"]
    with open_segy(path) as reader:
        scale = file_scale(reader)
    lake = Lake(tmp_path / "lake")
    list(ingest_files(lake, {"a.sgy": path}, IngestOptions()))

    frame = pl.concat(predict_file(normalising, path))

    assert amplitude_scales(lake, ["a.sgy"], "robust")["a.sgy"] == pytest.approx(scale)
    assert_frame_equal(frame, cube_frame(normalising, spoilt_cube(), order, scale), abs_tol=1e-6)


def test_neighbours_of_a_resampled_file_are_resampled_too(
    lateral: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_segy, "BLOCK", 30)
    fine, order = make_traces(100, 140, seed=2), ORDERS["in no order"]
    path = cube_of(tmp_path / "a.sgy", fine, order, INTERVAL_US // 2)

    frame = pl.concat(predict_file(lateral, path, resample=True))

    coarse = resample_traces(fine, INTERVAL_US // 2, INTERVAL_US)
    assert_frame_equal(frame, cube_frame(lateral, coarse, order), abs_tol=1e-5)
