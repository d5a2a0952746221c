"""The online store in a real Redis: the lake's values, found by us and by Feast, whoever wrote them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seismic_assets.feature_store.backends import SERVED, OnlineFile, WindowBlock
from seismic_assets.feature_store.errors import FeatureStoreError, StaleFeaturesError, UnknownTraceError
from seismic_assets.feature_store.keys import trace_ids
from seismic_assets.feature_store.lookup import Lookup
from seismic_assets.feature_store.online import served_file
from seismic_assets.feature_store.redis_backend import RedisBackend
from seismic_assets.feature_store.repository import PASSWORD_VARIABLE, StorePlace, apply, open_store, write_repository
from seismic_assets.feature_store.spec import StoreSpec
from seismic_assets.lake import Lake
from seismic_assets_tests.feature_store.building import (
    APRIL,
    CLASSES,
    FEBRUARY,
    JANUARY,
    MARCH,
    NAMES,
    SPEC,
    WINDOWS,
    add,
    assert_many_are_found_as_each,
    brought,
    make_lake,
    place_of,
    rows_of_file,
)
from seismic_assets_tests.redis_server import Redis, redis_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis(server: Redis) -> Redis:
    from redis import Redis as Client

    with Client("127.0.0.1", server.port) as client:
        client.flushall()
    return server


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return make_lake(tmp_path)


@pytest.fixture
def place(tmp_path: Path, lake: Lake, redis: Redis) -> StorePlace:
    place = place_of(tmp_path, lake, redis.address)
    write_repository(place, SPEC)
    return place


@pytest.fixture
def backend(place: StorePlace) -> Iterator[RedisBackend]:
    backend = RedisBackend(place)
    yield backend
    backend.close()


@pytest.fixture
def lookup(place: StorePlace) -> Iterator[Lookup]:
    lookup = Lookup(place)
    yield lookup
    lookup.close()


def looked_up(lookup: Lookup, file_id: str, traces: int = 4) -> np.ndarray:
    ids = trace_ids(file_id, range(traces)).tolist()
    return np.concatenate([lookup.trace(trace, NAMES).features for trace in ids])


def lake_has(file_id: str, seed: int, traces: int = 4) -> np.ndarray:
    return rows_of_file(file_id, traces, seed).select(NAMES).to_numpy()


def feast_finds(place: StorePlace, file_id: str, traces: int = 4) -> np.ndarray:
    """Features of every window by Feast's own look-up; NaN where it finds none."""
    store, rows = open_store(place), rows_of_file(file_id, traces, 0)
    entities = rows.select("trace_id", "window_index").to_dicts()
    found = store.get_online_features(store.get_feature_service("seismic_classifier_v1"), entities).to_dict()
    return np.array([found[name] for name in NAMES], float).T.astype(np.float32)


def keys_of(redis: Redis) -> int:
    """Windows that Redis has, whether or not they are said to be online."""
    from redis import Redis as Client

    with Client("127.0.0.1", redis.port) as client:
        return sum(client.type(key) == b"hash" and b"trace_id" in key for key in client.scan_iter())


def block_of(rows: pl.DataFrame) -> WindowBlock:
    parts = {view.name: rows.select(view.names).to_numpy() for view in SPEC.views}
    return WindowBlock(rows["trace_id"].to_numpy(), rows["window_index"].to_numpy(), parts)


def killed_while_writing(backend: RedisBackend, file: OnlineFile, seed: int) -> None:
    """Write the first trace of a file, and no more."""

    def torn() -> Iterator[WindowBlock]:
        yield block_of(rows_of_file(file.file_id, 1, seed))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backend.replace(file, torn())


def test_every_value_is_found_as_it_is_in_the_lake(backend: RedisBackend, lake: Lake, lookup: Lookup) -> None:
    done = brought(backend, lake)

    assert done.written == {"a.sgy": 12, "b.sgy": 12}
    np.testing.assert_array_equal(looked_up(lookup, "a.sgy"), lake_has("a.sgy", 0))
    np.testing.assert_array_equal(looked_up(lookup, "b.sgy"), lake_has("b.sgy", 1))
    assert lookup.trace(int(trace_ids("b.sgy", [2])[0]), ["energy"]).window_index.tolist() == [0, 1, 2]


def test_many_traces_are_found_as_each_of_them_is(backend: RedisBackend, lake: Lake, lookup: Lookup) -> None:
    brought(backend, lake)
    assert_many_are_found_as_each(lookup)


