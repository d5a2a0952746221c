"""The feature store of a deployment: what its checks find, what is told of features, what becomes of another model."""

import json

import numpy as np
import polars as pl
import pytest

from seismic_assets.defs.build import build_definitions
from seismic_assets.defs.raw.discovery import report_decision
from seismic_assets.defs.store import checks
from seismic_assets.defs.store.history import current_making
from seismic_assets.defs.store.online import production_maker
from seismic_assets.deployment import registry_of, store_place_of
from seismic_assets.feature_store.errors import UnknownTraceError
from seismic_assets.feature_store.lookup import Lookup, backend_of
from seismic_assets.feature_store.packed_tables import PackedTables
from seismic_assets.feature_store.repository import apply, read_spec
from seismic_assets.feature_store.spec import PROJECT, StoreSpec
from seismic_assets.frames import training_data
from seismic_assets.lake import DATASET_SPLIT, FEATURE_GENERATIONS, Lake, PartTask, window_features_table
from seismic_assets.registry import load_embedder
from seismic_assets.segy import list_segy_files
from seismic_assets_tests.defs.world import World
from seismic_assets_tests.surveys import add_labelled, add_unlabelled

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("store") / "world", feature_store=True)
    for seed in (1, 2):
        add_labelled(world.landing, seed)
    add_unlabelled(world.landing, 11)
    world.settle()
    assert not world.outcome.errors
    return world


def judged(check, world: World, **more) -> tuple[bool, str]:
    given = {"settings": world.settings, "lake": world.lake, "registry": registry_of(world.settings), **more}
    wanted = {
        name: value
        for name, value in given.items()
        if name in check.node_def.compute_fn.decorated_fn.__code__.co_varnames
    }
    result = check.node_def.compute_fn.decorated_fn(**wanted)
    return result.passed, result.description or ""


def registered(world: World) -> tuple[bool, str]:
    return judged(checks.registry_equals_code, world)


def test_all_checks_pass_on_what_the_graph_made(world: World) -> None:
    assert not world.outcome.failed_checks
    assert registered(world) == (True, "")
    assert judged(checks.keys_unique, world) == (True, "")
    assert judged(checks.online_equals_offline, world) == (True, "")


def test_the_catalogue_tells_every_feature_with_unit_formula_consumers_and_drift(world: World) -> None:
    features = json.loads(world.settings.feature_catalogue.read_text())["features"]

    assert len(features) == 40
    energy = next(each for each in features if each["feature"] == "energy")
    assert (energy["unit"], energy["formula"]) == ("amplitude^2", "sum(x^2)")
    assert energy["view"] == "seismic_energy_frequency_features"
    assert energy["consumers"] == ["1 (production)"]
    page = world.settings.feature_catalogue.with_name("index.html").read_text()
    assert all(each["feature"] in page for each in features)


def test_a_generation_says_which_file_and_which_code_it_came_from(world: World) -> None:
    notes = world.lake.read(FEATURE_GENERATIONS, ["survey_001.sgy"])
    digests = {file.file_id: file for file in list_segy_files(world.settings.landing_dir)}

    assert set(notes["table"]) == {"window_features", "window_labels"}
    assert "survey_001.sgy" in digests
    assert notes["segy_digest"].str.len_chars().min() > 0
    assert notes["code"].str.len_chars().min() >= 12
    assert (notes["event_timestamp"] <= notes["created_timestamp"]).all()


def test_training_reads_the_same_from_the_store(world: World) -> None:
    from seismic_assets.defs.model.source import feature_source

    names = read_spec(world.settings.feature_store_dir).features
    split = world.lake.read(DATASET_SPLIT)
    sources = [world.settings.model_copy(update={"training_source": source}) for source in ("lake", "store")]
    assert load_embedder(world.settings.embedder_file).num_components == 32

    lake, store = (
        training_data(feature_source(world.lake, each), split, names, most=10_000, seed=1) for each in sources
    )

    for fold in ("train", "validation"):
        np.testing.assert_array_equal(getattr(lake, fold).features, getattr(store, fold).features)
        np.testing.assert_array_equal(getattr(lake, fold).classes, getattr(store, fold).classes)
    assert len(lake.train) > 100


def test_what_trains_waits_for_the_history_where_it_reads_it(world: World) -> None:
    from_store = build_definitions(world.settings.model_copy(update={"training_source": "store"}))

    def inputs(definitions) -> set[str]:
        graph = definitions.resolve_asset_graph()
        return {key.to_user_string() for key in graph.get(_key("seismic_classifier")).parent_keys}

    assert "window_history" in inputs(from_store)
    assert "window_history" not in inputs(world.definitions)


