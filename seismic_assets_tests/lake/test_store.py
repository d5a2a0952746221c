import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.lake import Lake, LakeError, PartTask, Table, predictions_table
from seismic_assets_tests.lake.building import ROWS, WHOLE, rows
from seismic_assets_tests.ordinary_user import open_folder, ordinary_user


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def test_a_table_that_was_never_written_is_empty(lake):
    assert not lake.exists(ROWS)
    assert lake.version(ROWS) == -1
    assert (lake.row_counts(ROWS), lake.file_ids(ROWS)) == ({}, [])
    assert list(lake.stream(ROWS, "a.sgy")) == []
    empty = lake.read(ROWS)
    assert (empty.height, empty.columns) == (0, ["file_id", "index", "value"])
    assert lake.read(ROWS, columns=["value"]).schema == {"value": pl.Float32}
    assert not lake.root.exists()


def test_rows_of_a_file_are_replaced_and_those_of_others_stay(lake):
    assert lake.replace_file(ROWS, "a.sgy", rows(range(3), 1)) == 3
    assert lake.replace_file(ROWS, "b.sgy", rows(range(2), 2)) == 2
    assert lake.replace_file(ROWS, "a.sgy", rows(range(4), 3)) == 4
    assert lake.row_counts(ROWS) == {"a.sgy": 4, "b.sgy": 2}
    assert lake.read(ROWS, ["a.sgy"])["value"].to_list() == [3] * 4
    assert lake.read(ROWS)["file_id"].to_list() == ["a.sgy"] * 4 + ["b.sgy"] * 2


def test_a_file_may_be_replaced_by_nothing(lake):
    lake.replace_file(ROWS, "a.sgy", rows(range(3)))
    lake.replace_file(ROWS, "b.sgy", rows(range(3)))
    assert lake.replace_file(ROWS, "a.sgy", iter(())) == 0
    assert lake.row_counts(ROWS) == {"b.sgy": 3}


def test_a_generator_that_raises_leaves_rows_version_and_folder_as_they_were(lake):
    lake.replace_file(ROWS, "a.sgy", rows(range(3), 1))
    version = lake.version(ROWS)
    files = sorted(lake.root.rglob("*.parquet"))

    def broken():
        yield rows(range(3), 2)
        raise RuntimeError("trace 3 cannot be read")

    with pytest.raises(RuntimeError, match="trace 3"):
        lake.replace_file(ROWS, "a.sgy", broken())
    assert lake.version(ROWS) == version
    assert lake.read(ROWS)["value"].to_list() == [1] * 3
    assert sorted(lake.root.rglob("*.parquet")) == files


def test_a_reader_keeps_its_version_while_a_file_is_replaced(lake):
    lake.replace_file(ROWS, "a.sgy", rows(range(10), 1))
    stream = lake.stream(ROWS, "a.sgy", rows=2)
    first = next(stream)
    lake.replace_file(ROWS, "a.sgy", rows(range(4), 2))
    assert pl.concat([first, *stream])["value"].to_list() == [1] * 10


@settings(max_examples=20, deadline=None)
@given(
    writes=st.lists(
        st.tuples(st.sampled_from(["a.sgy", "b.sgy", "c-1.sgy"]), st.lists(st.integers(0, 9), unique=True)), max_size=6
    )
)
def test_reading_goes_by_key_and_shows_the_last_write_of_each_file(tmp_path_factory, writes):
    lake = Lake(tmp_path_factory.mktemp("lake"))
    for number, (file_id, indices) in enumerate(writes):
        lake.replace_file(ROWS, file_id, rows(indices, number))
    last = {file_id: (number, indices) for number, (file_id, indices) in enumerate(writes)}
    expected = [(file_id, index, last[file_id][0]) for file_id in sorted(last) for index in sorted(last[file_id][1])]
    assert lake.read(ROWS).rows() == expected
    assert lake.read(ROWS, columns=["value"])["value"].to_list() == [row[2] for row in expected]
    assert lake.row_counts(ROWS) == {file_id: len(last[file_id][1]) for file_id in last if last[file_id][1]}


def test_only_the_wanted_files_and_columns_are_read(lake):
    for file_id in ("a.sgy", "b.sgy", "c.sgy"):
        lake.replace_file(ROWS, file_id, rows([1, 0]))
    found = lake.read(ROWS, ["c.sgy", "a.sgy", "missing.sgy"], ["index", "file_id"])
    assert found.rows() == [(0, "a.sgy"), (1, "a.sgy"), (0, "c.sgy"), (1, "c.sgy")]
    assert lake.read(ROWS, []).height == 0


