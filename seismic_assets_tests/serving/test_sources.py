"""Where a model comes from."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from seismic_assets.registry import BundleError, ModelRegistry, RegistryError, load_bundle
from seismic_assets.serving import sources
from seismic_assets.serving.sources import source_of
from seismic_assets_tests.inference.building import build_bundle
from seismic_assets_tests.registry.conftest import lifecycle, open_registry, store_root

__all__ = ["lifecycle", "open_registry", "store_root"]


def no_registry() -> ModelRegistry:
    raise AssertionError("a folder needs no registry")


def test_a_folder_is_served_without_a_registry_and_named_by_its_content(bundle_folder: Path, tmp_path: Path) -> None:
    source = source_of(str(bundle_folder), no_registry)
    version, bundle = source.load()

    assert version.startswith("bundle-") and bundle.content_digest() == load_bundle(bundle_folder).content_digest()
    assert source.current is not None and source.current() == version
    assert (source.alias, source.metrics(version)) == (str(bundle_folder), {})
    copy = shutil.copytree(bundle_folder, tmp_path / "bundle")
    assert source_of(str(copy), no_registry).load()[0] == version


def test_a_folder_with_another_bundle_in_it_is_another_version(bundle_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(bundle_folder, tmp_path / "bundle")
    source = source_of(str(folder), no_registry)
    before = source.load()[0]

    shutil.rmtree(folder)
    build_bundle(folder, "logistic_regression")

    assert source.current is not None and source.current() != before
    assert source.load()[1].manifest.family == "logistic_regression"


def test_a_folder_that_lost_its_manifest_is_said_to_have_none(bundle_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(bundle_folder, tmp_path / "bundle")
    source = source_of(str(folder), no_registry)
    (folder / "manifest.json").unlink()

    for ask in (source.load, source.current):
        assert ask is not None
        with pytest.raises(BundleError, match=r"has no readable manifest.json \(No such file or directory\); restore"):
            ask()


def test_a_folder_replaced_while_it_is_read_is_not_served_under_a_wrong_name(
    bundle_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(bundle_folder, tmp_path / "bundle")
    source = source_of(str(folder), no_registry)

    def replace_and_load(path: Path) -> object:
        bundle = load_bundle(path)
        manifest = folder / "manifest.json"
        manifest.write_text(manifest.read_text() + "\n")
        return replace(bundle)

    monkeypatch.setattr(sources, "load_bundle", replace_and_load)
    with pytest.raises(BundleError, match="was replaced while it was read"):
        source.load()


@pytest.mark.parametrize("name", ["", "prod", "no/such/folder", "~no-such-user-here/bundle", "-1", "1.0", "²", "a\0b"])
def test_a_name_that_is_no_source_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(BundleError, match="name production, staging, a version number, or the folder"):
        source_of(name, no_registry)


def test_an_alias_follows_the_registry_and_a_version_stays(
    lifecycle: ModelRegistry, open_registry: Callable[[], ModelRegistry]
) -> None:
    production, staging, second = (source_of(name, open_registry) for name in ("production", "staging", "2"))
    assert production.current is not None and staging.current is not None and second.current is not None
    assert production.current() is None
    with pytest.raises(RegistryError):
        production.load()

    lifecycle.stage("3")
    assert staging.current() == "3" and staging.load()[0] == "3"
    lifecycle.promote("3")
    assert production.current() == "3" and production.load()[0] == "3"
    assert second.current() == "2" and second.load()[0] == "2"
    assert (production.alias, second.alias) == ("production", "version 2")
    assert production.name == lifecycle.model_name
    assert production.metrics("3") == lifecycle.version_info("3").metrics
    assert production.metrics("3")
    with pytest.raises(RegistryError):
        source_of("99", open_registry).load()
