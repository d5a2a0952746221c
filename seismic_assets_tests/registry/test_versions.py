"""What the registry says of its versions."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import mlflow
import pytest

from seismic_assets.registry import ModelRegistry, RegistryError
from seismic_assets_tests.registry.building import add_version


def test_versions_come_oldest_first_with_run_family_scores_and_digest(lifecycle: ModelRegistry) -> None:
    found = lifecycle.versions()

    assert [each.version for each in found] == ["1", "2", "3"]
    assert [each.metrics["test_f1_macro"] for each in found] == [0.5, 0.6, 0.7]
    first = found[0]
    assert (first.family, first.dataset_digest, first.status) == ("logistic_regression", "abc", "READY")
    assert mlflow.MlflowClient(lifecycle.uri).get_run(first.run_id).info.run_name == "a fit"
    assert first.created.tzinfo is UTC
    assert abs((datetime.now(UTC) - first.created).total_seconds()) < 600
    assert lifecycle.version_info("1") == first


def test_all_aliases_of_a_version_are_named(lifecycle: ModelRegistry) -> None:
    lifecycle.stage("2")
    lifecycle.promote("2")
    mlflow.MlflowClient(lifecycle.uri).set_registered_model_alias(lifecycle.model_name, "best", "2")

    assert lifecycle.version_info("2").aliases == ("best", "production", "staging")


def test_versions_number_ten_comes_after_number_nine(lifecycle: ModelRegistry, store_root: Path) -> None:
    for _ in range(8):
        add_version(lifecycle, store_root / "bundle")

    assert [each.version for each in lifecycle.versions()] == [str(number) for number in range(1, 12)]


def test_a_version_whose_run_was_deleted_is_still_listed(lifecycle: ModelRegistry) -> None:
    mlflow.MlflowClient(lifecycle.uri).delete_run(lifecycle.version_info("1").run_id)

    assert [each.version for each in lifecycle.versions()] == ["1", "2", "3"]


def test_a_model_without_versions_has_none_and_no_history(open_registry: Callable[[], ModelRegistry]) -> None:
    registry = open_registry()

    assert (registry.versions(), registry.history(), registry.version_of()) == ([], [], None)


def test_looking_into_a_storage_root_without_a_store_makes_nothing(tmp_path: Path) -> None:
    registry = ModelRegistry(f"sqlite:///{tmp_path / 'mlflow' / 'mlflow.db'}", tmp_path, "experiment", "Model")

    assert (registry.versions(), registry.history(), registry.version_of()) == ([], [], None)
    with pytest.raises(RegistryError, match="there is no version 1 of Model"):
        registry.promote("1")
    assert list(tmp_path.iterdir()) == []
