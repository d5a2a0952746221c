"""Parts that threads write and readers read: their order, their failures, rows from the middle of them."""

import subprocess
import sys
import threading

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.lake import Lake, LakeError, PartTask, RowCursor, RowsRefusedError
from seismic_assets_tests.lake.building import ROWS, WHOLE, WINDOWS, rows, windows
from seismic_assets_tests.ordinary_user import open_folder, ordinary_user

FILES = ["a.sgy", "b.sgy", "c.sgy"]
_FULL = """
import resource
import sys
from pathlib import Path
from seismic_assets.lake import Lake, LakeError, PartTask
from seismic_assets_tests.lake.building import ROWS, rows

lake, workers = Lake(Path(sys.argv[1])), int(sys.argv[2])
most = int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
tasks = [PartTask("a.sgy", lambda: [rows(range(100_000), 2)]), PartTask("a.sgy", lambda: [rows([100_000], 2)])]
try:
    lake.replace_files(ROWS, ["a.sgy"], tasks if most > 100 else [], workers)
except LakeError as error:
    print(error)
"""


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def task(file_id, *blocks):
    return PartTask(file_id, lambda: iter(blocks))


def files_in(lake):
    return set(lake.root.rglob("*.parquet"))


@pytest.mark.parametrize("workers", [1, 4])
def test_rows_keep_the_order_of_the_tasks_whichever_is_done_first(lake, workers):
    first_may_end = threading.Event()

    def last_to_end():
        yield rows([7])
        first_may_end.wait(10 if workers > 1 else 0)
        yield rows([5])

    def first_to_end():
        yield rows([3])
        first_may_end.set()

    lake.replace_files(ROWS, ["a.sgy"], [PartTask("a.sgy", last_to_end), PartTask("a.sgy", first_to_end)], workers)
    assert pl.concat(lake.stream(ROWS, "a.sgy"))["index"].to_list() == [7, 5, 3]


@settings(max_examples=25, deadline=None)
@given(
    sizes=st.lists(st.tuples(st.sampled_from(FILES), st.lists(st.integers(0, 5), max_size=3)), max_size=14),
    workers=st.sampled_from([1, 3]),
)
def test_the_parts_of_a_file_follow_each_other_as_they_were_given(tmp_path_factory, sizes, workers):
    lake = Lake(tmp_path_factory.mktemp("lake"))
    expected = {file_id: [] for file_id in FILES}
    tasks = []
    for file_id, blocks in sizes:
        start = len(expected[file_id])
        numbers = [range(start + sum(blocks[:at]), start + sum(blocks[: at + 1])) for at in range(len(blocks))]
        tasks.append(task(file_id, *map(rows, numbers)))
        expected[file_id] += [number for block in numbers for number in block]
    counts = lake.replace_files(ROWS, FILES, tasks, workers)
    assert counts == {file_id: len(numbers) for file_id, numbers in expected.items()}
    for file_id, numbers in expected.items():
        streamed = [index for block in lake.stream(ROWS, file_id) for index in block["index"].to_list()]
        assert streamed == numbers


def test_more_than_ten_parts_are_read_in_the_order_of_their_numbers(lake):
    lake.replace_files(ROWS, ["a.sgy"], [task("a.sgy", rows([number])) for number in range(25)], workers=2)
    segments = lake.segments(ROWS, ["a.sgy"])
    assert [segment.rows for segment in segments] == [1] * 25
    assert pl.concat(lake.stream(ROWS, "a.sgy"))["index"].to_list() == list(range(25))


def test_segments_come_in_the_order_of_the_files_that_were_asked_for(lake):
    lake.replace_files(ROWS, FILES, [task(file_id, rows([1])) for file_id in FILES for _ in range(2)])
    asked = ["c.sgy", "a.sgy", "missing.sgy"]
    assert [segment.file_id for segment in lake.segments(ROWS, asked)] == ["c.sgy", "c.sgy", "a.sgy", "a.sgy"]


def test_replacing_files_leaves_the_others_alone_and_is_one_commit(lake):
    lake.replace_files(ROWS, FILES, [task(file_id, rows(range(3), 1)) for file_id in FILES])
    version = lake.version(ROWS)
    replaced = [task("a.sgy", rows([9], 2)), task("c.sgy", rows([8, 9], 2))]
    assert lake.replace_files(ROWS, ["c.sgy", "a.sgy"], replaced, workers=2) == {"c.sgy": 2, "a.sgy": 1}
    assert lake.version(ROWS) == version + 1
    assert lake.row_counts(ROWS) == {"a.sgy": 1, "b.sgy": 3, "c.sgy": 2}
    assert lake.read(ROWS, ["b.sgy"])["value"].to_list() == [1] * 3


def test_a_file_without_a_task_or_rows_is_left_without_rows(lake):
    lake.replace_files(ROWS, FILES, [task(file_id, rows(range(3))) for file_id in FILES])
    assert lake.replace_files(ROWS, ["a.sgy", "b.sgy"], [task("b.sgy", rows([]))]) == {"a.sgy": 0, "b.sgy": 0}
    assert lake.row_counts(ROWS) == {"c.sgy": 3}


