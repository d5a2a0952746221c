from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.lake import (
    Lake,
    LakeError,
    PartAudit,
    PartTask,
    audit,
    audit_table,
    predictions_table,
    repeated_keys,
    trace_features_table,
)
from seismic_assets_tests.lake.building import WINDOWS, windows

keys_of = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), min_size=1, max_size=12)


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


@pytest.fixture(autouse=True, params=[3, 1 << 16], ids="batches of {}".format)
def _batch(request, monkeypatch):
    """Rows that are looked at together."""
    monkeypatch.setattr(audit, "_BATCH", request.param)


def write(lake, file_id, *parts):
    lake.replace_files(WINDOWS, [file_id], [PartTask(file_id, lambda part=part: [part]) for part in parts])


def framed(keys):
    schema = {"trace_index": pl.Int64, "window_index": pl.Int32}
    return pl.DataFrame(keys, schema=schema, orient="row").with_columns(value=pl.lit(1.0))


def part(first=0, last=9, ordered=True):
    return PartAudit("a.sgy", 10, ordered, first, last, 0)


def test_a_table_that_was_never_written_has_no_audit(lake):
    assert audit_table(lake, WINDOWS) == {}


def test_parts_are_described_in_order_by_file(lake):
    write(lake, "b.sgy", windows(range(3, 8)))
    write(lake, "a.sgy", windows(range(4)), windows([4, 9]))
    assert audit_table(lake, WINDOWS) == {
        "a.sgy": [PartAudit("a.sgy", 8, True, 0, 3, 0), PartAudit("a.sgy", 4, True, 4, 9, 0)],
        "b.sgy": [PartAudit("b.sgy", 10, True, 3, 7, 0)],
    }


@settings(max_examples=60, deadline=None)
@given(parts=st.lists(keys_of, min_size=1, max_size=3))
def test_keys_that_rise_throughout_are_not_repeated_and_all_others_may_be(tmp_path_factory, parts):
    lake = Lake(tmp_path_factory.mktemp("lake"))
    write(lake, "a.sgy", *map(framed, parts))
    audits = audit_table(lake, WINDOWS)["a.sgy"]
    assert [each.ordered for each in audits] == [keys == sorted(set(keys)) for keys in parts]
    every = [key for keys in parts for key in keys]
    if every != sorted(set(every)):
        assert repeated_keys(audits)
    elif all(before[-1][0] < after[0][0] for before, after in pairwise(parts)):
        assert not repeated_keys(audits)


@pytest.mark.parametrize("at", [1, 4, 6, 11])
def test_a_key_that_occurs_twice_within_a_part_is_found(lake, at):
    keys = [(trace, window) for trace in range(6) for window in range(2)]
    write(lake, "a.sgy", framed(keys[:at] + keys[at - 1 :]))
    assert repeated_keys(audit_table(lake, WINDOWS)["a.sgy"])


def test_a_trace_that_occurs_in_two_parts_is_found(lake):
    write(lake, "a.sgy", windows(range(5)), windows(range(4, 8)))
    audits = audit_table(lake, WINDOWS)["a.sgy"]
    assert [each.ordered for each in audits] == [True, True]
    assert repeated_keys(audits)


@pytest.mark.parametrize(
    ("parts", "repeated"),
    [
        ([], False),
        ([part()], False),
        ([part(ordered=False)], True),
        ([part(0, 9), part(10, 19)], False),
        ([part(0, 9), part(9, 19)], True),
        ([part(10, 19), part(0, 9)], True),
        ([part(0, 9), part(10, 19), part(20, 29, ordered=False)], True),
    ],
)
def test_parts_must_rise_from_one_to_the_next(parts, repeated):
    assert repeated_keys(parts) is repeated


def test_values_that_are_not_finite_are_counted_and_nulls_are_not(lake):
    values = [1.0, None, np.nan, np.inf, -np.inf, 2.0, None, np.nan]
    write(lake, "a.sgy", windows(range(4), values=values), windows(range(4, 8)))
    assert [each.not_finite for each in audit_table(lake, WINDOWS)["a.sgy"]] == [4, 0]


