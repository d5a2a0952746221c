"""Tables of traces as inputs: every form of samples, what may be missing, and what a model may need of them."""

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from seismic_assets.attributes import FeatureSet
from seismic_assets.frames import IngestOptions, ingest_files
from seismic_assets.inference import PredictionError, Predictor, ReadOptions, predict_file
from seismic_assets.inference.batch import block_windows, predict_block
from seismic_assets.inference.batch_table_parts import TraceTable
from seismic_assets.inference.batch_tables import TableInput
from seismic_assets.lake import BRONZE_TRACES, Lake
from seismic_assets.segy import resample_traces
from seismic_assets_tests.inference.building import INTERVAL_US, build_bundle, make_traces
from seismic_assets_tests.inference.test_batch import ORDERS, cube_of, segy_of, spoilt_cube
from seismic_assets_tests.inference.traces_tables import frame_of_traces, table_of


def opened(path: Path, options: ReadOptions | None = None) -> TableInput:
    table = TraceTable.delta(path) if path.is_dir() else TraceTable.parquet(path)
    return TableInput(table, path.name, options or ReadOptions())


def samples_of(source: TableInput) -> np.ndarray:
    return np.concatenate([block.samples for unit in source.units() for block in source.blocks(unit)])


def predicted(predictor: Predictor, source: TableInput) -> pl.DataFrame:
    source.check(predictor)
    return pl.concat(
        block_windows(predict_block(predictor, source, block), predictor.classes, block)
        for unit in source.units()
        for block in source.blocks(unit)
    )


FORMS = {
    "binary": lambda traces: [row.astype("<f4").tobytes() for row in traces],
    "list of float32": lambda traces: pl.Series(traces.tolist(), dtype=pl.List(pl.Float32)),
    "list of float64": lambda traces: traces.tolist(),
    "array": lambda traces: pl.Series(traces.tolist(), dtype=pl.Array(pl.Float32, traces.shape[1])),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_samples_come_back_from_every_form(tmp_path: Path, form: object) -> None:
    traces = make_traces(70)
    pl.DataFrame({"samples": form(traces)}).write_parquet(tmp_path / "t.parquet", row_group_size=30)

    np.testing.assert_array_equal(samples_of(opened(tmp_path / "t.parquet")), traces)


def test_a_list_of_whole_numbers_is_samples_too_and_null_is_a_broken_one(tmp_path: Path) -> None:
    pl.DataFrame({"samples": [[1, 2, 3], [4, None, 6]]}).write_parquet(tmp_path / "t.parquet")

    np.testing.assert_array_equal(samples_of(opened(tmp_path / "t.parquet")), [[1, 2, 3], [4, np.nan, 6]])


def test_what_is_missing_has_plain_defaults(tmp_path: Path) -> None:
    pl.DataFrame({"samples": make_traces(3).tolist()}).write_parquet(tmp_path / "t.parquet")

    (block,) = opened(tmp_path / "t.parquet", ReadOptions(interval_us=2000)).blocks(range(3))

    assert block.trace_index.tolist() == [0, 1, 2]
    assert block.inline.tolist() == block.crossline.tolist() == block.start_ms.tolist() == [0, 0, 0]
    assert (block.sample_interval_us, block.file_id) == (2000, "t.parquet")


@settings(deadline=None, max_examples=30)
@given(
    groups=st.lists(st.integers(1, 5000), min_size=1, max_size=12),
    size=st.sampled_from([300, 5000, 40_000]),
)
def test_units_cover_every_row_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, groups: list[int], size: int
) -> None:
    path = tmp_path_factory.mktemp("units") / "t.parquet"
    schema = pa.schema([("samples", pa.list_(pa.float32())), ("trace_index", pa.int64())])
    at = 0
    with pq.ParquetWriter(path, schema) as writer:
        for rows in groups:
            numbers = np.arange(at, at + rows)
            columns = [pa.repeat(pa.scalar([1.0, 2.0], pa.list_(pa.float32())), rows), pa.array(numbers)]
            writer.write_table(pa.table(columns, schema=schema), row_group_size=size)
            at += rows

    source = opened(path)
    read = [block.trace_index for unit in source.units() for block in source.blocks(unit)]

    assert [number for unit in source.units() for number in unit] == list(range(at))
    np.testing.assert_array_equal(np.concatenate(read), np.arange(at))


