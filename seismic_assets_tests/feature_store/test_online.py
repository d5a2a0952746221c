"""What is looked up is what the lake has, whoever wrote it; only what changed is written."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seismic_assets.feature_store.backends import SERVED, OnlineFile, WindowBlock
from seismic_assets.feature_store.errors import (
    FeatureStoreError,
    StaleFeaturesError,
    UnknownFeatureError,
    UnknownTraceError,
)
from seismic_assets.feature_store.keys import trace_ids
from seismic_assets.feature_store.lookup import Lookup
from seismic_assets.feature_store.online import served_file
from seismic_assets.feature_store.repository import StorePlace, apply, open_store, write_repository
from seismic_assets.feature_store.served import served_views
from seismic_assets.feature_store.spec import StoreSpec
from seismic_assets.feature_store.sqlite_backend import SqliteBackend
from seismic_assets.lake import Lake, window_features_table
from seismic_assets_tests.feature_store.building import (
    CLASSES,
    FEBRUARY,
    MARCH,
    NAMES,
    SPEC,
    TABLE,
    WINDOWS,
    add,
    assert_many_are_found_as_each,
    brought,
    make_lake,
    place_of,
    rows_of_file,
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return make_lake(tmp_path)


@pytest.fixture
def place(tmp_path: Path, lake: Lake) -> StorePlace:
    place = place_of(tmp_path, lake)
    write_repository(place, SPEC)
    return place


@pytest.fixture
def backend(place: StorePlace) -> SqliteBackend:
    return SqliteBackend(place.online)


@pytest.fixture
def lookup(place: StorePlace) -> Lookup:
    return Lookup(place)


def looked_up(lookup: Lookup, file_id: str, traces: int = 4) -> np.ndarray:
    ids = trace_ids(file_id, range(traces)).tolist()
    return np.concatenate([lookup.trace(trace, NAMES).features for trace in ids])


def lake_has(file_id: str, seed: int, traces: int = 4) -> np.ndarray:
    return rows_of_file(file_id, traces, seed).select(NAMES).to_numpy()


def test_every_value_is_found_as_it_is_in_the_lake(backend: SqliteBackend, lake: Lake, lookup: Lookup) -> None:
    done = brought(backend, lake)

    assert done.written == {"a.sgy": 12, "b.sgy": 12}
    np.testing.assert_array_equal(looked_up(lookup, "a.sgy"), lake_has("a.sgy", 0))
    np.testing.assert_array_equal(looked_up(lookup, "b.sgy"), lake_has("b.sgy", 1))


def test_features_come_in_the_order_that_is_asked_for(backend: SqliteBackend, lake: Lake, lookup: Lookup) -> None:
    brought(backend, lake)
    trace = int(trace_ids("b.sgy", [2])[0])
    wanted = ["embedding_3", "energy", "mean_amplitude"]

    found = lookup.trace(trace, wanted)

    expected = rows_of_file("b.sgy", 4, 1).filter(pl.col("trace_id") == trace).select(wanted).to_numpy()
    np.testing.assert_array_equal(found.features, expected)
    assert (found.trace_index, found.file.file_id, found.window_index.tolist()) == (2, "b.sgy", [0, 1, 2])


def test_many_traces_are_found_as_each_of_them_is(backend: SqliteBackend, lake: Lake, lookup: Lookup) -> None:
    brought(backend, lake)
    assert_many_are_found_as_each(lookup)


def test_all_traces_without_features_are_named(backend: SqliteBackend, lake: Lake, lookup: Lookup) -> None:
    brought(backend, lake)

    def refused(*wanted: tuple[str, Sequence[int]]) -> str:
        ids = [each for file_id, places in wanted for each in trace_ids(file_id, places).tolist()]
        with pytest.raises(UnknownTraceError) as said:
            lookup.traces(ids, NAMES)
        return str(said.value)

    two = refused(("a.sgy", [0, 5, 2, 7, 5]))
    many = refused(("a.sgy", range(16)))
    files = refused(("a.sgy", [1, 9]), ("b.sgy", [8]))
    unknown = refused(("a.sgy", [9]), ("c.sgy", [0]), ("d.sgy", [1]))

    assert two.startswith("a.sgy has no features of traces 5 and 7: it has 4 traces, and dead or broken ones")
    assert "of traces 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 and 2 more: it has" in many
    assert "a.sgy has no features of trace 9: " in files and "b.sgy has no features of trace 8: " in files
    first, second = (int(trace_ids(file_id, [place])[0]) for file_id, place in (("c.sgy", 0), ("d.sgy", 1)))
    assert f"no file that is online has the traces {first} and {second}; " in unknown


def test_a_file_is_looked_for_once_however_many_of_its_traces_are_asked_for(
    place: StorePlace, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = SqliteBackend(place.online)
    brought(backend, lake)
    asked: list[str] = []
    for name in ("file_of", "views", "windows_of"):
        own = getattr(backend, name)
        monkeypatch.setattr(backend, name, lambda *given, own=own, name=name: asked.append(name) or own(*given))

    Lookup(place, backend).traces(trace_ids("a.sgy", range(4)).tolist(), NAMES)

    assert sorted(asked) == ["file_of", "views", *["windows_of"] * len(SPEC.views)]


def test_feast_finds_the_same(place: StorePlace, backend: SqliteBackend, lake: Lake) -> None:
    apply(place, SPEC)
    brought(backend, lake)
    rows = rows_of_file("a.sgy", 4, 0)
    store = open_store(place)

    entities = rows.select("trace_id", "window_index").to_dicts()
    found = store.get_online_features(store.get_feature_service("seismic_classifier_v1"), entities).to_dict()

    values = np.array([found[name] for name in NAMES], np.float32).T
    np.testing.assert_array_equal(values, rows.select(NAMES).to_numpy())


def test_only_what_changed_is_written(backend: SqliteBackend, lake: Lake, lookup: Lookup) -> None:
    brought(backend, lake)
    add(lake, "b.sgy", 9, FEBRUARY)

    done = brought(backend, lake)

    assert (done.written, done.kept) == ({"b.sgy": 12}, ("a.sgy",))
    np.testing.assert_array_equal(looked_up(lookup, "b.sgy"), lake_has("b.sgy", 9))


def test_windows_that_a_file_no_longer_has_are_gone(backend: SqliteBackend, lake: Lake, lookup: Lookup) -> None:
    brought(backend, lake)
    add(lake, "b.sgy", 9, FEBRUARY, traces=2)

    brought(backend, lake)

    np.testing.assert_array_equal(looked_up(lookup, "b.sgy", 2), lake_has("b.sgy", 9, 2))
    with pytest.raises(UnknownTraceError, match=r"b\.sgy has no features of trace 3"):
        lookup.trace(int(trace_ids("b.sgy", [3])[0]), NAMES)


def test_a_file_that_is_no_longer_served_is_gone_and_the_others_stay(
    backend: SqliteBackend, lake: Lake, lookup: Lookup
) -> None:
    brought(backend, lake)

    done = brought(backend, lake, ["a*"])

    assert done.removed == ("b.sgy",)
    assert looked_up(lookup, "a.sgy").shape == (12, len(NAMES))
    with pytest.raises(UnknownTraceError, match="no file that is online has the trace"):
        looked_up(lookup, "b.sgy")


def test_a_round_that_is_killed_leaves_the_old_windows_and_the_next_goes_on(
    backend: SqliteBackend, lake: Lake, lookup: Lookup
) -> None:
    brought(backend, lake)
    add(lake, "a.sgy", 9, FEBRUARY)
    file = backend.files()["a.sgy"]

    def torn():
        rows = rows_of_file("a.sgy", 1, 9)
        parts = {view.name: rows.select(view.names).to_numpy() for view in SPEC.views}
        yield WindowBlock(rows["trace_id"].to_numpy(), rows["window_index"].to_numpy(), parts)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backend.replace(file, torn())

    np.testing.assert_array_equal(looked_up(lookup, "a.sgy"), lake_has("a.sgy", 0))
    assert brought(backend, lake).written == {"a.sgy": 12}
    np.testing.assert_array_equal(looked_up(lookup, "a.sgy"), lake_has("a.sgy", 9))


def test_another_embedder_makes_what_is_online_stale(backend: SqliteBackend, lake: Lake, lookup: Lookup) -> None:
    brought(backend, lake)
    trace = int(trace_ids("a.sgy", [0])[0])

    assert lookup.trace(trace, NAMES, "made so").features.shape == (WINDOWS, len(NAMES))
    with pytest.raises(StaleFeaturesError, match=r"features of a\.sgy were made by another embedder"):
        lookup.trace(trace, NAMES, "made otherwise")


def test_rows_that_feast_wrote_of_a_later_generation_are_not_taken_for_the_earlier(
    place: StorePlace, backend: SqliteBackend, lake: Lake, lookup: Lookup
) -> None:
    apply(place, SPEC)
    brought(backend, lake)
    add(lake, "a.sgy", 9, FEBRUARY, making="another embedder")
    open_store(place).materialize_incremental(MARCH)

    with pytest.raises(FeatureStoreError):
        lookup.trace(int(trace_ids("a.sgy", [0])[0]), NAMES, "made so")

    brought(backend, lake)
    np.testing.assert_array_equal(looked_up(lookup, "a.sgy"), lake_has("a.sgy", 9))


def test_other_views_begin_anew(backend: SqliteBackend, lake: Lake) -> None:
    brought(backend, lake)
    smaller = StoreSpec(NAMES[:10], CLASSES)

    done = brought(backend, lake, spec=smaller)

    assert done.written == {"a.sgy": 12, "b.sgy": 12}
    embedding = next(view for view in smaller.views if view.name == "seismic_embedding_features")
    file = backend.files()["a.sgy"]
    _, values = backend.windows(int(trace_ids("a.sgy", [0])[0]), file, embedding)
    np.testing.assert_array_equal(values, lake_has("a.sgy", 0)[:WINDOWS, 8:10])


def test_only_views_that_a_version_looks_at_are_online() -> None:
    names = [view.name for view in served_views(SPEC, ["2"])]

    assert names == ["seismic_statistical_features", "seismic_energy_frequency_features"]
    assert served_views(SPEC, ["1", "2"]) == SPEC.views
    assert served_views(SPEC, ["7"]) == SPEC.views


def test_features_of_a_request_are_kept_for_their_time(backend: SqliteBackend, lake: Lake, lookup: Lookup) -> None:
    brought(backend, lake)
    name = f"{SERVED}0190"
    rows = rows_of_file(name, 2, 5)
    parts = {view.name: rows.select(view.names).to_numpy() for view in SPEC.views}
    block = WindowBlock(rows["trace_id"].to_numpy(), rows["window_index"].to_numpy(), parts)
    file = served_file("0190", "made so", block, (128, 4000), MARCH)

    backend.replace(file, [block])

    np.testing.assert_array_equal(looked_up(lookup, name, 2), rows.select(NAMES).to_numpy())
    assert brought(backend, lake, now=MARCH + timedelta(hours=23)).expired == 0
    assert brought(backend, lake, now=MARCH + timedelta(hours=25)).expired == 1
    assert set(backend.files()) == {"a.sgy", "b.sgy"}


def test_what_is_online_is_told(backend: SqliteBackend, lake: Lake, lookup: Lookup) -> None:
    assert lookup.state().files == 0
    brought(backend, lake)

    state = lookup.state()

    assert (state.files, state.rows) == (2, 24)


def test_an_unknown_feature_is_one_sentence(backend: SqliteBackend, lake: Lake, lookup: Lookup) -> None:
    brought(backend, lake)

    with pytest.raises(UnknownFeatureError, match="there is no feature 'energie'"):
        lookup.trace(int(trace_ids("a.sgy", [0])[0]), ["energie"])


def test_a_damaged_file_is_one_sentence(place: StorePlace, backend: SqliteBackend, lake: Lake, lookup: Lookup) -> None:
    brought(backend, lake)
    backend.close()
    place.online.write_bytes(b"no database" * 1000)

    with pytest.raises(FeatureStoreError, match=r"online\.db cannot be used .* `seismic run` sets it aside"):
        lookup.trace(int(trace_ids("a.sgy", [0])[0]), NAMES)


def test_what_feast_itself_materialises_is_the_same(place: StorePlace, lake: Lake) -> None:
    apply(place, SPEC)
    store = open_store(place)
    store.materialize_incremental(FEBRUARY)
    rows = rows_of_file("a.sgy", 4, 0)

    found = store.get_online_features(
        store.get_feature_service("seismic_classifier_v1"), rows.select("trace_id", "window_index").to_dicts()
    ).to_dict()

    values = np.array([found[name] for name in NAMES], np.float32).T
    np.testing.assert_array_equal(values, rows.select(NAMES).to_numpy())


def test_an_entry_comes_back_as_it_was(backend: SqliteBackend, lake: Lake) -> None:
    brought(backend, lake)
    file = OnlineFile("c.sgy", 2, "made so", 0, 0, 0, 128, 4000, FEBRUARY, MARCH)

    backend.replace(file, [])

    assert backend.files()["c.sgy"] == file == backend.file_of(file.number)
    assert backend.file_of(7) is None
    assert window_features_table(NAMES) == TABLE
