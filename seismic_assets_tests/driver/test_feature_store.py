"""`seismic run` mends the feature store: whatever was lost, damaged, set otherwise, or half done when it was killed."""

import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from redis import Redis

from seismic_assets.deployment import registry_of, store_place_of
from seismic_assets.driver import materialise_stale, open_instance
from seismic_assets.driver.outcome import RunOutcome
from seismic_assets.feature_store.lookup import Lookup, backend_of
from seismic_assets.feature_store.repository import differences, open_store, read_spec
from seismic_assets.lake import FEATURE_GENERATIONS, Lake, trace_features_table, window_features_table
from seismic_assets.settings import Settings
from seismic_assets_tests.commands import environment
from seismic_assets_tests.redis_server import redis_server
from seismic_assets_tests.surveys import add_labelled, add_unlabelled

pytestmark = [pytest.mark.slow]

STORE = {"feature_catalogue", "online_features"}
FAST = {"split_block": 4, "split_buffer": 1, "min_class_windows": 5, "tuning_trials": 0, "knowledge": False}
KILLED = """
import os
from seismic_assets.defs.store import assets
assets.remember = lambda *_: os._exit(9)
from seismic_assets.driver import materialise_stale, open_instance
from seismic_assets.settings import load_settings
settings = load_settings()
materialise_stale(settings, open_instance(settings), lambda _: None)
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = tmp_path_factory.mktemp("mended")
    for seed in (1, 2):
        add_labelled(root / "landing", seed)
    for seed in (11, 12, 13):
        add_unlabelled(root / "landing", seed)
    settings = Settings(landing_dir=root / "landing", storage_root=root / "storage", **FAST)
    assert ran(settings).errors == []
    assert set(ran(settings).assets) == set()  # nothing is left to do
    return settings


def ran(settings: Settings, **changes: object) -> RunOutcome:
    chosen = settings.model_copy(update=changes)
    return materialise_stale(chosen, open_instance(chosen), lambda _: None)


def online(settings: Settings) -> dict[str, int]:
    backend = backend_of(store_place_of(settings))
    files = {name: file.rows for name, file in backend.files().items()}
    backend.close()
    return files


def lake(settings: Settings) -> dict[str, int]:
    return Lake(settings.lake_dir).row_counts(trace_features_table(()))


def looked_up(settings: Settings, file_id: str) -> int:
    lookup = Lookup(store_place_of(settings))
    _, bundle = registry_of(settings).aliased()
    found = lookup.trace(lookup.id_of(file_id, 5), bundle.manifest.feature_names)
    lookup.close()
    return len(found.window_index)


def test_a_run_that_is_killed_in_the_history_of_changed_files_is_made_up_for(settings: Settings) -> None:
    for seed in (21, 22, 23):  # other traces under the names of files that are there
        add_unlabelled(settings.landing_dir, seed, name=f"unlabelled_0{seed - 10}.sgy")
    given = {name: str(getattr(settings, name)) for name in ("landing_dir", "storage_root", *FAST)}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED], env=environment(**given, feature_store="true"), check=False, timeout=400
    )
    assert killed.returncode == 9

    outcome = ran(settings)

    assert outcome.errors == []
    kept = Lake(settings.lake_dir)
    for number in (11, 12, 13):
        file_id = f"unlabelled_0{number}.sgy"
        notes = kept.read(FEATURE_GENERATIONS, [file_id]).filter(pl.col("table") == "window_features")
        assert notes["generation"].to_list() == [1, 2], file_id
    assert online(settings) == lake(settings)


@pytest.mark.parametrize("damage", ["deleted", "nonsense", "emptied"])
def test_online_features_that_are_lost_are_put_there_again(settings: Settings, damage: str) -> None:
    path = store_place_of(settings).online
    if damage == "deleted":
        path.unlink()
    else:
        path.write_bytes(b"no database at all, " * 500 if damage == "nonsense" else b"")

    outcome = ran(settings)

    assert outcome.errors == []
    assert {"online_features"} <= set(outcome.assets) <= STORE
    assert online(settings) == lake(settings)
    assert looked_up(settings, "survey_001.sgy") > 0
    assert set(ran(settings).assets) <= STORE  # it is sound again: looked at once more
    assert set(ran(settings).assets) == set()


@pytest.mark.parametrize("damage", ["registry nonsense", "registry deleted", "specification", "folder"])
def test_a_repository_that_is_damaged_is_made_anew(settings: Settings, damage: str) -> None:
    place = store_place_of(settings)
    spec = read_spec(place.folder)
    if damage == "registry nonsense":
        (place.folder / "registry.db").write_bytes(b"\xff\xfe nonsense")
    elif damage == "registry deleted":
        (place.folder / "registry.db").unlink()
    elif damage == "specification":
        (place.folder / "specification.json").write_text('{"a":')
    else:
        shutil.rmtree(place.folder)

    outcome = ran(settings)

    assert outcome.errors == []
    assert "feature_catalogue" in outcome.assets
    assert differences(place, spec) == []
    assert len(open_store(place).list_feature_services()) == 1
    assert online(settings) == lake(settings)


def test_other_files_to_be_online_are_followed(settings: Settings) -> None:
    ran(settings, online_files=("survey_*",))
    assert set(online(settings)) == {"survey_001.sgy", "survey_002.sgy"}

    ran(settings)
    assert online(settings) == lake(settings)


def test_redis_is_filled_when_it_is_named_and_again_when_it_comes_back_empty(
    settings: Settings, tmp_path: Path
) -> None:
    with redis_server(tmp_path) as redis:
        there = settings.model_copy(update={"online_redis": redis.address})
        assert ran(there).errors == []
        assert online(there) == lake(settings)
        Redis("127.0.0.1", redis.port).flushall()

        assert ran(there).errors == []

        assert online(there) == lake(settings)
    away = ran(there)
    assert any("in Redis at" in sentence for sentence in away.errors) or not away.assets
    ran(settings)
    assert online(settings) == lake(settings)


def test_another_set_of_features_and_back_leaves_a_store_that_agrees_with_the_lake(settings: Settings) -> None:
    for feature_set in ("extended", "classic"):
        outcome = ran(settings, feature_set=feature_set)

        assert outcome.errors == [], feature_set
        chosen = settings.model_copy(update={"feature_set": feature_set})
        spec = read_spec(settings.feature_store_dir)
        assert spec.features == tuple(chosen.features.names(32))
        assert Lake(settings.lake_dir).row_counts(window_features_table(spec.features)) != {}
        assert set(spec.versions) == {each.version for each in registry_of(settings).versions()}
        assert online(settings) == lake(settings)
