from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from seismic_assets.insights.quality import append_history, history, quality_report
from seismic_assets.lake import QUALITY_HISTORY, TABLE_NAMES, Lake
from seismic_assets_tests.insights.quality.building import START, made


def report(score: float = 99.0, **more):
    return quality_report(made({"a.sgy": {"score": score}}, **more))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_a_changed_state_adds_a_row_and_the_same_none(lake: Lake) -> None:
    scores = (99.0, 99.0, 98.0, 98.0, 99.0)

    added = [append_history(lake, report(score), START + timedelta(days=day)) for day, score in enumerate(scores)]

    assert added == [True, False, True, False, True]
    rows = lake.read(QUALITY_HISTORY)
    assert rows["score_mean"].to_list() == [99.0, 98.0, 99.0]
    assert rows["timestamp"].to_list() == [START + timedelta(days=day) for day in (0, 2, 4)]
    assert rows["verdict"].to_list() == ["PASS"] * 3


def test_of_many_states_the_last_stay(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST_ROWS", 3)

    for day in range(5):
        append_history(lake, report(90.0 + day), START + timedelta(days=day))

    assert lake.read(QUALITY_HISTORY)["score_mean"].to_list() == [92.0, 93.0, 94.0]


def test_rows_that_were_there_are_not_altered(lake: Lake) -> None:
    append_history(lake, report(), START)
    before = lake.read(QUALITY_HISTORY)

    append_history(lake, report(50.0), START + timedelta(days=1))

    assert lake.read(QUALITY_HISTORY).head(1).equals(before)


def test_what_failed_in_itself_is_not_accepted_and_what_only_changed_is(lake: Lake) -> None:
    append_history(lake, quality_report(made({f"{n}.sgy": {} for n in range(4)})), START)
    shrunk = made({"0.sgy": {}}, history=lake.read(QUALITY_HISTORY))
    append_history(lake, quality_report(shrunk), START + timedelta(days=1))
    append_history(lake, quality_report(made({"0.sgy": {"dead_traces": 90}})), START + timedelta(days=2))

    rows = lake.read(QUALITY_HISTORY)
    assert rows["drift"].to_list()[1] == "FAIL"
    assert rows["accepted"].to_list() == [True, True, False]


def test_without_statistics_there_is_no_row(lake: Lake) -> None:
    assert not append_history(lake, report(problems={"quality": "table trace_quality is damaged"}), START)
    assert lake.read(QUALITY_HISTORY).is_empty()


def test_a_state_without_any_file_is_kept_but_not_compared_with(lake: Lake) -> None:
    append_history(lake, quality_report(made({})), START)

    (row,) = lake.read(QUALITY_HISTORY).to_dicts()
    assert (row["accepted"], row["score_mean"], row["scale_median"]) == (False, None, None)


def test_the_table_is_named_and_its_columns_explained() -> None:
    plain = {"traces", "summary", "labelled_windows", "score_lowest"}

    assert QUALITY_HISTORY.name in TABLE_NAMES
    assert set(QUALITY_HISTORY.schema.names) - set(QUALITY_HISTORY.meanings) == plain
    assert set(QUALITY_HISTORY.meanings) <= set(QUALITY_HISTORY.schema.names)


def test_a_row_has_the_types_of_the_table(lake: Lake) -> None:
    append_history(lake, report(classes={"salt": 1, "sand": 3}), START)

    assert lake.read(QUALITY_HISTORY).schema == pl.DataFrame(pl.from_arrow(QUALITY_HISTORY.schema.empty_table())).schema