def test_a_stream_gives_the_rows_in_the_order_they_were_written(lake):
    blocks = [rows([5, 3]), rows([9]), rows(range(100, 130))]
    lake.replace_file(ROWS, "a.sgy", iter(blocks))
    lake.replace_file(ROWS, "b.sgy", rows([1]))
    streamed = list(lake.stream(ROWS, "a.sgy", rows=7))
    assert max(block.height for block in streamed) <= 7
    assert pl.concat(streamed)["index"].to_list() == [5, 3, 9, *range(100, 130)]
    assert streamed[0].columns == ["index", "value"]
    assert next(lake.stream(ROWS, "a.sgy", ["value"])).columns == ["value"]


def test_columns_are_put_in_order_and_cast_and_a_missing_one_is_refused(lake):
    frame = pl.DataFrame({"value": [1.0], "more": ["x"], "index": [7]}, schema_overrides={"index": pl.Int32})
    lake.replace_file(ROWS, "a.sgy", frame)
    assert lake.read(ROWS).schema == {"file_id": pl.String, "index": pl.Int64, "value": pl.Float32}
    with pytest.raises(LakeError, match="rows for table rows lack the columns value"):
        lake.replace_file(ROWS, "a.sgy", frame.drop("value"))


def test_a_whole_table_is_replaced_at_once(lake):
    lake.replace(WHOLE, pl.DataFrame({"name": ["b", "a"], "value": [1, 2]}))
    assert lake.read(WHOLE).rows() == [("a", 2), ("b", 1)]
    lake.replace(WHOLE, pl.DataFrame({"name": ["c"], "value": [3]}))
    assert lake.read(WHOLE).rows() == [("c", 3)]
    assert lake.replace(WHOLE, pl.DataFrame({"name": [], "value": []})) == 0
    assert (lake.read(WHOLE).height, lake.version(WHOLE) >= 2) == (0, True)


def test_another_list_of_columns_starts_the_table_anew(lake):
    lake.replace_file(ROWS, "a.sgy", rows(range(3)))
    lake.replace_file(ROWS, "b.sgy", rows(range(3)))
    wider = Table("rows", ROWS.schema.append(pa.field("more", pa.string())), ROWS.key)
    lake.replace_file(wider, "a.sgy", rows(range(2)).with_columns(more=pl.lit("x")))
    assert lake.row_counts(wider) == {"a.sgy": 2}
    assert lake.read(wider)["more"].to_list() == ["x", "x"]


def test_other_class_names_start_the_predictions_anew(lake):
    def prediction(names):
        columns = predictions_table(names).schema
        return pl.DataFrame(pl.from_arrow(columns.empty_table())).clear(1)

    for names in (("sand", "shale"), ("sand", "salt")):
        assert lake.replace_file(predictions_table(names), "a.sgy", prediction(names)) == 1
    assert "prob_salt" in lake.read(predictions_table(("sand", "salt"))).columns


def test_rows_are_added_to_those_that_a_file_has(lake):
    lake.replace_file(ROWS, "a", rows([0, 1, 2]))

    added = lake.append_files(ROWS, [PartTask("a", lambda: [rows([3, 4])]), PartTask("b", lambda: [rows([0])])])

    assert added == {"a": 2, "b": 1}
    assert lake.row_counts(ROWS) == {"a": 5, "b": 1}


def test_rows_of_other_columns_are_not_added_but_start_the_table_anew(lake):
    lake.replace_file(ROWS, "a", rows([0, 1, 2]))
    lake.replace_file(ROWS, "b", rows([0, 1, 2]))
    other = Table(ROWS.name, ROWS.schema.append(pa.field("more", pa.int64())), ROWS.key)

    lake.append_files(other, [PartTask("a", lambda: [rows([3, 4]).with_columns(more=pl.lit(1))])])

    assert lake.row_counts(other) == {"a": 2}


def test_rows_are_deleted_by_a_condition(lake):
    lake.replace_file(ROWS, "a", rows([0, 1, 2]))
    lake.replace_file(ROWS, "b", rows([0, 1, 2]))

    lake.delete_rows(ROWS, "file_id = 'a' AND index >= 1")

    assert lake.row_counts(ROWS) == {"a": 1, "b": 3}
    lake.delete_rows(WHOLE, "file_id = 'a'")  # there is no such table
    assert not lake.exists(WHOLE)


def test_deleted_files_are_gone_in_one_commit_and_unknown_ones_are_passed_over(lake):
    for file_id in ("a.sgy", "b-1.sgy", "c.sgy"):
        lake.replace_file(ROWS, file_id, rows(range(2)))
    version = lake.version(ROWS)
    lake.delete_files(ROWS, ["a.sgy", "c.sgy", "missing.sgy"])
    assert (lake.file_ids(ROWS), lake.version(ROWS)) == (["b-1.sgy"], version + 1)
    lake.delete_files(ROWS, ["missing.sgy"])
    assert lake.version(ROWS) == version + 1