@pytest.mark.parametrize("workers", [1, 3])
def test_a_failing_task_leaves_no_part_and_the_old_version_readable(lake, workers):
    lake.replace_files(ROWS, FILES, [task(file_id, rows(range(3), 1)) for file_id in FILES])
    version, files = lake.version(ROWS), files_in(lake)

    def broken():
        yield rows(range(50), 2)
        raise RuntimeError("no more rows")

    tasks = [task("a.sgy", rows(range(50), 2)), PartTask("b.sgy", broken)]
    tasks += [task("c.sgy", rows(range(50), 2)) for _ in range(20)]
    with pytest.raises(RuntimeError, match="no more rows"):
        lake.replace_files(ROWS, FILES, tasks, workers)
    assert (lake.version(ROWS), files_in(lake)) == (version, files)
    assert lake.read(ROWS)["value"].to_list() == [1] * 9


@pytest.mark.parametrize("workers", [1, 3])
def test_a_file_whose_rows_are_refused_alone_is_left_without_rows(lake, workers):
    lake.replace_files(ROWS, FILES, [task(file_id, rows(range(3), 1)) for file_id in FILES])

    def refused():
        yield rows(range(50), 2)
        raise RowsRefusedError("b.sgy")

    before = files_in(lake)
    tasks = [task("a.sgy", rows([1], 2)), task("b.sgy", rows([1], 2)), PartTask("b.sgy", refused)]
    tasks += [task("b.sgy", rows([99], 2)), task("c.sgy", rows([1, 2], 2))]
    assert lake.replace_files(ROWS, FILES, tasks, workers) == {"a.sgy": 1, "b.sgy": 0, "c.sgy": 2}
    assert lake.read(ROWS).rows() == [("a.sgy", 1, 2), ("c.sgy", 1, 2), ("c.sgy", 2, 2)]
    assert len(files_in(lake) - before) == 2


def test_rows_of_the_wrong_columns_leave_no_part(lake):
    blocks = [rows(range(3)), rows(range(3)).drop("value")]
    with pytest.raises(LakeError, match="rows for table rows lack the columns value"):
        lake.replace_files(ROWS, ["a.sgy"], [task("a.sgy", *blocks)])
    assert files_in(lake) == set()


@pytest.mark.skipif(sys.platform == "win32", reason="limits a process as POSIX does")
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("most", [4096, 10], ids=["for a part", "for the log"])
def test_where_nothing_more_can_be_written_the_last_good_version_stays_and_a_sentence_says_so(lake, workers, most):
    lake.replace_file(ROWS, "a.sgy", rows(range(3), 1))
    version, files = lake.version(ROWS), files_in(lake)
    limited = [sys.executable, "-c", _FULL, str(lake.root), str(workers), str(most)]
    done = subprocess.run(limited, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("table rows cannot be written below"), done.stdout
    assert "File too large" in done.stdout
    assert "free space" in done.stdout
    assert done.stdout.count("\n") == 1
    assert (lake.version(ROWS), files_in(lake)) == (version, files)
    assert lake.read(ROWS)["value"].to_list() == [1] * 3


def test_a_folder_that_an_ordinary_user_may_not_write_to_is_a_sentence_and_the_old_rows_stay():
    with open_folder() as folder:
        lake = Lake(folder / "lake")
        lake.replace_files(ROWS, ["a.sgy", "b.sgy"], [task("a.sgy", rows([1])), task("b.sgy", rows([2]))])
        files = files_in(lake)
        for path in [lake.root, *lake.root.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        with ordinary_user():
            with pytest.raises(LakeError, match=r"table rows cannot be written below .*free space or fix the rights"):
                lake.replace_files(ROWS, ["a.sgy"], [task("a.sgy", rows([5])), task("a.sgy", rows([6]))], workers=2)
            assert lake.read(ROWS)["index"].to_list() == [1, 2]
        assert files_in(lake) == files


def test_a_table_that_is_not_per_file_has_one_part(lake):
    lake.replace(WHOLE, pl.DataFrame({"name": ["b", "a"], "value": [1, 2]}))
    (part,) = files_in(lake)
    assert part.parent == lake.path(WHOLE)


batches_of = st.lists(st.integers(0, 7), max_size=8)


@given(sizes=batches_of, takes=st.lists(st.integers(0, 9), max_size=12))
def test_a_cursor_takes_rows_across_batches_in_order_and_each_once(sizes, takes):
    total = sum(sizes)
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    batches = [
        pa.RecordBatch.from_pydict({"index": pa.array(range(start, start + size), pa.int64())})
        for start, size in zip(starts, sizes, strict=True)
    ]
    cursor, expected = RowCursor(batches), list(range(total))
    for count in takes:
        taken = [index for batch in cursor.take(count) for index in batch["index"].to_pylist()]
        assert taken == expected[:count]
        expected = expected[count:]
    rest = [index for batch in cursor.take(total + 1) for index in batch["index"].to_pylist()]
    assert rest == expected


def test_a_cursor_reads_no_further_than_it_must():
    read = []

    def batches():
        for number in range(5):
            read.append(number)
            yield pa.RecordBatch.from_pydict({"index": [number] * 3})

    cursor = RowCursor(batches())
    assert read == []
    cursor.take(2)
    cursor.take(1)
    assert read == [0]
    cursor.take(1)
    assert read == [0, 1]


@settings(max_examples=60, deadline=None)
@given(
    blocks=st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=4), min_size=1, max_size=5),
    from_trace=st.integers(0, 60),
    size=st.sampled_from([1, 3, 4096]),
    per_trace=st.integers(1, 3),
)
def test_batches_from_a_trace_on_are_the_rows_that_a_filter_keeps(
    tmp_path_factory, blocks, from_trace, size, per_trace
):
    lake = Lake(tmp_path_factory.mktemp("lake"))
    trace, frames = 0, []
    for gaps in blocks:  # a row group of each, with gaps where traces were left out
        traces = []
        for gap in gaps:
            trace += gap + 1
            traces.append(trace)
        frames.append(windows(traces, per_trace))
    lake.replace_file(WINDOWS, "a.sgy", frames)
    (segment,) = lake.segments(WINDOWS, ["a.sgy"])
    batches = list(segment.batches(rows=size, from_trace=from_trace))
    found = [key for batch in batches for key in zip(*map(pa.Array.to_pylist, batch.columns[:2]), strict=True)]
    assert found == [key[:2] for key in pl.concat(frames).rows() if key[0] >= from_trace]
    assert all(0 < batch.num_rows <= size for batch in batches)


