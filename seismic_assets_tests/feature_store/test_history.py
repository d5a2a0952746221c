"""The past can be asked for: a file that was processed twice has two truths, each at its time."""

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from seismic_assets.feature_store.generations import (
    FileFacts,
    Making,
    keep_generations,
    latest_generations,
    repeated_windows,
)
from seismic_assets.feature_store.repository import StorePlace, apply, open_store
from seismic_assets.feature_store.spec import StoreSpec
from seismic_assets.lake import (
    FEATURE_GENERATIONS,
    WINDOW_LABELS,
    Lake,
    PartTask,
    trace_features_table,
    window_features_table,
)
from seismic_assets_tests.feature_store.building import (
    APRIL,
    CLASSES,
    FEBRUARY,
    JANUARY,
    MARCH,
    NAMES,
    SPEC,
    TABLE,
    add,
    add_labels,
    features_of,
    make_lake,
    place_of,
    rows_of_file,
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return make_lake(tmp_path)


def known_at(
    place: StorePlace, wanted: pl.DataFrame, moment: datetime, *more: str, as_made_by_then: bool = False
) -> pl.DataFrame:
    entities = pd.DataFrame({name: wanted[name].to_numpy() for name in ("trace_id", "window_index")})
    entities["event_timestamp"] = moment
    store = open_store(place)
    features = list(more) or store.get_feature_service("seismic_classifier_v1")
    found = pl.from_pandas(
        store.get_historical_features(entities, features, filter_by_created_timestamp=as_made_by_then).to_df()
    )
    return found.sort("trace_id", "window_index")


def test_a_join_gives_what_was_known_at_its_time(tmp_path: Path, lake: Lake) -> None:
    add(lake, "a.sgy", 7, MARCH)
    place = place_of(tmp_path, lake)
    apply(place, SPEC)
    first, second = rows_of_file("a.sgy", 4, 0), rows_of_file("a.sgy", 4, 7)
    columns = ["trace_id", "window_index", *NAMES]

    assert known_at(place, first, FEBRUARY).select(columns).equals(first)
    assert known_at(place, second, MARCH).select(columns).equals(second)
    assert known_at(place, first, JANUARY.replace(year=2020)).height == 0  # Feast drops what was not known


def test_the_same_file_processed_again_has_its_latest_values_at_any_time(tmp_path: Path, lake: Lake) -> None:
    add(lake, "a.sgy", 7, MARCH, acquired=JANUARY, making="another embedder")
    place = place_of(tmp_path, lake)
    apply(place, SPEC)
    again = rows_of_file("a.sgy", 4, 7)

    assert known_at(place, again, FEBRUARY).select("trace_id", "window_index", *NAMES).equals(again)
    by_then = known_at(place, again, FEBRUARY, as_made_by_then=True).select("trace_id", "window_index", *NAMES)
    assert by_then.equals(rows_of_file("a.sgy", 4, 0))
    made = latest_generations(lake, TABLE).filter(pl.col("file_id") == "a.sgy").row(0, named=True)
    assert (made["event_timestamp"] - JANUARY, made["created_timestamp"]) == (timedelta(microseconds=1), MARCH)


def test_labels_that_were_taken_back_are_not_given_any_more(tmp_path: Path, lake: Lake) -> None:
    kept = add_labels(lake, "a.sgy", [0, 1], MARCH)
    place = place_of(tmp_path, lake)
    apply(place, SPEC)

    found = known_at(place, rows_of_file("a.sgy", 4, 0), APRIL, "seismic_labels:class_name")

    assert kept.rows == 2
    assert found["class_name"].to_list() == ["normal", "anomaly", *[None] * 10]


def test_the_same_values_are_no_new_generation(lake: Lake) -> None:
    before = lake.version(TABLE)

    assert not add(lake, "a.sgy", 0, MARCH, acquired=JANUARY).new

    assert lake.version(TABLE) == before


def test_a_file_that_came_again_with_an_older_time_stamp_counts_from_now(lake: Lake) -> None:
    add(lake, "a.sgy", 7, MARCH, acquired=JANUARY.replace(year=2010))

    made = latest_generations(lake, TABLE).filter(pl.col("file_id") == "a.sgy").row(0, named=True)
    assert made["event_timestamp"] == MARCH


def test_the_oldest_generations_are_dropped(lake: Lake) -> None:
    for seed, moment in ((3, FEBRUARY), (4, MARCH)):
        add(lake, "a.sgy", seed, moment, keep=2)

    kept = lake.read(TABLE, ["a.sgy"])
    assert kept["created_timestamp"].unique().sort().to_list() == [FEBRUARY, MARCH]
    assert lake.read(FEATURE_GENERATIONS, ["a.sgy"]).filter(pl.col("table") == TABLE.name)["generation"].to_list() == [
        2,
        3,
    ]
    assert lake.read(TABLE, ["b.sgy"]).height == 12


def test_a_join_sees_nothing_of_what_the_table_no_longer_has(tmp_path: Path, lake: Lake) -> None:
    add(lake, "a.sgy", 7, MARCH, keep=1)  # the parts of January are no longer in the table, and still in its folder
    assert len(list(lake.path(TABLE).glob("file_id=a.sgy/*.parquet"))) == 2
    place = place_of(tmp_path, lake)
    apply(place, SPEC)
    rows = rows_of_file("a.sgy", 4, 7)

    assert known_at(place, rows, FEBRUARY).height == 0
    assert known_at(place, rows, MARCH).select("trace_id", "window_index", *NAMES).equals(rows)


def test_a_join_after_the_features_became_others_is_of_the_others(tmp_path: Path, lake: Lake) -> None:
    fewer = NAMES[:9]
    table, source = window_features_table(fewer), trace_features_table(fewer)
    lake.replace_file(source, "a.sgy", features_of(4, 3).select("trace_index", "window_index", *fewer))
    facts = FileFacts("a.sgy", JANUARY, "bytes", 128, 4000)
    kept = dict(keep_generations(lake, table, source, [facts], Making(MARCH, "made so", "commit"), 3))["a.sgy"]
    place = place_of(tmp_path, lake)
    apply(place, StoreSpec(fewer, CLASSES))
    rows = rows_of_file("a.sgy", 4, 3)

    found = known_at(place, rows, APRIL, "seismic_embedding_features:embedding_0")

    assert kept.new
    assert found["embedding_0"].to_list() == rows["embedding_0"].to_list()


def test_what_a_killed_writer_left_is_removed_before_the_next_generation(lake: Lake) -> None:
    def torn(table, ids, tasks, workers=1):
        raise KeyboardInterrupt

    notes, lake.replace_files = lake.replace_files, torn  # the rows are written, the note is not
    source = lake.replace_file
    lake.replace_file = lambda table, file_id, rows: notes(table, [file_id], [PartTask(file_id, lambda: [rows])])
    with pytest.raises(KeyboardInterrupt):
        add(lake, "a.sgy", 7, FEBRUARY)
    lake.replace_files, lake.replace_file = notes, source
    assert lake.row_counts(TABLE)["a.sgy"] == 24

    add(lake, "a.sgy", 8, MARCH)

    rows = lake.read(TABLE, ["a.sgy"])
    assert rows.group_by("generation").len().sort("generation").rows() == [(1, 12), (2, 12)]
    assert rows["created_timestamp"].unique().sort().to_list() == [JANUARY, MARCH]


def test_a_history_whose_rows_are_lost_begins_anew(lake: Lake) -> None:
    lake.delete_rows(TABLE, "file_id = 'a.sgy' AND window_index = 1")

    kept = add(lake, "a.sgy", 7, MARCH)

    assert kept.new
    assert lake.row_counts(TABLE)["a.sgy"] == 12


def test_windows_twice_are_found(lake: Lake) -> None:
    assert repeated_windows(lake, TABLE) == []
    rows = lake.read(TABLE, ["a.sgy"]).head(1)
    lake.append_files(TABLE, [PartTask("a.sgy", lambda: [rows])])
    lake.append_files(TABLE, [PartTask("b.sgy", lambda: [rows])])

    assert repeated_windows(lake, TABLE) == [("a.sgy", 1), ("b.sgy", 1)]
    assert repeated_windows(lake, WINDOW_LABELS) == []


def test_a_file_without_windows_has_no_history(lake: Lake) -> None:
    assert add(lake, "c.sgy", 0, MARCH, traces=0).generation == 0
    assert list(keep_generations(lake, TABLE, TABLE, [], None, 3)) == []  # type: ignore[arg-type]
    assert "c.sgy" not in lake.row_counts(TABLE)