def _key(name: str):
    import dagster as dg

    return dg.AssetKey(name)


def test_without_a_feature_store_the_graph_has_none_of_it(world: World) -> None:
    without = build_definitions(world.settings.model_copy(update={"feature_store": False})).resolve_asset_graph()

    names = {key.to_user_string() for key in without.get_all_asset_keys()}
    assert not names & {"window_history", "feature_catalogue", "online_features"}


def test_a_value_that_was_changed_online_is_found(world: World) -> None:
    place = store_place_of(world.settings)
    tables = PackedTables(place.online)
    table = f"{PROJECT}_seismic_statistical_features"
    (kept,) = tables.connection.execute(f'SELECT row FROM "{table}" ORDER BY 1 LIMIT 1').fetchone()
    with tables.connection:
        before = tables.connection.execute(f'SELECT trace_id, window_index, row FROM "{table}"').fetchall()
        tables.connection.execute(f'UPDATE "{table}" SET row = ?', (np.zeros(len(kept) // 4, "<f4").tobytes(),))

    passed, sentence = judged(checks.online_equals_offline, world)

    with tables.connection:
        tables.connection.executemany(
            f'UPDATE "{table}" SET row = ?3 WHERE trace_id = ?1 AND window_index = ?2', before
        )
    tables.close()
    assert not passed
    assert "has other features online than in the lake" in sentence
    assert judged(checks.online_equals_offline, world) == (True, "")


def test_what_somebody_else_registered_is_found(world: World) -> None:
    place = store_place_of(world.settings)
    spec = read_spec(place.folder)
    apply(place, StoreSpec(spec.features[:8], spec.classes, {}))

    passed, sentence = registered(world)

    apply(place, spec)
    assert not passed
    assert "FeatureView seismic_embedding_features is not registered." in sentence
    assert registered(world) == (True, "")


def test_windows_that_are_there_twice_are_found(world: World) -> None:
    table = window_features_table(read_spec(world.settings.feature_store_dir).features)
    copy = Lake(world.root / "copy")
    for each in (table, FEATURE_GENERATIONS):
        for file_id in world.lake.file_ids(each):
            copy.replace_file(each, file_id, world.lake.read(each, [file_id]))
    copy.append_files(table, [PartTask("survey_001.sgy", lambda: [copy.read(table, ["survey_001.sgy"]).head(1)])])

    passed, sentence = judged(checks.keys_unique, world, lake=copy)

    assert not passed
    assert "survey_001.sgy has windows twice, or of another file, in generation 1" in sentence


def test_after_a_rollback_features_are_online_as_the_older_version_makes_them(world: World) -> None:
    add_labelled(world.landing, 3)
    world.settle()
    registry, settings = registry_of(world.settings), world.settings
    assert len(registry.versions()) == 2
    if registry.version_of() == "2":
        registry.rollback(by="test", reason="worse")
        report_decision(world.instance, "1", "worse")
        world.settle()
    names, spec = registry.bundle("1").manifest.feature_names, read_spec(settings.feature_store_dir)
    maker = production_maker(settings, registry, spec)
    assert maker is not None
    assert maker.making != current_making(settings, load_embedder(settings.embedder_file))

    lookup = Lookup(store_place_of(settings))
    for file_id in ("survey_001.sgy", "survey_003.sgy"):
        found = lookup.trace(lookup.id_of(file_id, 40), names, maker.making)
        assert np.isfinite(found.features).all()
    assert judged(checks.online_equals_offline, world) == (True, "")
    assert not world.outcome.failed_checks


def test_a_file_that_is_gone_cannot_be_looked_up_any_more(world: World) -> None:
    place = store_place_of(world.settings)
    lookup = Lookup(place)
    trace = lookup.id_of("unlabelled_011.sgy", 3)
    assert lookup.trace(trace, ["energy"]).features.shape[1] == 1
    (world.landing / "unlabelled_011.sgy").unlink()

    world.settle()

    with pytest.raises(UnknownTraceError):
        lookup.trace(trace, ["energy"])
    assert set(backend_of(place).files()) == {f"survey_00{number}.sgy" for number in (1, 2, 3)}
    assert world.lake.read(FEATURE_GENERATIONS).filter(pl.col("file_id") == "unlabelled_011.sgy").is_empty()