def test_row_groups_before_the_trace_are_not_read(lake):
    lake.replace_file(WINDOWS, "a.sgy", [windows(range(start, start + 1000)) for start in (0, 1000, 2000)])
    (segment,) = lake.segments(WINDOWS, ["a.sgy"])
    content = bytearray(segment.path.read_bytes())
    content[4:2000] = bytes(1996)  # of the first row group
    segment.path.write_bytes(content)
    assert sum(batch.num_rows for batch in segment.batches(from_trace=1000)) == 4000
    with pytest.raises(LakeError):
        list(segment.batches())


def test_only_the_wanted_columns_are_read_and_the_file_s_id_is_none_of_them(lake):
    lake.replace_file(WINDOWS, "a.sgy", windows([1, 2]))
    (segment,) = lake.segments(WINDOWS, ["a.sgy"])
    assert segment.schema().names == ["trace_index", "window_index", "value"]
    assert next(segment.batches()).schema.names == ["trace_index", "window_index", "value"]
    assert next(segment.batches(["value", "trace_index"])).schema.names == ["value", "trace_index"]


@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "garbage", "overwritten"])
def test_a_damaged_part_is_a_sentence(lake, damage):
    lake.replace_file(WINDOWS, "a.sgy", windows(range(3000)))
    (segment,) = lake.segments(WINDOWS, ["a.sgy"])
    content = segment.path.read_bytes()
    if damage == "gone":
        segment.path.unlink()
    else:
        half = len(content) // 2
        broken = {"empty": b"", "cut": content[:half], "garbage": b"x" * 5000}
        segment.path.write_bytes(broken.get(damage, content[:4] + bytes(half) + content[4 + half :]))
    for read in (lambda: list(segment.batches()), lambda: (segment.group_rows(), segment.group(0, ["value"]))):
        with pytest.raises(LakeError, match=r"cannot be read \(.*; materialise windows of a.sgy again") as refused:
            read()
        assert "\n" not in str(refused.value)


def test_row_groups_are_the_blocks_that_were_written_and_read_one_by_one(lake):
    lake.replace_file(WINDOWS, "a.sgy", [windows([0, 1, 2]), windows([5]), windows([6, 9])])
    (segment,) = lake.segments(WINDOWS, ["a.sgy"])
    assert segment.group_rows() == [6, 2, 4]
    groups = [segment.group(number, ["window_index", "trace_index"]) for number in range(3)]
    assert [group["trace_index"].to_pylist() for group in groups] == [[0, 0, 1, 1, 2, 2], [5, 5], [6, 6, 9, 9]]
    assert groups[0].column_names == ["window_index", "trace_index"]


def test_a_column_that_a_part_does_not_have_is_named_in_a_sentence(lake):
    lake.replace_file(WINDOWS, "a.sgy", windows([1, 2]))
    (segment,) = lake.segments(WINDOWS, ["a.sgy"])
    with pytest.raises(LakeError, match=r"cannot be read \(it has no b\); materialise windows of a\.sgy again"):
        list(segment.batches(["trace_index", "b"]))
    with pytest.raises(LakeError, match=r"cannot be read \(it has no b, c, d \.\.\.\); materialise windows"):
        list(segment.batches(["b", "c", "value", "d", "e"]))