def test_every_float_column_is_looked_at(lake):
    table = predictions_table(["sand", "salt"])
    frame = pl.DataFrame(pl.from_arrow(table.schema.empty_table())).clear(2)
    frame = frame.with_columns(trace_index=pl.Series([0, 1]), window_index=pl.Series([0, 0], dtype=pl.Int32))
    broken = pl.Series([0.5, np.nan], dtype=pl.Float32)
    lake.replace_file(table, "a.sgy", frame.with_columns(confidence=broken, prob_salt=broken))
    assert audit_table(lake, table)["a.sgy"][0].not_finite == 2


def test_columns_of_whichever_features_a_part_was_made_with_are_looked_at(lake):
    table = trace_features_table(["rms_amplitude", "semblance"])
    frame = windows([0, 1], per_trace=1).drop("value")
    broken = pl.Series([np.inf, np.nan], dtype=pl.Float32)
    lake.replace_file(table, "a.sgy", frame.with_columns(rms_amplitude=pl.lit(1.0), semblance=broken))
    assert audit_table(lake, trace_features_table(()))["a.sgy"][0].not_finite == 2


def test_a_part_is_read_once(lake):
    write(lake, "a.sgy", windows(range(4)), windows(range(4, 8), values=[np.nan] * 8))
    first = audit_table(lake, WINDOWS)
    for segment in lake.segments(WINDOWS, ["a.sgy"]):
        segment.path.write_bytes(b"not to be opened again")
    assert audit_table(lake, WINDOWS) == first
    assert audit_table(Lake(lake.root), WINDOWS) == first


def test_a_new_file_is_audited_and_those_that_are_known_are_not_read_again(lake):
    write(lake, "a.sgy", windows(range(4)))
    first = audit_table(lake, WINDOWS)
    lake.segments(WINDOWS, ["a.sgy"])[0].path.unlink()
    write(lake, "b.sgy", windows([2, 1]))
    assert audit_table(lake, WINDOWS) == {**first, "b.sgy": [PartAudit("b.sgy", 4, False, 2, 1, 0)]}


def test_a_file_that_was_replaced_is_audited_again(lake):
    write(lake, "a.sgy", windows(range(4)))
    audit_table(lake, WINDOWS)
    write(lake, "a.sgy", windows([5, 5], values=[np.nan] * 4))
    assert audit_table(lake, WINDOWS) == {"a.sgy": [PartAudit("a.sgy", 4, False, 5, 5, 4)]}


def test_a_file_that_is_gone_is_forgotten(lake):
    write(lake, "a.sgy", windows(range(4)))
    write(lake, "b.sgy", windows(range(4)))
    audit_table(lake, WINDOWS)
    lake.delete_files(WINDOWS, ["a.sgy"])
    assert audit_table(lake, WINDOWS).keys() == {"b.sgy"}
    (kept,) = (lake.root / "_audits").iterdir()
    assert "a.sgy" not in kept.read_text()


@pytest.mark.parametrize("damage", ["gone", "garbage", "overwritten"])
def test_a_damaged_part_that_is_not_known_is_a_sentence(lake, damage):
    write(lake, "a.sgy", windows(range(4000)))
    (segment,) = lake.segments(WINDOWS, ["a.sgy"])
    content = segment.path.read_bytes()
    segment.path.unlink()
    if damage != "gone":
        segment.path.write_bytes(b"x" * 500 if damage == "garbage" else content[:4] + bytes(3000) + content[3004:])
    with pytest.raises(LakeError, match=r"materialise windows of a\.sgy again"):
        audit_table(lake, WINDOWS)


def test_tables_have_verdicts_of_their_own(lake):
    write(lake, "a.sgy", windows(range(4)))
    other = predictions_table(["sand"])
    frame = pl.DataFrame(pl.from_arrow(other.schema.empty_table())).clear(1)
    frame = frame.with_columns(trace_index=pl.lit(7), window_index=pl.lit(0))
    lake.replace_file(other, "a.sgy", frame)
    for _ in range(2):
        assert audit_table(lake, WINDOWS)["a.sgy"][0].last == 3
        assert audit_table(lake, other)["a.sgy"][0].last == 7
