"""What is registered is what the specification says, and Feast's own command line finds it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from seismic_assets.feature_store import repository
from seismic_assets.feature_store.errors import FeatureStoreError
from seismic_assets.feature_store.repository import StorePlace, apply, differences, open_store, read_spec
from seismic_assets.feature_store.spec import StoreSpec, VersionSpec
from seismic_assets.file_locks import held
from seismic_assets_tests.feature_store.building import CLASSES, NAMES, SPEC, make_lake, place_of


@pytest.fixture
def place(tmp_path: Path) -> StorePlace:
    return place_of(tmp_path, make_lake(tmp_path))


def test_views_services_and_entities_are_those_of_the_contract(place: StorePlace) -> None:
    applied = apply(place, SPEC)

    store = open_store(place)
    views = {view.name: len(view.features) for view in store.list_feature_views()}
    assert views == {
        "seismic_statistical_features": 5,
        "seismic_energy_frequency_features": 3,
        "seismic_embedding_features": 4,
        "seismic_labels": 2,
    }
    assert {entity.name for entity in store.list_entities()} >= {"trace_id", "window_index", "file_id"}
    assert [service.name for service in store.list_feature_services()] == [
        "seismic_classifier_v1",
        "seismic_classifier_v2",
    ]
    assert len(applied.registered) == 9
    assert differences(place, SPEC) == []


def test_every_feature_has_its_unit_and_formula(place: StorePlace) -> None:
    apply(place, SPEC)

    view = open_store(place).get_feature_view("seismic_energy_frequency_features")
    field = next(field for field in view.features if field.name == "dominant_frequency")

    assert field.tags["unit"] == "Hz"
    assert "FFT" in field.description


def test_what_the_code_no_longer_has_is_removed(place: StorePlace) -> None:
    apply(place, SPEC)
    smaller = StoreSpec(NAMES[:8], CLASSES, {"2": VersionSpec(NAMES[:8], "made so")})
    assert differences(place, smaller) == [
        "FeatureService seismic_classifier_v1 is registered and not in the code",
        "FeatureView seismic_embedding_features is registered and not in the code",
    ]

    applied = apply(place, smaller)

    assert set(applied.removed) == {"seismic_classifier_v1", "seismic_embedding_features"}
    assert differences(place, smaller) == []


def test_a_view_whose_features_changed_is_told_and_registered_anew(place: StorePlace) -> None:
    apply(place, SPEC)
    other = StoreSpec(NAMES[:10], CLASSES, {"2": VersionSpec(NAMES[:8], "made so")})
    assert "FeatureView seismic_embedding_features is registered otherwise than in the code" in differences(
        place, other
    )

    apply(place, other)

    assert len(open_store(place).get_feature_view("seismic_embedding_features").features) == 2


def test_a_damaged_registry_is_one_sentence(place: StorePlace) -> None:
    apply(place, SPEC)
    (place.folder / "registry.db").write_bytes(b"\xff\xfe nonsense")

    with pytest.raises(FeatureStoreError, match=r"registry\.db is damaged .* move it away"):
        open_store(place)


def test_before_the_first_application_there_is_one_sentence(place: StorePlace) -> None:
    with pytest.raises(FeatureStoreError, match=r"there is no feature store in .* yet"):
        open_store(place)


def test_the_same_application_again_does_nothing(place: StorePlace) -> None:
    apply(place, SPEC)

    again = apply(place, SPEC)

    assert not again.changed
    assert "seismic_labels" in again.registered


def test_a_registry_that_somebody_changed_is_made_right(place: StorePlace) -> None:
    apply(place, SPEC)
    open_store(place).delete_feature_view("seismic_embedding_features")
    assert "FeatureView seismic_embedding_features is not registered" in differences(place, SPEC)

    assert apply(place, SPEC).changed

    assert differences(place, SPEC) == []


def test_a_damaged_specification_is_one_sentence(place: StorePlace) -> None:
    apply(place, SPEC)
    (place.folder / "specification.json").write_text("{torn")

    with pytest.raises(FeatureStoreError, match=r"specification\.json cannot be used"):
        read_spec(place.folder)
    assert apply(place, SPEC).changed


def test_two_processes_apply_one_after_the_other(place: StorePlace) -> None:
    smaller = StoreSpec(NAMES[:8], CLASSES, {"2": VersionSpec(NAMES[:8], "made so")})
    script = (
        "import json, sys; from pathlib import Path;"
        "from seismic_assets.feature_store.repository import StorePlace, apply;"
        "from seismic_assets.feature_store.spec import StoreSpec;"
        "folder, history, labels = map(Path, sys.argv[1:4]);"
        "apply(StorePlace(folder, history, labels), StoreSpec.from_dict(json.loads(sys.argv[4])))"
    )
    given = [place.folder, place.history, place.labels]
    processes = [
        subprocess.Popen([sys.executable, "-c", script, *map(str, given), json.dumps(spec.to_dict())])
        for spec in (SPEC, smaller)
    ]

    assert [process.wait(timeout=300) for process in processes] == [0, 0]

    found = [spec for spec in (SPEC, smaller) if not differences(place, spec)]
    assert found == [read_spec(place.folder)] or [each.to_dict() for each in found] == [
        read_spec(place.folder).to_dict()
    ]


def test_who_waits_too_long_for_another_is_told(place: StorePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "_PATIENCE_SECONDS", 0.1)
    place.folder.mkdir(parents=True)
    with (
        held(place.folder / ".applying", 1) as mine,
        pytest.raises(FeatureStoreError, match="another process is applying"),
    ):
        assert mine
        apply(place, SPEC)