def test_deleting_from_a_table_that_does_not_exist_does_nothing(lake):
    lake.delete_files(ROWS, ["a.sgy"])
    assert not lake.root.exists()


def test_samples_survive_the_table_to_the_last_bit(lake):
    from seismic_assets.lake import BRONZE_TRACES, samples_column, to_array

    traces = np.array([[np.nan, np.inf, -np.inf, -0.0], [1e-45, 3.4e38, 1 / 3, 0]], np.float32)
    number = {name: pa.array([0, 1]) for name in BRONZE_TRACES.schema.names[1:-3]}
    flags = {name: pa.array([False, True]) for name in ("is_dead", "has_nan")}
    lake.replace_file(BRONZE_TRACES, "a.sgy", [pa.table({**number, **flags, "samples": samples_column(traces)})])
    for found in (lake.read(BRONZE_TRACES), *lake.stream(BRONZE_TRACES, "a.sgy")):
        assert to_array(found["samples"]).tobytes() == traces.tobytes()


def test_a_file_is_exported_as_parquet_with_its_id(lake, tmp_path):
    lake.replace_file(ROWS, "a.sgy", rows([2, 0, 1]))
    lake.replace_file(ROWS, "b.sgy", rows(range(9)))
    target = tmp_path / "out" / "a.parquet"
    for _ in range(2):
        lake.export_parquet(ROWS, "a.sgy", target)
    found = pl.read_parquet(target)
    assert found.columns == ["file_id", "index", "value"]
    assert found.rows() == [("a.sgy", 2, 1), ("a.sgy", 0, 1), ("a.sgy", 1, 1)]
    assert [path.name for path in target.parent.iterdir()] == ["a.parquet"]


def test_a_root_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    lake = Lake(tmp_path / "file" / "lake")
    with pytest.raises(LakeError, match=r"table rows cannot be written below .*Not a directory.*free space or fix"):
        lake.replace_file(ROWS, "a.sgy", rows([1]))


@pytest.mark.parametrize("closed", ["", "rows", "rows/file_id=a.sgy", "rows/_delta_log"])
def test_a_folder_without_write_permission_is_a_sentence_and_the_old_rows_stay(closed):
    with open_folder() as folder:
        lake = Lake(folder / "lake")
        lake.replace_file(ROWS, "a.sgy", rows([1]))
        for path in [lake.root, *lake.root.rglob("*")]:
            path.chmod(0o777 if path.is_dir() else 0o666)
        for path in [lake.root / closed, *(lake.root / closed).rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        with ordinary_user():
            with pytest.raises(LakeError, match=r"table rows cannot be written below .*free space or fix the rights"):
                lake.replace_file(ROWS, "a.sgy", rows([2, 3]))
            assert lake.read(ROWS)["index"].to_list() == [1]


def test_a_broken_log_is_a_sentence(lake):
    lake.replace_file(ROWS, "a.sgy", rows([1]))
    (log,) = (lake.path(ROWS) / "_delta_log").glob("*0.json")
    log.write_text("garbage")
    for read in (lake.row_counts, lake.read):
        with pytest.raises(LakeError, match=r"table rows cannot be opened .*restore its _delta_log folder") as refused:
            read(ROWS)
        assert "\n" not in str(refused.value)


def test_tidying_removes_what_was_replaced_and_what_no_table_knows_and_nothing_else(lake):
    lake.replace_file(ROWS, "a.sgy", rows(range(5)))
    lake.replace_file(ROWS, "a.sgy", rows(range(3)))
    lake.replace_file(ROWS, "b.sgy", rows(range(3)))
    (lake.path(ROWS) / "file_id=b.sgy" / "part-orphan.parquet").write_bytes(b"left by a killed process")

    assert lake.tidy(hours=1) == {ROWS.name: 0}
    assert lake.tidy(hours=0) == {ROWS.name: 2}
    assert lake.row_counts(ROWS) == {"a.sgy": 3, "b.sgy": 3}
    assert lake.read(ROWS, ["b.sgy"]).height == 3
    assert len(list(lake.path(ROWS).rglob("*.parquet"))) == 2


def test_there_is_nothing_to_tidy_where_nothing_was_written(lake):
    assert lake.tidy(hours=0) == {}


def test_rows_under_an_older_schema_are_none(lake):
    older = Table(ROWS.name, pa.schema([("file_id", pa.string()), ("index", pa.int64())]), ROWS.key)
    lake.replace_file(older, "a.sgy", pl.DataFrame({"index": [1]}))
    assert lake.read(ROWS).height == 0
    assert lake.read(ROWS, columns=["index"])["index"].to_list() == [1]
    lake.replace_file(ROWS, "b.sgy", rows(range(2)))
    assert lake.row_counts(ROWS) == {"b.sgy": 2}