def test_a_long_row_group_is_shared_among_units(tmp_path: Path) -> None:
    frame = pl.DataFrame({"samples": [[1.0, 2.0]], "n": [1]}).sample(60_000, with_replacement=True)
    frame.write_parquet(tmp_path / "t.parquet", row_group_size=60_000)

    assert [len(unit) for unit in opened(tmp_path / "t.parquet").units()] == [16384, 16384, 16384, 60_000 - 3 * 16384]


def test_rows_of_several_lengths_and_files_are_blocks_of_their_own(tmp_path: Path) -> None:
    lengths, files = [4, 4, 5, 5, 5], ["a", "a", "a", "b", "b"]
    samples = [[float(each)] * each for each in lengths]
    pl.DataFrame({"samples": samples, "file_id": files}).write_parquet(tmp_path / "t.parquet")

    blocks = list(opened(tmp_path / "t.parquet").blocks(range(5)))

    assert [(block.file_id, block.samples.shape) for block in blocks] == [("a", (2, 4)), ("a", (1, 5)), ("b", (2, 5))]


BAD = {
    "has no column samples": pl.DataFrame({"amplitudes": [[1.0]]}),
    "row 1 .* has no samples": pl.DataFrame({"samples": [[1.0], None]}),
    "row 0 .* of 6 bytes": pl.DataFrame({"samples": [b"123456"]}),
    "has no rows": pl.DataFrame({"samples": [[1.0]]}).clear(),
    "inline .* no int32": pl.DataFrame({"samples": [[1.0]], "inline": ["north"]}),
}


@pytest.mark.parametrize("sentence", BAD)
def test_a_table_that_holds_no_traces_is_one_sentence(tmp_path: Path, sentence: str) -> None:
    BAD[sentence].write_parquet(tmp_path / "t.parquet")

    with pytest.raises(PredictionError, match=sentence):
        samples_of(opened(tmp_path / "t.parquet"))


def test_a_file_that_is_no_parquet_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and then nothing")

    with pytest.raises(PredictionError, match=r"t\.parquet cannot be read as Parquet"):
        opened(tmp_path / "t.parquet")


def test_a_file_that_changes_while_it_is_read_is_told_of(tmp_path: Path) -> None:
    source = opened(table_of(tmp_path / "t", make_traces(50), "parquet"))
    blocks = source.blocks(range(50))
    table_of(tmp_path / "t", make_traces(50, seed=3), "parquet")

    with pytest.raises(PredictionError, match="changed while it was read"):
        list(blocks)


def test_a_column_that_later_rows_of_a_delta_table_have_is_null_in_the_others(tmp_path: Path) -> None:
    frame = frame_of_traces(make_traces(4))
    write_deltalake(str(tmp_path / "t"), frame.to_arrow())
    more = frame.with_columns(well=pl.lit("x")).to_arrow()
    write_deltalake(str(tmp_path / "t"), more, mode="append", schema_mode="merge")
    source = opened(tmp_path / "t", ReadOptions(columns=True))

    wells = [block.columns["well"].to_list() for unit in source.units() for block in source.blocks(unit)]

    assert sorted(wells, key=str) == [["x"] * 4, [None] * 4]


