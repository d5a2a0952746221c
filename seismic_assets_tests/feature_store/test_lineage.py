"""Where values are from, and which generation was known when."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.feature_store.errors import FeatureStoreError, UnknownTraceError
from seismic_assets.feature_store.keys import trace_ids
from seismic_assets.feature_store.lineage import (
    Origin,
    file_of_trace,
    known_at,
    latest_of,
    origins_of,
    values_of,
)
from seismic_assets.feature_store.repository import apply, open_store
from seismic_assets.lake import SEGY_CATALOGUE, WINDOW_LABELS, Lake, LakeError, window_features_table
from seismic_assets_tests.feature_store.building import (
    APRIL,
    FEBRUARY,
    JANUARY,
    MARCH,
    NAMES,
    SPEC,
    TABLE,
    WINDOWS,
    add,
    make_lake,
    place_of,
    rows_of_file,
)

_ORIGIN = Origin(
    file_id="a.sgy",
    table=TABLE.name,
    generation=1,
    segy="a.sgy",
    changed=False,
    start_ms=0.0,
    digest="d",
    acquired=JANUARY,
    made=JANUARY,
    windows=1,
    gone=0,
    content="c",
    making="m",
    num_samples=128,
    sample_interval_us=4000,
    code="commit",
    source_version=1,
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """a.sgy came in January and again in March, and was made again in April; b.sgy came in January."""
    lake = make_lake(tmp_path)
    add(lake, "a.sgy", 7, MARCH)
    add(lake, "a.sgy", 8, APRIL, acquired=MARCH, making="another embedder")
    return lake


def own(lake: Lake, file_id: str = "a.sgy") -> list[Origin]:
    return [each for each in origins_of(lake, TABLE) if each.file_id == file_id]


def test_generations_come_with_what_they_are_from_the_latest_made_first(lake: Lake) -> None:
    found = own(lake)

    assert [(each.generation, each.acquired.replace(microsecond=0), each.made) for each in found] == [
        (3, MARCH, APRIL),
        (2, MARCH, MARCH),
        (1, JANUARY, JANUARY),
    ]
    assert [each.making for each in found] == ["another embedder", "made so", "made so"]
    assert {(each.code, each.windows, each.gone, each.num_samples) for each in found} == {("commit", 12, 0, 128)}
    assert [each.source_version for each in found] == sorted((each.source_version for each in found), reverse=True)
    assert {each.table for each in origins_of(lake)} == {TABLE.name, WINDOW_LABELS.name}


def test_a_file_that_changed_or_went_since_is_said_to_have(lake: Lake) -> None:
    digest = own(lake)[0].digest
    row = {"file_id": "a.sgy", "relative": "north/a.sgy", "digest": digest, "admitted": True, "start_ms": 100.0}
    empty = pl.DataFrame(pl.from_arrow(SEGY_CATALOGUE.schema.empty_table()))
    lake.replace(SEGY_CATALOGUE, pl.concat([empty, pl.DataFrame([row])], how="diagonal_relaxed"))

    assert [(each.segy, each.changed, each.start_ms) for each in own(lake)] == [
        ("north/a.sgy", False, 100.0),
        ("north/a.sgy", False, 100.0),
        ("north/a.sgy", True, 100.0),
    ]
    assert [(each.segy, each.changed) for each in own(lake, "b.sgy")] == [("", False)]


def test_a_lake_without_history_has_no_origins(tmp_path: Path) -> None:
    assert origins_of(Lake(tmp_path / "lake")) == []


def test_the_latest_generation_of_each_table_counts(lake: Lake) -> None:
    latest = latest_of(origins_of(lake))

    assert {key: each.generation for key, each in latest.items()} == {
        ("a.sgy", TABLE.name): 3,
        ("b.sgy", TABLE.name): 1,
        ("a.sgy", WINDOW_LABELS.name): 1,
    }


moments = st.integers(0, 6).map(lambda day: JANUARY + timedelta(days=day))


@given(generations=st.lists(st.tuples(moments, moments), max_size=6), moment=moments)
def test_what_was_known_is_the_latest_event_then_the_latest_made(
    generations: list[tuple[datetime, datetime]], moment: datetime
) -> None:
    origins = [Origin(**{**vars(_ORIGIN), "acquired": event, "made": made}) for event, made in generations]

    found = known_at(origins, moment)

    expected = sorted(pair for pair in generations if pair[0] <= moment)
    assert (None if found is None else (found.acquired, found.made)) == (expected[-1] if expected else None)


@pytest.mark.slow
def test_what_was_known_is_what_the_join_of_feast_takes(tmp_path: Path, lake: Lake) -> None:
    place = place_of(tmp_path, lake)
    apply(place, SPEC)
    trace = int(trace_ids("a.sgy", [2])[0])
    asked = [JANUARY, FEBRUARY, MARCH, MARCH + timedelta(days=3), APRIL]
    entities = pd.DataFrame(
        [{"trace_id": trace, "window_index": w, "event_timestamp": at} for at in asked for w in range(WINDOWS)]
    )
    store = open_store(place)
    joined = store.get_historical_features(entities, store.get_feature_service("seismic_classifier_v1")).to_df()

    for at in asked:
        origin = known_at(own(lake), at)
        assert origin is not None
        mine = values_of(lake, TABLE, origin, trace, NAMES)
        theirs = joined[joined["event_timestamp"] == at].sort_values("window_index")
        np.testing.assert_array_equal(theirs[list(NAMES)].to_numpy(np.float32), mine.features)


def test_values_are_those_of_the_generation(lake: Lake) -> None:
    trace = int(trace_ids("a.sgy", [1])[0])
    for origin, seed in zip(own(lake), (8, 7, 0), strict=True):
        found = values_of(lake, TABLE, origin, trace, NAMES[2:4])

        expected = rows_of_file("a.sgy", 4, seed).filter(pl.col("trace_id") == trace)
        assert found.window_index.tolist() == [0, 1, 2]
        assert found.features.dtype == np.float32
        np.testing.assert_array_equal(found.features, expected.select(NAMES[2:4]).to_numpy())


def test_windows_that_are_gone_have_no_values(lake: Lake) -> None:
    add(lake, "a.sgy", 9, APRIL + timedelta(days=1), traces=2)
    gone = int(trace_ids("a.sgy", [3])[0])

    assert values_of(lake, TABLE, own(lake)[0], gone, NAMES).features.shape == (0, len(NAMES))
    assert len(values_of(lake, TABLE, own(lake)[1], gone, NAMES).window_index) == WINDOWS


def test_a_trace_tells_its_file(lake: Lake) -> None:
    origins = origins_of(lake)

    assert file_of_trace(origins, int(trace_ids("b.sgy", [3])[0])) == "b.sgy"
    with pytest.raises(UnknownTraceError, match="no file of the lake has the trace 3;"):
        file_of_trace(origins, 3)


def test_a_table_of_other_features_is_a_sentence(lake: Lake) -> None:
    other = window_features_table(("semblance",))

    with pytest.raises(FeatureStoreError, match="features of another set; materialise window_history"):
        values_of(lake, other, own(lake)[0], 1, ["semblance"])


def test_a_damaged_table_is_a_sentence(lake: Lake) -> None:
    trace = int(trace_ids("a.sgy", [1])[0])
    parts = sorted(lake.path(TABLE).rglob("*.parquet"))
    for part in parts:
        content = part.read_bytes()
        part.write_bytes(content[:4] + b"\xff" * 200 + content[204:])
    with pytest.raises(LakeError, match=r"cannot be read \(.+\); materialise window_history of a.sgy again"):
        values_of(lake, TABLE, own(lake)[0], trace, NAMES)

    for part in parts:
        part.write_bytes(b"PAR1 torn")
    with pytest.raises(LakeError, match=r"cannot be read \(.+\); materialise window_history of a.sgy again"):
        values_of(lake, TABLE, own(lake)[0], trace, NAMES)