def test_more_windows_than_a_pipeline_has_are_found(
    backend: RedisBackend, lake: Lake, lookup: Lookup, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought(backend, lake)
    monkeypatch.setattr("seismic_assets.feature_store.redis_backend._AT_ONCE", 5)

    found = lookup.traces(trace_ids("a.sgy", range(4)).tolist(), NAMES)

    np.testing.assert_array_equal(np.concatenate([each.features for each in found]), lake_has("a.sgy", 0))


def test_feast_finds_what_we_wrote(place: StorePlace, backend: RedisBackend, lake: Lake) -> None:
    apply(place, SPEC)
    brought(backend, lake)

    np.testing.assert_array_equal(feast_finds(place, "a.sgy"), lake_has("a.sgy", 0))
    np.testing.assert_array_equal(feast_finds(place, "b.sgy"), lake_has("b.sgy", 1))


def test_feast_materialises_into_the_same_windows(
    place: StorePlace, redis: Redis, backend: RedisBackend, lake: Lake, lookup: Lookup
) -> None:
    apply(place, SPEC)
    open_store(place).materialize_incremental(FEBRUARY)
    np.testing.assert_array_equal(feast_finds(place, "a.sgy"), lake_has("a.sgy", 0))

    brought(backend, lake)
    assert keys_of(redis) == 24
    np.testing.assert_array_equal(feast_finds(place, "a.sgy"), lake_has("a.sgy", 0))

    open_store(place).materialize_incremental(MARCH)
    np.testing.assert_array_equal(looked_up(lookup, "a.sgy"), lake_has("a.sgy", 0))


def test_feast_brings_what_changed_since_its_last_round(place: StorePlace, lake: Lake) -> None:
    apply(place, SPEC)
    open_store(place).materialize_incremental(FEBRUARY)
    add(lake, "b.sgy", 9, MARCH)

    open_store(place).materialize_incremental(APRIL)

    np.testing.assert_array_equal(feast_finds(place, "a.sgy"), lake_has("a.sgy", 0))
    np.testing.assert_array_equal(feast_finds(place, "b.sgy"), lake_has("b.sgy", 9))


def test_rows_that_feast_wrote_of_a_later_generation_are_not_taken_for_the_earlier(
    place: StorePlace, backend: RedisBackend, lake: Lake, lookup: Lookup
) -> None:
    apply(place, SPEC)
    brought(backend, lake)
    add(lake, "a.sgy", 9, FEBRUARY, acquired=JANUARY, making="another embedder")
    open_store(place).materialize(JANUARY - timedelta(days=1), MARCH)
    np.testing.assert_array_equal(feast_finds(place, "a.sgy"), lake_has("a.sgy", 9))

    with pytest.raises(UnknownTraceError):
        lookup.trace(int(trace_ids("a.sgy", [0])[0]), NAMES, "made so")

    brought(backend, lake)
    np.testing.assert_array_equal(looked_up(lookup, "a.sgy"), lake_has("a.sgy", 9))


def test_only_what_changed_is_written(backend: RedisBackend, lake: Lake, lookup: Lookup) -> None:
    brought(backend, lake)
    add(lake, "b.sgy", 9, FEBRUARY)

    done = brought(backend, lake)

    assert (done.written, done.kept) == ({"b.sgy": 12}, ("a.sgy",))
    np.testing.assert_array_equal(looked_up(lookup, "b.sgy"), lake_has("b.sgy", 9))
    assert brought(backend, lake).written == {}


def test_windows_that_a_file_no_longer_has_are_gone(
    redis: Redis, backend: RedisBackend, lake: Lake, lookup: Lookup
) -> None:
    brought(backend, lake)
    add(lake, "b.sgy", 9, FEBRUARY, traces=2)

    brought(backend, lake)

    np.testing.assert_array_equal(looked_up(lookup, "b.sgy", 2), lake_has("b.sgy", 9, 2))
    assert keys_of(redis) == 12 + 6
    with pytest.raises(UnknownTraceError, match=r"b\.sgy has no features of trace 3"):
        lookup.trace(int(trace_ids("b.sgy", [3])[0]), NAMES)


def test_a_file_that_is_no_longer_served_is_gone_and_the_others_stay(
    redis: Redis, backend: RedisBackend, lake: Lake, lookup: Lookup
) -> None:
    brought(backend, lake)

    done = brought(backend, lake, ["a*"])

    assert done.removed == ("b.sgy",)
    assert keys_of(redis) == 12
    assert looked_up(lookup, "a.sgy").shape == (12, len(NAMES))
    with pytest.raises(UnknownTraceError, match="no file that is online has the trace"):
        looked_up(lookup, "b.sgy")


def test_a_file_whose_writer_is_killed_is_not_online_and_the_next_round_mends_it(
    backend: RedisBackend, lake: Lake, lookup: Lookup
) -> None:
    brought(backend, lake)
    add(lake, "a.sgy", 9, FEBRUARY)

    killed_while_writing(backend, backend.files()["a.sgy"], 9)

    with pytest.raises(UnknownTraceError, match="no file that is online has the trace"):
        looked_up(lookup, "a.sgy")
    np.testing.assert_array_equal(looked_up(lookup, "b.sgy"), lake_has("b.sgy", 1))
    assert brought(backend, lake).written == {"a.sgy": 12}
    np.testing.assert_array_equal(looked_up(lookup, "a.sgy"), lake_has("a.sgy", 9))


def test_values_of_a_killed_writer_never_outlive_it(backend: RedisBackend, lake: Lake, lookup: Lookup) -> None:
    brought(backend, lake)

    killed_while_writing(backend, backend.files()["a.sgy"], 9)  # other values of the same event
    brought(backend, lake)

    np.testing.assert_array_equal(looked_up(lookup, "a.sgy"), lake_has("a.sgy", 0))


def test_windows_of_a_killed_writer_are_removed_where_the_file_is_no_longer_served(
    redis: Redis, backend: RedisBackend, lake: Lake
) -> None:
    brought(backend, lake)
    killed_while_writing(backend, backend.files()["b.sgy"], 9)
    assert keys_of(redis) == 12 + 3

    brought(backend, lake, ["a*"])

    assert keys_of(redis) == 12


def test_other_views_begin_anew(redis: Redis, backend: RedisBackend, lake: Lake) -> None:
    brought(backend, lake)
    smaller = StoreSpec(NAMES[:10], CLASSES)

    done = brought(backend, lake, spec=smaller)

    assert done.written == {"a.sgy": 12, "b.sgy": 12}
    assert backend.views()["seismic_embedding_features"] == list(NAMES[8:10])
    embedding = next(view for view in smaller.views if view.name == "seismic_embedding_features")
    trace = int(trace_ids("a.sgy", [0])[0])
    numbers, values = backend.windows(trace, backend.files()["a.sgy"], embedding)
    assert numbers.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(values, lake_has("a.sgy", 0)[:WINDOWS, 8:10])
    whole = next(view for view in SPEC.views if view.name == "seismic_embedding_features")
    assert len(backend.windows(trace, backend.files()["a.sgy"], whole)[0]) == 0


def test_features_of_another_shape_than_the_views_are_refused(backend: RedisBackend, lake: Lake) -> None:
    brought(backend, lake, spec=StoreSpec(NAMES[:10], CLASSES))

    with pytest.raises(FeatureStoreError, match="holds other features"):
        backend.replace(backend.files()["a.sgy"], [block_of(rows_of_file("a.sgy", 4, 0))])


def test_another_embedder_makes_what_is_online_stale(backend: RedisBackend, lake: Lake, lookup: Lookup) -> None:
    brought(backend, lake)

    with pytest.raises(StaleFeaturesError, match=r"features of a\.sgy were made by another embedder"):
        lookup.trace(int(trace_ids("a.sgy", [0])[0]), NAMES, "made otherwise")


def test_features_of_a_request_are_kept_for_their_time(
    redis: Redis, backend: RedisBackend, lake: Lake, lookup: Lookup
) -> None:
    brought(backend, lake)
    name = f"{SERVED}0190"
    rows = rows_of_file(name, 2, 5)
    file = served_file("0190", "made so", block_of(rows), (128, 4000), MARCH)

    backend.replace(file, [block_of(rows)])

    np.testing.assert_array_equal(looked_up(lookup, name, 2), rows.select(NAMES).to_numpy())
    assert brought(backend, lake, now=MARCH + timedelta(hours=23)).expired == 0
    assert brought(backend, lake, now=MARCH + timedelta(hours=25)).expired == 1
    assert set(backend.files()) == {"a.sgy", "b.sgy"}
    assert keys_of(redis) == 24


def test_an_entry_comes_back_as_it_was(backend: RedisBackend) -> None:
    file = OnlineFile("c.sgy", 2, "made so", 0, 0, 0, 128, 4000, FEBRUARY, MARCH + timedelta(microseconds=1))

    backend.replace(file, [])

    assert backend.files()["c.sgy"] == file == backend.file_of(file.number)
    assert backend.file_of(7) is None


def test_an_entry_that_is_damaged_is_one_sentence(redis: Redis, backend: RedisBackend) -> None:
    from redis import Redis as Client

    with Client("127.0.0.1", redis.port) as client:
        client.hset("seismic_mlops:files", "7", "{torn")

    with pytest.raises(FeatureStoreError, match="delete its keys seismic_mlops:files"):
        backend.files()


def test_without_redis_there_is_one_sentence_and_it_goes_on_when_redis_is_back(
    redis: Redis, backend: RedisBackend, lake: Lake, lookup: Lookup
) -> None:
    brought(backend, lake)
    trace = int(trace_ids("a.sgy", [0])[0])
    told = rf"Redis at {redis.address} cannot be used .* start it, or correct SEISMIC_ONLINE_REDIS"

    redis.stop()
    try:
        with pytest.raises(FeatureStoreError, match=told) as error:
            brought(backend, lake)
        assert "\n" not in str(error.value)
        with pytest.raises(FeatureStoreError, match=told):
            lookup.trace(trace, NAMES)
        with pytest.raises(FeatureStoreError, match=told):
            lookup.state()
    finally:
        redis.start()

    assert brought(backend, lake).written == {"a.sgy": 12, "b.sgy": 12}
    np.testing.assert_array_equal(looked_up(lookup, "a.sgy"), lake_has("a.sgy", 0))


@pytest.mark.timeout(30)
def test_a_redis_that_hangs_is_not_waited_for(redis: Redis, lake: Lake, lookup: Lookup, backend: RedisBackend) -> None:
    brought(backend, lake)

    with redis.hanging(), pytest.raises(FeatureStoreError, match="cannot be used"):
        lookup.trace(int(trace_ids("a.sgy", [0])[0]), NAMES)

    np.testing.assert_array_equal(looked_up(lookup, "a.sgy"), lake_has("a.sgy", 0))


def test_a_redis_that_is_full_is_one_sentence_and_the_file_is_not_online(
    tmp_path: Path, lake: Lake, redis: Redis, place: StorePlace
) -> None:
    with redis_server(tmp_path, "--maxmemory", "1") as full:
        backend = RedisBackend(replace(place, redis=full.address))
        with pytest.raises(FeatureStoreError, match=r"cannot be used .*memory"):
            brought(backend, lake)
        assert backend.files() == {}
        backend.close()


@pytest.mark.parametrize("password", ["correct-horse", "0123", "1e5"])
def test_the_password_comes_from_the_environment_and_is_on_no_disk(
    password: str, tmp_path: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    with redis_server(tmp_path, "--requirepass", password) as locked:
        place = replace(place_of(tmp_path, lake, locked.address), redis_password=password)
        monkeypatch.setenv(PASSWORD_VARIABLE, password)
        apply(place, SPEC)
        backend = RedisBackend(place)
        brought(backend, lake)

        np.testing.assert_array_equal(feast_finds(place, "a.sgy"), lake_has("a.sgy", 0))
        assert not any(password.encode() in path.read_bytes() for path in place.folder.rglob("*.yaml"))
        backend.close()


@pytest.mark.parametrize("given", ["wrong", None])
def test_a_wrong_password_is_one_sentence(
    given: str | None, tmp_path: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    if given is not None:
        monkeypatch.setenv(PASSWORD_VARIABLE, given)
    with redis_server(tmp_path, "--requirepass", "right") as locked:
        backend = RedisBackend(place_of(tmp_path, lake, locked.address))
        with pytest.raises(FeatureStoreError, match=f"lets nobody in .* correct {PASSWORD_VARIABLE}"):
            brought(backend, lake)


def test_another_database_of_the_same_redis_is_another_store(
    place: StorePlace, backend: RedisBackend, lake: Lake, redis: Redis
) -> None:
    brought(backend, lake)
    other = RedisBackend(replace(place, redis=f"{redis.address},db=1"))

    assert other.files() == {}
    assert brought(other, lake, ["a*"]).written == {"a.sgy": 12}
    assert set(backend.files()) == {"a.sgy", "b.sgy"}
    other.close()


def test_a_look_up_does_not_import_feast(place: StorePlace, backend: RedisBackend, lake: Lake) -> None:
    brought(backend, lake)
    code = f"""
import sys
from pathlib import Path
from seismic_assets.feature_store.lookup import Lookup
from seismic_assets.feature_store.repository import StorePlace
place = StorePlace(Path({str(place.folder)!r}), Path("h"), Path("l"), {place.redis!r})
print(len(Lookup(place).trace({int(trace_ids("a.sgy", [1])[0])}, ["energy"]).features), "feast" in sys.modules)
"""
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert found.stdout.split() == [str(WINDOWS), "False"]