@pytest.fixture(scope="module")
def normalising(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    folder = tmp_path_factory.mktemp("normalising")
    return Predictor(build_bundle(folder, feature_set=FeatureSet("lateral", time=True), normalise="robust"))


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("model", ["predictor", "lateral", "normalising"])
def test_the_lakes_own_bronze_gives_what_its_files_give(
    request: pytest.FixtureRequest, tmp_path: Path, model: str, order: np.ndarray
) -> None:
    predictor, lake = request.getfixturevalue(model), Lake(tmp_path / "lake")
    other = spoilt_cube()[::-1] * 3
    paths = {
        "a.sgy": cube_of(tmp_path / "a.sgy", spoilt_cube(), order),
        "b.sgy": cube_of(tmp_path / "b.sgy", other, order),
    }
    list(ingest_files(lake, paths, IngestOptions()))

    rows = predicted(predictor, opened(lake.path(BRONZE_TRACES)))

    expected = pl.concat([frame for path in paths.values() for frame in predict_file(predictor, path)])
    assert_frame_equal(rows, expected, abs_tol=1e-6)


@pytest.mark.parametrize("kind", ["parquet", "delta"])
def test_rows_of_several_files_in_turn_find_the_neighbours_and_scale_of_their_own(
    normalising: Predictor, tmp_path: Path, kind: str
) -> None:
    traces = {"a": spoilt_cube(), "b": spoilt_cube()[::-1] * 3}
    frames = [frame_of_traces(each).with_columns(file_id=pl.lit(name)) for name, each in traces.items()]
    mixed = pl.concat(frames).with_row_index().sort(pl.col("index") % 100).drop("index")
    path = tmp_path / "t"
    if kind == "parquet":
        mixed.write_parquet(path, row_group_size=30)
        source = TableInput(TraceTable.parquet(path), "t", ReadOptions())
    else:
        write_deltalake(str(path), mixed.to_arrow(), partition_by=["file_id"])
        source = opened(path)
    source.check(normalising)

    found: dict[str, list[pl.DataFrame]] = {"a": [], "b": []}
    for unit in source.units():
        for block in source.blocks(unit):
            found[block.file_id].append(
                block_windows(predict_block(normalising, source, block), normalising.classes, block)
            )

    for name, each in traces.items():
        alone = pl.concat(predict_file(normalising, cube_of(tmp_path / f"{name}.sgy", each, np.arange(100))))
        assert_frame_equal(pl.concat(found[name]), alone, abs_tol=1e-6)


@pytest.mark.parametrize("column", ["inline", "crossline", "start_ms"])
def test_a_column_that_the_model_needs_is_asked_for(lateral: Predictor, tmp_path: Path, column: str) -> None:
    frame_of_traces(make_traces(4)).drop(column).write_parquet(tmp_path / "t.parquet")

    with pytest.raises(PredictionError, match=f"has no column {column}"):
        opened(tmp_path / "t.parquet").check(lateral)


def test_neighbours_of_different_lengths_are_refused(lateral: Predictor, tmp_path: Path) -> None:
    frame = pl.concat([frame_of_traces(make_traces(4)), frame_of_traces(make_traces(4, 70))])
    frame.with_columns(crossline=pl.int_range(8, dtype=pl.Int32), inline=pl.lit(1)).write_parquet(tmp_path / "t.pq")

    with pytest.raises(PredictionError, match="differ in length"):
        predicted(lateral, opened(tmp_path / "t.pq"))


def test_a_place_without_a_value_is_refused_where_neighbours_are_needed(lateral: Predictor, tmp_path: Path) -> None:
    frame = frame_of_traces(make_traces(4)).with_columns(inline=pl.Series([1, 1, None, 1], dtype=pl.Int32))
    frame.write_parquet(tmp_path / "t.parquet")

    with pytest.raises(PredictionError, match=r"inline .* rows without a value"):
        predicted(lateral, opened(tmp_path / "t.parquet"))


def test_traces_of_another_interval_are_resampled_where_that_is_asked_for(predictor: Predictor, tmp_path: Path) -> None:
    fine = make_traces(20, 200, seed=2)
    frame = frame_of_traces(fine).with_columns(sample_interval_us=pl.lit(INTERVAL_US // 2, pl.Int32))
    frame.write_parquet(tmp_path / "t.parquet")

    rows = predicted(predictor, opened(tmp_path / "t.parquet", ReadOptions(resample=True)))

    coarse = segy_of(tmp_path / "a.sgy", resample_traces(fine, INTERVAL_US // 2, INTERVAL_US))
    answers = ["confidence", "predicted_class"]
    expected = pl.concat(predict_file(predictor, coarse)).select(answers)
    assert_frame_equal(rows.select(answers), expected, abs_tol=1e-5)
    with pytest.raises(PredictionError, match="2000 us"):
        predicted(predictor, opened(tmp_path / "t.parquet"))
